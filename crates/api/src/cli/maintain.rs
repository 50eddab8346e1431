//! `api-analytics maintain`: shows, checks and rebuilds the segments.

use analytics::Segment;
use domain::KeyId;
use storage::{Seal, SegmentEntry, Storage};

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
    /// Show how many events of each key are sealed into segments, and the room that these take
    #[arg(long)]
    status: bool,
    /// Compare every segment with the rows it was made of; fails if one differs
    #[arg(long)]
    verify: bool,
    /// Let all segments go and make them anew from the rows
    #[arg(long)]
    rebuild: bool,
}

/// Does what is asked for, key by key. The service may run meanwhile.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (_, storage) = arguments.settings.open()?;
    let seals = storage.seals()?;
    if arguments.task.status {
        return status(&storage, &seals);
    }
    if arguments.task.verify {
        return verify(&storage, &seals);
    }
    for (key, _) in seals {
        storage.drop_segments(key)?;
        maintenance::seal_all(&storage, key)?;
        println!("key {}: {} segments", key.0, entries(&storage, key)?.len());
    }
    Ok(())
}

fn entries(storage: &Storage, key: KeyId) -> anyhow::Result<Vec<SegmentEntry>> {
    let (_, entries) = storage.news(key, None, i64::MAX, |_| {})?;
    Ok(entries.unwrap_or_default())
}

fn status(storage: &Storage, seals: &[(KeyId, Seal)]) -> anyhow::Result<()> {
    println!(
        "{:>8} {:>12} {:>12} {:>10} {:>9} {:>14} {:>12}",
        "key", "events", "sealed", "unsealed", "segments", "bytes", "bytes/event"
    );
    for (key, seal) in seals {
        let entries = entries(storage, *key)?;
        let bytes: i64 = entries.iter().map(|entry| entry.size_bytes).sum();
        let sealed: u64 = entries.iter().map(SegmentEntry::count).sum();
        #[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
        let each = if sealed == 0 { 0.0 } else { bytes as f64 / sealed as f64 };
        println!(
            "{:>8} {:>12} {:>12} {:>10} {:>9} {:>14} {:>12.2}",
            key.0,
            seal.last_id,
            sealed,
            seal.unsealed(),
            entries.len(),
            bytes,
            each
        );
    }
    Ok(())
}

fn verify(storage: &Storage, seals: &[(KeyId, Seal)]) -> anyhow::Result<()> {
    let (mut segments, mut faults) = (0_u64, 0_u64);
    for (key, seal) in seals {
        let entries = entries(storage, *key)?;
        if let Some(gap) = sealing::gap(&entries, seal.sealed_id) {
            faults += 1;
            println!("key {}, events {} to {}: are in no segment", key.0, gap.start(), gap.end());
        }
        for entry in entries {
            segments += 1;
            if let Some(fault) = fault(storage, *key, &entry)? {
                faults += 1;
                println!("key {}, events {} to {}: {fault}", key.0, entry.first_id, entry.last_id);
            }
        }
    }
    println!("{segments} segments compared with their rows, {faults} faults");
    anyhow::ensure!(faults == 0, "{faults} faults; `maintain --rebuild` makes all segments anew");
    Ok(())
}

/// What is wrong with a segment.
fn fault(storage: &Storage, key: KeyId, entry: &SegmentEntry) -> anyhow::Result<Option<String>> {
    let Some(data) = storage.segment(key, entry.first_id)? else {
        return Ok(Some("is gone".to_owned()));
    };
    let segment = match Segment::open(data) {
        Ok(segment) => segment,
        Err(error) => return Ok(Some(error.to_string())),
    };
    if sealing::new_segment(&segment).entry != *entry {
        return Ok(Some("does not hold what its entry says".to_owned()));
    }
    let rows = sealing::from_rows(storage, key, entry.first_id..=entry.last_id)?;
    Ok((rows.bytes() != segment.bytes()).then(|| "differs from its rows".to_owned()))
}
