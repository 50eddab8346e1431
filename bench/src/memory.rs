//! Memory of the service and space on the disk.

use crate::dashboard;
use crate::dataset::{Bench, Dataset};
use crate::table::{Table, count, grouped, number};

const MIB: f64 = 1024.0 * 1024.0;

/// Starts the service anew, and looks at it before and after it has answered from all its data.
pub(crate) fn measure(bench: &Bench, dataset: &mut Dataset, table: &mut Table) -> anyhow::Result<()> {
    table.group(&format!("Memory and disk, {} events", grouped(dataset.events)));
    let starts = bench.repeat(|| dataset.restart())?;
    table.add("start, spawn to first 200 of `GET /`", "ms", &starts, "");
    table.add("memory, idle after start", "MiB", &[dataset.service()?.memory_mib("VmRSS")?], "VmRSS");
    for path in [&dashboard::all_path(), &dashboard::week_path(), "/raw_logs"] {
        dataset.ask(path)?.ok()?;
    }
    let service = dataset.service()?;
    let after = "memory after dashboards of 90 and 7 days and a page of logs";
    table.add(after, "MiB", &[service.memory_mib("VmRSS")?], "VmRSS");
    table.add("its peak", "MiB", &[service.memory_mib("VmHWM")?], "VmHWM");

    let bytes = count(dataset.place.bytes_on_disk()?);
    let note = format!("{} bytes an event", number(bytes / count(dataset.events)));
    table.add("files of the data folder", "MiB", &[bytes / MIB], &note);
    let status = dataset.place.command("maintain").arg("--status").output()?;
    if status.status.success() {
        let text = String::from_utf8_lossy(&status.stdout);
        let said = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "/");
        table.add("`api-analytics maintain --status`", "", &[], &said);
    }
    Ok(())
}
