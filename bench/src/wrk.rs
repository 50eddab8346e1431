//! The same load by `wrk`, where it is installed: shows whether our own generator is the limit.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::data::Traffic;
use crate::dataset::Bench;
use crate::service::{Service, Tenant};
use crate::table::Table;

const SCRIPT: &str = include_str!("../track.lua");
const WHAT: &str = "`POST /track`, 32 connections, sent by wrk";
const BODIES: u32 = 20_000;

/// `wrk` with what it needs, and its figures so far.
pub(crate) struct Wrk {
    script: PathBuf,
    bodies: PathBuf,
    // A key of its own: what is under way at the end is stored, but wrk does not count it.
    tenant: Tenant,
    rates: Vec<f64>,
    p50_millis: Vec<f64>,
    p99_millis: Vec<f64>,
    failed: f64,
}

impl Wrk {
    /// Gets it ready; `None`, said in the table, where it is not installed.
    pub(crate) fn prepare(
        bench: &Bench,
        service: &Service,
        traffic: &mut Traffic,
        table: &mut Table,
    ) -> anyhow::Result<Option<Self>> {
        if Command::new("wrk").arg("--version").output().is_err() {
            table.absent(WHAT, "wrk is not installed");
            return Ok(None);
        }
        let (script, bodies) = (bench.file("track.lua"), bench.file("bodies.ndjson"));
        std::fs::write(&script, SCRIPT)?;
        std::fs::write(&bodies, traffic.ndjson(BODIES))?;
        let tenant = Tenant::register(service, "wrk")?;
        let (rates, p50_millis, p99_millis) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Some(Self { script, bodies, tenant, rates, p50_millis, p99_millis, failed: 0.0 }))
    }

    /// Sends for some seconds.
    pub(crate) fn run(&mut self, service: &Service) -> anyhow::Result<()> {
        let mut command = Command::new("wrk");
        command.args(["-t1", "-c32", "-d4s", "-s"]).arg(&self.script);
        command.arg(format!("http://{}/track", service.address));
        let output = command.env("BODIES", &self.bodies).env("API_KEY", &self.tenant.key).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures = text.lines().find_map(|line| line.strip_prefix("figures ")).context("wrk failed")?;
        let figures: Vec<f64> = figures.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let &[rate, p50_us, p99_us, failed] = figures.as_slice() else {
            anyhow::bail!("wrk says: {text}");
        };
        self.rates.push(rate);
        self.p50_millis.push(p50_us / 1000.0);
        self.p99_millis.push(p99_us / 1000.0);
        self.failed += failed;
        Ok(())
    }

    /// Adds its figures to the table.
    pub(crate) fn report(&self, table: &mut Table) {
        table.add(WHAT, "req/s", &self.rates, &format!("other answers than 200: {}", self.failed));
        table.add(&format!("{WHAT}: p50"), "ms", &self.p50_millis, "");
        table.add(&format!("{WHAT}: p99"), "ms", &self.p99_millis, "");
    }
}
