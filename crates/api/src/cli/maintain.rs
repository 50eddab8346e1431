//! `api-analytics maintain`: shows, checks and rebuilds the segments.

use std::collections::HashMap;

use analytics::Segment;
use domain::{Name, ProjectId};
use storage::{Seal, SegmentEntry, Storage};

use super::find;
use super::output::{Column, Table};
use super::settings::DataSettings;
use crate::{maintenance, sealing};

/// Arguments of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    task: Task,
    #[command(flatten)]
    settings: DataSettings,
}

#[derive(Clone, Copy, clap::Args)]
#[group(required = true, multiple = false)]
struct Task {
    /// Show how many events of each project are sealed into segments, and the room that these take
    #[arg(long)]
    status: bool,
    /// Compare every segment with the rows it was made of; fails if one differs
    #[arg(long)]
    verify: bool,
    /// Let all segments go and make them anew from the rows
    #[arg(long)]
    rebuild: bool,
}

/// Does what is asked for, project by project. The service may run meanwhile.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (_, storage) = arguments.settings.open_existing()?;
    let seals = storage.seals()?;
    if arguments.task.status {
        return status(&storage, &seals);
    }
    if arguments.task.verify {
        return verify(&storage, &seals);
    }
    for (project, _) in seals {
        storage.drop_segments(project)?;
        maintenance::seal_all(&storage, project)?;
        println!("project {}: {} segments", project.0, entries(&storage, project)?.len());
    }
    Ok(())
}

fn entries(storage: &Storage, project: ProjectId) -> anyhow::Result<Vec<SegmentEntry>> {
    let (_, entries) = storage.news(project, None, i64::MAX, |_| {})?;
    Ok(entries.unwrap_or_default())
}

const STATUS: &[Column] = &[
    Column::Number("project"),
    Column::Number("events"),
    Column::Number("sealed"),
    Column::Number("unsealed"),
    Column::Number("segments"),
    Column::Number("bytes"),
    Column::Number("bytes/event"),
    Column::Text("name"),
];

fn status(storage: &Storage, seals: &[(ProjectId, Seal)]) -> anyhow::Result<()> {
    let names: HashMap<_, _> =
        find::projects(storage)?.into_iter().map(|project| (project.id, project.name)).collect();
    let mut table = Table::new(STATUS);
    for (project, seal) in seals {
        let entries = entries(storage, *project)?;
        let bytes: i64 = entries.iter().map(|entry| entry.size_bytes).sum();
        let sealed: u64 = entries.iter().map(SegmentEntry::count).sum();
        #[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
        let each = if sealed == 0 { 0.0 } else { bytes as f64 / sealed as f64 };
        table.push(vec![
            project.to_string(),
            seal.last_id.to_string(),
            sealed.to_string(),
            seal.unsealed().to_string(),
            entries.len().to_string(),
            bytes.to_string(),
            format!("{each:.2}"),
            names.get(project).map_or("-", Name::as_str).to_owned(),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn verify(storage: &Storage, seals: &[(ProjectId, Seal)]) -> anyhow::Result<()> {
    let (mut segments, mut faults) = (0_u64, 0_u64);
    for (project, seal) in seals {
        let entries = entries(storage, *project)?;
        if let Some(gap) = sealing::gap(&entries, seal.sealed_id) {
            faults += 1;
            println!("project {}, events {} to {}: are in no segment", project.0, gap.start(), gap.end());
        }
        for entry in entries {
            segments += 1;
            if let Some(fault) = fault(storage, *project, &entry)? {
                faults += 1;
                println!("project {}, events {} to {}: {fault}", project.0, entry.first_id, entry.last_id);
            }
        }
    }
    println!("{segments} segments compared with their rows, {faults} faults");
    anyhow::ensure!(faults == 0, "{faults} faults; `maintain --rebuild` makes all segments anew");
    Ok(())
}

/// What is wrong with a segment.
fn fault(storage: &Storage, project: ProjectId, entry: &SegmentEntry) -> anyhow::Result<Option<String>> {
    let Some(data) = storage.segment(project, entry.first_id)? else {
        return Ok(Some("is gone".to_owned()));
    };
    let segment = match Segment::open(data) {
        Ok(segment) => segment,
        Err(error) => return Ok(Some(error.to_string())),
    };
    if sealing::new_segment(&segment).entry != *entry {
        return Ok(Some("does not hold what its entry says".to_owned()));
    }
    let rows = sealing::from_rows(storage, project, entry.first_id..=entry.last_id)?;
    Ok((rows.bytes() != segment.bytes()).then(|| "differs from its rows".to_owned()))
}
