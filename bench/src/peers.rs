//! The questions of a dashboard asked of SQL engines on the same events, beside our own times.

mod sqlite;

use std::process::Command;

use serde_json::Value;

use crate::dashboard;
use crate::data::{FIRST_DAY, LAST_DAY, LAST_WEEK};
use crate::dataset::{Bench, Dataset};
use crate::table::{Table, count, grouped, median, number};

const SCRIPT: &str = include_str!("../duckdb.py");
/// The figures that the SQL statements give, as far as a build has them.
const INCLUDE: &str = "&include=percentiles";

/// Our medians, which the others are compared with.
struct Ours {
    all: Option<f64>,
    week: Option<f64>,
    total: Option<u64>,
}

/// Asks ourselves, SQLite and DuckDB.
pub(crate) fn measure(bench: &Bench, dataset: &Dataset, table: &mut Table) -> anyhow::Result<()> {
    let group = format!("The same questions, {} events", grouped(dataset.events));
    table.group(&group);
    let ours = ask_ourselves(bench, dataset, table)?;
    if let Err(error) = ask_sqlite(bench, dataset, &ours, table) {
        table.absent("SQL on the same SQLite file", &error.to_string());
    }
    match ask_duckdb(bench, dataset) {
        Ok(figures) => add_duckdb(dataset, &figures, &ours, table),
        Err(error) => table.absent("DuckDB", &error.to_string()),
    }
    Ok(())
}

fn ask_ourselves(bench: &Bench, dataset: &Dataset, table: &mut Table) -> anyhow::Result<Ours> {
    let mut connection = dataset.service()?.connect()?;
    let mut ask = |path: String, what: &str, table: &mut Table| {
        let request = dataset.tenant.get(&format!("{path}{INCLUDE}"));
        let total = dashboard::total(&connection.send(&request)?.ok()?);
        let figures = bench.repeat(|| Ok(connection.send(&request)?.ok()?.millis))?;
        table.add(what, "ms", &figures, "one `GET /dashboard` with `include=percentiles`");
        Ok::<_, anyhow::Error>((median(&figures), total))
    };
    let (all, total) = ask(dashboard::all_path(), "this service, 90 days", table)?;
    let (week, _) = ask(dashboard::week_path(), "this service, 7 days", table)?;
    Ok(Ours { all, week, total })
}

fn ask_sqlite(bench: &Bench, dataset: &Dataset, ours: &Ours, table: &mut Table) -> anyhow::Result<()> {
    let questions = sqlite::Questions::open(&dataset.place.database_file())?;
    let total = questions.total(sqlite::Span::All)?;
    for (span, what, our_time) in [
        (sqlite::Span::All, "SQL on the same SQLite file, 90 days", ours.all),
        (sqlite::Span::Week, "SQL on the same SQLite file, 7 days", ours.week),
    ] {
        let figures = bench.repeat(|| questions.ask(span))?;
        let note = format!("7 statements, {}{}", same_total(total, ours), ratio(&figures, our_time));
        table.add(what, "ms", &figures, &note);
    }
    Ok(())
}

/// Runs the script; an error says what is missing.
fn ask_duckdb(bench: &Bench, dataset: &Dataset) -> anyhow::Result<Value> {
    let script = bench.file("duckdb.py");
    std::fs::write(&script, SCRIPT)?;
    let mut command = Command::new("python3");
    command.arg(script).arg(&dataset.csv).arg(bench.runs().to_string());
    let output = command.args([FIRST_DAY, LAST_WEEK, LAST_DAY]).output();
    let output = output.map_err(|error| anyhow::anyhow!("python3: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        anyhow::bail!("{}", text.trim().lines().last().unwrap_or("python3 failed").replace('|', "/"));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn add_duckdb(dataset: &Dataset, figures: &Value, ours: &Ours, table: &mut Table) {
    let samples = |name: &str| -> Vec<f64> {
        let list = figures.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_f64).collect()
    };
    let number_of = |name: &str| figures.get(name).and_then(Value::as_f64).unwrap_or_default();
    let version = figures.get("version").and_then(Value::as_str).unwrap_or_default();
    let total = figures.get("total").and_then(Value::as_u64).unwrap_or_default();
    for (name, what, our_time) in
        [("all", "DuckDB, 90 days", ours.all), ("week", "DuckDB, 7 days", ours.week)]
    {
        let times = samples(name);
        let note = format!("{version}, 7 statements, {}{}", same_total(total, ours), ratio(&times, our_time));
        table.add(what, "ms", &times, &note);
    }
    let rate = count(dataset.events) / number_of("load_seconds");
    table.add("DuckDB, load from CSV", "events/s", &[rate], "bulk, one transaction");
    let bytes = number_of("bytes");
    let note = format!("{} bytes an event", number(bytes / count(dataset.events)));
    table.add("DuckDB, its file", "MiB", &[bytes / 1024.0 / 1024.0], &note);
}

fn same_total(total: u64, ours: &Ours) -> &'static str {
    if ours.total == Some(total) { "same total" } else { "ANOTHER TOTAL" }
}

fn ratio(theirs: &[f64], ours: Option<f64>) -> String {
    match (median(theirs), ours) {
        (Some(theirs), Some(ours)) if ours > 0.0 => format!(", {} × our time", number(theirs / ours)),
        _ => String::new(),
    }
}
