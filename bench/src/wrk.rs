//! The same load by `wrk`, where it is installed: shows whether our own generator is the limit.

use std::process::Command;

use anyhow::Context;

use crate::data::Traffic;
use crate::dataset::Bench;
use crate::service::{Service, Tenant};
use crate::table::Table;

const SCRIPT: &str = include_str!("../track.lua");
const WHAT: &str = "`POST /track`, 32 connections, sent by wrk";
const BODIES: u32 = 20_000;

/// `POST /track` at 32 connections by `wrk`.
pub(crate) fn measure(
    bench: &Bench,
    service: &Service,
    traffic: &mut Traffic,
    table: &mut Table,
) -> anyhow::Result<()> {
    if Command::new("wrk").arg("--version").output().is_err() {
        table.absent(WHAT, "wrk is not installed");
        return Ok(());
    }
    // A key of its own: what is under way at the end is stored, but wrk does not count it.
    let tenant = Tenant::register(service, "wrk")?;
    let (script, bodies) = (bench.file("track.lua"), bench.file("bodies.ndjson"));
    std::fs::write(&script, SCRIPT)?;
    std::fs::write(&bodies, traffic.ndjson(BODIES))?;
    let (mut rates, mut medians, mut tails, mut failed) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for _ in 0..bench.runs() {
        let mut command = Command::new("wrk");
        command.args(["-t1", "-c32", "-d5s", "-s"]).arg(&script);
        command.arg(format!("http://{}/track", service.address));
        let output = command.env("BODIES", &bodies).env("API_KEY", &tenant.key).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures = text.lines().find_map(|line| line.strip_prefix("figures ")).context("wrk failed")?;
        let figures: Vec<f64> = figures.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let &[rate, median_us, tail_us, errors] = figures.as_slice() else {
            anyhow::bail!("wrk says: {text}");
        };
        rates.push(rate);
        medians.push(median_us / 1000.0);
        tails.push(tail_us / 1000.0);
        failed += errors;
    }
    table.add(WHAT, "req/s", &rates, &format!("other answers than 200: {failed}"));
    table.add(&format!("{WHAT}: p50"), "ms", &medians, "");
    table.add(&format!("{WHAT}: p99"), "ms", &tails, "");
    Ok(())
}
