//! How commands answer: tables and sentences for people, JSON for programs.

use std::fmt;
use std::io::{self, Write};

use anyhow::Context;
use domain::Timestamp;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// Which of both.
#[derive(Clone, Copy, clap::Args)]
pub(super) struct Form {
    /// Answer in JSON, with the field names of the HTTP API
    #[arg(long, global = true)]
    json: bool,
}

impl Form {
    /// Shows one thing: as JSON, or by what it says to people.
    pub(super) fn one(self, thing: &impl Serialize, said: &str) -> anyhow::Result<()> {
        if self.json { print(&json(thing)?) } else { print(said) }
    }

    /// Shows one thing: as JSON, or by a text that is all of standard output, for scripts; what is said to people
    /// goes to standard error.
    pub(super) fn result(self, thing: &impl Serialize, text: &str, said: &str) -> anyhow::Result<()> {
        if self.json {
            return print(&json(thing)?);
        }
        print(text)?;
        eprintln!("{said}");
        Ok(())
    }

    /// Shows all of a list.
    pub(super) fn list<T: Listed>(self, things: &[T]) -> anyhow::Result<()> {
        let text = if self.json { json(&things)? } else { table(things).to_string() };
        match print(&text) {
            // Whoever reads needs no more of it.
            Err(error) if is_broken_pipe(&error) => Ok(()),
            printed => printed,
        }
    }
}

/// What stands in a list.
pub(super) trait Listed: Serialize {
    /// The columns of a table of them.
    const COLUMNS: &'static [Column];

    /// Their texts.
    fn cells(&self) -> Vec<String>;
}

/// A column and its head.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Of texts.
    Text(&'static str),
    /// Of numbers, which stand below each other by their last digit.
    Number(&'static str),
}

impl Column {
    const fn head(self) -> &'static str {
        match self {
            Self::Text(head) | Self::Number(head) => head,
        }
    }
}

/// A table: each column as wide as its widest text.
pub(super) struct Table {
    columns: &'static [Column],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(super) const fn new(columns: &'static [Column]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn width(&self, place: usize, column: Column) -> usize {
        let widths = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width());
        widths.max().unwrap_or_default().max(column.head().width())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.columns.iter().map(|column| column.head().to_owned()).collect();
        let widths: Vec<_> =
            self.columns.iter().enumerate().map(|(place, column)| self.width(place, *column)).collect();
        for (number, row) in std::iter::once(&head).chain(&self.rows).enumerate() {
            let mut line = String::new();
            for ((column, width), cell) in self.columns.iter().zip(&widths).zip(row) {
                let blanks = " ".repeat(width - cell.width().min(*width));
                let (before, after) = match column {
                    Column::Text(_) => ("", blanks.as_str()),
                    Column::Number(_) => (blanks.as_str(), ""),
                };
                if !line.is_empty() {
                    line.push_str("  ");
                }
                line.extend([before, cell, after]);
            }
            let end = if number == 0 { "" } else { "\n" };
            write!(f, "{end}{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// An instant for a table: to the second.
pub(super) fn time(at: Timestamp) -> String {
    at.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The same of one that need not be there.
pub(super) fn time_if_any(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), time)
}

fn table<T: Listed>(things: &[T]) -> Table {
    let mut table = Table::new(T::COLUMNS);
    for thing in things {
        table.push(thing.cells());
    }
    table
}

fn json(thing: &impl Serialize) -> anyhow::Result<String> {
    serde_json::to_string(thing).context("cannot write JSON")
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).context("cannot write to standard output")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_any_script_and_no_line_ends_in_blanks() {
        let mut table = Table::new(&[Column::Number("id"), Column::Text("name"), Column::Text("last")]);
        for row in [["1", "Shop API", "-"], ["1000", "店", "now"], ["7", "", ""]] {
            table.push(row.map(str::to_owned).to_vec());
        }
        let expected = "  id  name      last\n   1  Shop API  -\n1000  店        now\n   7";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    fn a_table_without_rows_is_its_head() {
        assert_eq!(Table::new(&[Column::Number("id"), Column::Text("name")]).to_string(), "id  name");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        let at = Timestamp::from_micros(1_748_779_200_999_999).unwrap();
        assert_eq!(time(at), "2025-06-01T12:00:00Z");
        assert_eq!(time_if_any(None), "-");
    }
}
