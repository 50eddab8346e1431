//! `bench`: starts the release build of the service on made-up traffic, asks and feeds it over HTTP on
//! this machine, and prints one table. Not a test: nothing here passes or fails by its speed.
#![allow(clippy::disallowed_methods, reason = "time is what is measured here")]

#[cfg(target_os = "linux")]
mod crowd;
mod dashboard;
mod data;
mod dataset;
mod http;
mod ingest;
mod lane;
mod load;
mod logs;
mod machine;
mod memory;
#[cfg(target_os = "linux")]
mod open;
mod peers;
mod report;
mod service;
mod start;
#[cfg(target_os = "linux")]
mod statuses;
mod table;
mod times;
mod wrk;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, ValueEnum};

use crate::dataset::{Bench, Dataset};
use crate::table::Table;

/// Measures the release build of the service over HTTP and prints one table.
#[derive(Parser)]
struct Arguments {
    /// Sizes of the data sets, in events
    #[arg(long, value_delimiter = ',', default_value = "1000000,10000000")]
    events: Vec<u64>,
    /// How often each thing is measured; slow ones less often
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Only these groups
    #[arg(long, value_delimiter = ',')]
    only: Vec<Group>,
    /// Ingest also into a throw-away PostgreSQL, or the server of TEST_POSTGRES_URL
    #[arg(long)]
    postgres: bool,
    /// Also write the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Spawn to ready
    Start,
    /// POST /track and /track/batch
    Ingest,
    /// POST /track at a constant rate, beside sign-ins and unknown keys
    Crowd,
    /// GET /dashboard, beside SQL and DuckDB
    Dashboard,
    /// GET /raw_logs
    Logs,
    /// GET /report
    Report,
    /// Memory and disk
    Memory,
}

impl Arguments {
    fn wants(&self, group: Group) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut table = Table::default();
    let outcome = measure(&arguments, &mut table);
    // What was measured before a failure is worth having too.
    println!("{}\n{}", machine::line(), table.markdown());
    if let Some(path) = &arguments.json {
        let figures = serde_json::json!({"machine": machine::line(), "figures": table.json()});
        std::fs::write(path, format!("{figures:#}\n"))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    outcome
}

fn measure(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let bench = Bench::new(service::program()?, arguments.runs)?;
    let mut sizes = arguments.events.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let (Some(&smallest), Some(&largest)) = (sizes.first(), sizes.last()) else {
        return Ok(());
    };
    if arguments.wants(Group::Start) {
        start::measure(&bench, table)?;
    }
    if arguments.wants(Group::Ingest) {
        ingest::measure(&bench, None, smallest, table)?;
        match arguments.postgres.then(tests::postgres::database) {
            Some(Some(database)) => ingest::measure(&bench, Some(database), smallest, table)?,
            Some(None) => table.absent("ingest into PostgreSQL", "not on this machine"),
            None => {}
        }
    }
    if arguments.wants(Group::Crowd) {
        #[cfg(target_os = "linux")]
        crowd::measure(&bench, table)?;
        #[cfg(not(target_os = "linux"))]
        table.absent("`POST /track` beside a crowd", "on Linux only");
    }
    for size in sizes {
        let at_smallest = |group| size == smallest && arguments.wants(group);
        let wants_memory = size == largest && arguments.wants(Group::Memory);
        let wants_dashboard = arguments.wants(Group::Dashboard);
        if !wants_dashboard && !wants_memory && !at_smallest(Group::Logs) && !at_smallest(Group::Report) {
            continue;
        }
        let mut dataset = Dataset::load(&bench, size, table)?;
        if wants_dashboard {
            dashboard::measure(&bench, &mut dataset, table)?;
            peers::measure(&bench, &dataset, table)?;
        }
        if at_smallest(Group::Logs) {
            logs::measure(&bench, &dataset, table)?;
        }
        if at_smallest(Group::Report) {
            report::measure(&bench, &dataset, table)?;
        }
        if wants_memory {
            memory::measure(&bench, &mut dataset, table)?;
        }
    }
    Ok(())
}
