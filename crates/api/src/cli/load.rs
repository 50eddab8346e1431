//! `api-analytics load`: events from a CSV file, straight into the database.

mod target;

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use csv::{ByteRecord, ReaderBuilder, Trim};
use domain::{EventDraft, RequestEvent, Scalar};
use indicatif::{ProgressBar, ProgressStyle};

use self::target::Target;
use super::settings::DataSettings;
use crate::maintenance;

/// The columns of the file, in this order.
const HEADER: [&str; 6] = ["created_at", "method", "endpoint", "ip", "process_time", "status_code"];
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

    let mut reader = ReaderBuilder::new().trim(Trim::Headers).flexible(true).from_reader(file);
    let header = reader.byte_headers().context("cannot read the header")?;
    anyhow::ensure!(
        header.iter().eq(HEADER.iter().map(|name| name.as_bytes())),
        "the header must be {}",
        HEADER.join(",")
    );

    let progress = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left") {
        progress.set_style(style);
    }
    let mut record = ByteRecord::new();
    let mut batch = Vec::with_capacity(BATCH);
    let (mut stored, mut refused) = (0_u64, 0_u64);
    loop {
        let more = reader.read_byte_record(&mut record);
        let at_end = matches!(more, Ok(false));
        if !at_end {
            let line = reader.position().line() - 1;
            let line = record.position().map_or(line, csv::Position::line);
            match more.map_err(|error| error.to_string()).and_then(|_| parse(&record)) {
                Ok(event) => batch.push((project, event)),
                Err(fault) => {
                    refused += 1;
                    if refused <= MAX_SHOWN {
                        progress.suspend(|| eprintln!("line {line}: {fault}"));
                    }
                }
            }
        }
        if batch.len() == BATCH || at_end {
            let unknown = storage.append(&batch).with_context(|| stopped(stored))?;
            anyhow::ensure!(unknown.is_empty(), "{}: project {project} has been removed", stopped(stored));
            stored += batch.len() as u64;
            batch.clear();
            progress.set_position(reader.position().byte());
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

fn parse(record: &ByteRecord) -> Result<RequestEvent, String> {
    if record.len() != HEADER.len() {
        return Err(format!("has {} columns instead of {}", record.len(), HEADER.len()));
    }
    let text = |column: usize| {
        let bytes = record.get(column).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|_| "is not valid UTF-8".to_owned())
    };
    let number = |column: usize| {
        let text = text(column)?;
        // What is no number stays text, and is refused as such under its name.
        let integer = text.parse::<i64>().map(|number| Scalar::Integer(number.into()));
        let number = integer.or_else(|_| text.parse::<f64>().map(Scalar::Float));
        Ok::<_, String>(number.unwrap_or(Scalar::borrowed(text)))
    };
    let mut draft = EventDraft::default();
    draft.created_at = Scalar::borrowed(text(0)?);
    draft.method = Scalar::borrowed(text(1)?);
    draft.endpoint = Scalar::borrowed(text(2)?);
    draft.ip = Scalar::borrowed(text(3)?);
    draft.process_time = number(4)?;
    draft.status_code = number(5)?;
    RequestEvent::try_from(draft).map_err(|error| error.to_string())
}
