//! How long a start takes.

use anyhow::Context;

use crate::dataset::Bench;
use crate::table::Table;

/// Starts the service several times on an empty database.
pub(crate) fn measure(bench: &Bench, table: &mut Table) -> anyhow::Result<()> {
    table.group("Start");
    let place = bench.place("start", None)?;
    let (mut listening, mut answering, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    let mut first_start = None;
    for _ in 0..=bench.runs() {
        let service = place.start()?;
        let millis = service.first_answer_millis()?;
        if first_start.is_none() {
            first_start = Some(millis);
        } else {
            listening.push(service.millis_to_listening);
            answering.push(millis);
            idle.push(service.memory_mib("VmRSS")?);
        }
        service.stop()?;
    }
    let first_start = first_start.context("no run")?;
    table.add("first start ever, spawn to first 200 of `GET /`", "ms", &[first_start], "makes the database");
    table.add("spawn to `listening on`", "ms", &listening, "");
    table.add("spawn to first 200 of `GET /`", "ms", &answering, "");
    table.add("memory after it", "MiB", &idle, "VmRSS");
    Ok(())
}
