//! `api-analytics load`: events from a CSV file, straight into the database.

mod target;

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use formats::csv::Reader;
use indicatif::{ProgressBar, ProgressStyle};

use self::target::Target;
use super::settings::DataSettings;
use crate::maintenance;

/// Events of one transaction.
const BATCH: usize = 10_000;
/// Faulty lines that are shown one by one; all of them are counted.
const MAX_SHOWN: u64 = 20;

/// Arguments of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// CSV file with the header created_at,method,endpoint,ip,process_time,status_code
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    settings: DataSettings,
}

/// Loads the file. Faulty lines are reported and left out; then the command fails after loading the rest.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let named = arguments.target.named()?;
    let file =
        File::open(&arguments.file).with_context(|| format!("cannot read {}", arguments.file.display()))?;
    let size = file.metadata()?.len();
    let (_, storage) = arguments.settings.open_existing()?;
    let project = arguments.target.find(&storage, &named)?;

    let mut reader = Reader::new(file)?;
    let progress = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left") {
        progress.set_style(style);
    }
    let mut batch = Vec::with_capacity(BATCH);
    let (mut stored, mut refused) = (0_u64, 0_u64);
    loop {
        let item = reader.next_item().with_context(|| stopped(stored))?;
        let at_end = item.is_none();
        if let Some(item) = item {
            let place = item.place;
            match item.event() {
                Ok(event) => batch.push((project, event)),
                Err(fault) => {
                    refused += 1;
                    if refused <= MAX_SHOWN {
                        progress.suspend(|| eprintln!("{place}: {fault}"));
                    }
                }
            }
        }
        if batch.len() == BATCH || at_end {
            let unknown = storage.append(&batch).with_context(|| stopped(stored))?;
            anyhow::ensure!(unknown.is_empty(), "{}: project {project} has been removed", stopped(stored));
            stored += batch.len() as u64;
            batch.clear();
            progress.set_position(reader.consumed_bytes());
            progress.set_message(format!("{stored} events"));
        }
        if at_end {
            break;
        }
    }
    progress.finish_and_clear();
    // What comes in bulk is sealed at once, not in the background of the next start.
    maintenance::seal_all(&storage, project)?;
    println!("{stored} events stored, {refused} lines refused");
    anyhow::ensure!(refused == 0, "{refused} lines were refused; all others are stored");
    Ok(())
}

fn stopped(stored: u64) -> String {
    format!("stopped after {stored} events; the file is not loaded beyond them")
}
