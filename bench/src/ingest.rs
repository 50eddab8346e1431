//! Events sent in: one at a time, in batches, and while dashboards are read.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tests::postgres::TestDatabase;

use crate::dashboard;
use crate::data::Traffic;
use crate::dataset::{Bench, load_csv};
use crate::http::Connection;
use crate::load::{self, Outcome};
use crate::service::{Service, Tenant};
use crate::table::{Table, count, grouped};
use crate::wrk::Wrk;

/// The connections at which `wrk` is compared.
const WRK_CONNECTIONS: usize = 32;
const LIMIT: Duration = Duration::from_secs(20);
/// Long enough for several dashboards of any build.
const MIXED_LIMIT: Duration = Duration::from_secs(10);
/// Few, because the events of a run make the dashboards of the next one longer.
const MIXED_RUNS: u32 = 3;
const MIXED_EVENTS: u32 = 600_000;
const BATCH: u32 = 1000;
const BATCHES: u32 = 200;
const JSON: &str = "Content-Type: application/json\r\n";

/// Sends events into an empty database, then beside dashboards over `held` events.
pub(crate) fn measure(
    bench: &Bench,
    database: Option<TestDatabase>,
    held: u64,
    table: &mut Table,
) -> anyhow::Result<()> {
    let name = match (&database, std::env::var_os("TEST_POSTGRES_URL")) {
        (None, _) => "SQLite",
        (Some(_), None) => "PostgreSQL, throw-away server with fsync off",
        (Some(_), Some(_)) => "PostgreSQL of TEST_POSTGRES_URL",
    };
    table.group(&format!("Ingest, {name}"));
    let place = bench.place(if database.is_some() { "ingest-postgres" } else { "ingest" }, database)?;
    let service = place.start()?;
    let tenant = Tenant::register(&service, "events")?;
    // Goes on from run to run, so that no event is sent twice; more than any run uses up.
    let mut traffic = Traffic::new(1_000_000_000);
    let mut stored = single(bench, &service, &tenant, &mut traffic, table)?;
    for connections in [1, 4] {
        stored += batches(bench, &service, &tenant, &mut traffic, connections, Encoding::Identity, table)?;
        stored += batches(bench, &service, &tenant, &mut traffic, connections, Encoding::Gzip, table)?;
    }
    let found = dashboard::total(&service.connect()?.send(&tenant.get(&dashboard::all_path()))?.ok()?);
    let note = if found == Some(stored) { "all of them" } else { "NOT the number answered with 200" };
    table.add("events stored, by the dashboard", "", &[count(found.unwrap_or_default())], note);

    let other = Tenant::register(&service, "dashboards")?;
    service.stop()?;
    load_csv(&place, &other, &bench.csv(held)?)?;
    let service = place.start()?;
    mixed(bench, &service, &other, held, &mut traffic, table)?;
    service.stop()
}

/// `POST /track` at 1 and 32 connections; gives the number of stored events.
fn single(
    bench: &Bench,
    service: &Service,
    tenant: &Tenant,
    traffic: &mut Traffic,
    table: &mut Table,
) -> anyhow::Result<u64> {
    let mut wrk = Wrk::prepare(bench, service, traffic, table)?;
    let mut stored = 0;
    for (connections, count) in [(1, 10_000), (WRK_CONNECTIONS, 200_000)] {
        let mut outcomes = Vec::new();
        // The first run warms up.
        for run in 0..=bench.runs() {
            let outcome = load::run(service.address, connections, &singles(tenant, traffic, count), LIMIT)?;
            stored += outcome.ok;
            if run == 0 {
                continue;
            }
            outcomes.push(outcome);
            // In turn, so that both meet the same machine.
            if let Some(wrk) = &mut wrk
                && connections == WRK_CONNECTIONS
            {
                wrk.run(service)?;
            }
        }
        report(&format!("`POST /track`, {}", at(connections)), &outcomes, table);
    }
    if let Some(wrk) = &wrk {
        wrk.report(table);
    }
    Ok(stored)
}

fn singles(tenant: &Tenant, traffic: &mut Traffic, count: u32) -> Vec<Vec<u8>> {
    traffic.json(count).iter().map(|body| tenant.post("/track", JSON, body)).collect()
}

fn report(what: &str, outcomes: &[Outcome], table: &mut Table) {
    let rates: Vec<f64> = outcomes.iter().map(Outcome::rate).collect();
    let percentile =
        |per_mille| outcomes.iter().map(|one| one.latencies.percentile_millis(per_mille)).collect::<Vec<_>>();
    let refused: u64 = outcomes.iter().map(|outcome| outcome.refused).sum();
    table.add(what, "req/s", &rates, &format!("other answers than 200: {refused}"));
    table.add(&format!("{what}: p50"), "ms", &percentile(500), "");
    table.add(&format!("{what}: p99"), "ms", &percentile(990), "");
}

#[derive(Clone, Copy)]
enum Encoding {
    Identity,
    Gzip,
}

/// `POST /track/batch`; gives the number of stored events.
fn batches(
    bench: &Bench,
    service: &Service,
    tenant: &Tenant,
    traffic: &mut Traffic,
    connections: usize,
    encoding: Encoding,
    table: &mut Table,
) -> anyhow::Result<u64> {
    let (name, header) = match encoding {
        Encoding::Identity => ("NDJSON", ""),
        Encoding::Gzip => ("NDJSON, gzip", "Content-Encoding: gzip\r\n"),
    };
    let what = format!("`POST /track/batch` of {}, {name}, {}", grouped(u64::from(BATCH)), at(connections));
    let headers = format!("Content-Type: application/x-ndjson\r\n{header}");
    let mut request = || {
        let lines = traffic.ndjson(BATCH);
        let body = match encoding {
            Encoding::Identity => lines,
            Encoding::Gzip => gzip(&lines)?,
        };
        Ok::<_, anyhow::Error>(tenant.post("/track/batch", &headers, &body))
    };

    // The first batch shows whether this build takes batches.
    let answer = service.connect()?.send(&request()?)?;
    if answer.status != 200 {
        table.absent(&what, &answer.status.to_string());
        return Ok(0);
    }
    let mut stored = answer.json().get("stored").and_then(serde_json::Value::as_u64).unwrap_or_default();
    let (mut rates, mut refused) = (Vec::new(), 0);
    for _ in 0..bench.runs() {
        let requests = (0..BATCHES).map(|_| request()).collect::<Result<Vec<_>, _>>()?;
        let outcome = load::run(service.address, connections, &requests, LIMIT)?;
        rates.push(outcome.rate() * f64::from(BATCH));
        refused += outcome.refused;
        stored += outcome.ok * u64::from(BATCH);
    }
    table.add(&what, "events/s", &rates, &format!("other answers than 200: {refused}"));
    Ok(stored)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// `POST /track` at 32 connections, with another connection that reads one dashboard after the other.
fn mixed(
    bench: &Bench,
    service: &Service,
    tenant: &Tenant,
    held: u64,
    traffic: &mut Traffic,
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut connection = service.connect()?;
    let question = tenant.get(&dashboard::all_path());
    connection.send(&question)?.ok()?;
    let (mut outcomes, mut dashboards) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs().min(MIXED_RUNS) {
        let requests = singles(tenant, traffic, MIXED_EVENTS);
        let is_over = AtomicBool::new(false);
        let (outcome, times) = thread::scope(|scope| {
            let reader = scope.spawn(|| read_until(&is_over, &mut connection, &question));
            let outcome = load::run(service.address, 32, &requests, MIXED_LIMIT);
            is_over.store(true, Ordering::Relaxed);
            (outcome, reader.join())
        });
        outcomes.push(outcome?);
        dashboards.extend(times.map_err(|_| anyhow::anyhow!("the reader failed"))??);
    }
    report("`POST /track`, 32 connections, while dashboards are read", &outcomes, table);
    let what = format!("`GET /dashboard` over {} events and those that come in", grouped(held));
    table.add(&what, "ms", &dashboards, "one connection, one after the other");
    Ok(())
}

/// The times of the dashboards that were answered before the end.
fn read_until(
    is_over: &AtomicBool,
    connection: &mut Connection,
    question: &[u8],
) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    loop {
        let millis = connection.send(question)?.ok()?.millis;
        if is_over.load(Ordering::Relaxed) {
            return Ok(times);
        }
        times.push(millis);
    }
}

fn at(connections: usize) -> String {
    if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") }
}
