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
    anyhow::ensure!(status.status.success(), "`maintain --status` fails");
    // A headline, then a line for the one project: its sixth and seventh figure are bytes and bytes an event.
    let text = String::from_utf8_lossy(&status.stdout);
    let mut figures = text.lines().nth(1).unwrap_or_default().split_whitespace().skip(5);
    let mut figure = || figures.next().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    let (bytes, each) = (figure(), figure());
    table.add("segments in it", "MiB", &[bytes / MIB], &format!("{} bytes an event", number(each)));
    Ok(())
}
