//! The table of figures: medians with their spread, as markdown and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::machine;

/// Figures of one thing, in the order in which they were measured.
struct Row {
    what: String,
    unit: &'static str,
    samples: Vec<f64>,
    note: String,
}

/// All figures so far.
#[derive(Default)]
pub(crate) struct Table {
    group: String,
    groups: Vec<(String, Vec<Row>)>,
    /// What follows the rows of a heading.
    attached: Vec<(String, String)>,
}

impl Table {
    /// The rows that follow belong under this heading.
    pub(crate) fn group(&mut self, group: &str) {
        let busy = machine::busy_percent();
        eprintln!("\n{group}; {busy} % of the cores were busy before");
        self.group = format!("{group} ({busy} % of the cores busy before)");
    }

    /// Adds figures.
    pub(crate) fn add(&mut self, what: &str, unit: &'static str, samples: &[f64], note: &str) {
        let row = Row { what: what.to_owned(), unit, samples: samples.to_vec(), note: note.to_owned() };
        eprintln!("  {}", row.markdown());
        match self.groups.iter_mut().find(|(group, _)| *group == self.group) {
            Some((_, rows)) => rows.push(row),
            None => self.groups.push((self.group.clone(), vec![row])),
        }
    }

    /// Says why there is no figure.
    pub(crate) fn absent(&mut self, what: &str, why: &str) {
        self.add(what, "", &[], &format!("n/a ({why})"));
    }

    /// Adds text behind the rows of this heading; it is not among the figures for programs.
    pub(crate) fn attach(&mut self, text: &str) {
        self.attached.push((self.group.clone(), text.to_owned()));
    }

    /// One table for each heading.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        for (group, rows) in &self.groups {
            let _ = writeln!(
                text,
                "\n### {group}\n\n| What | Median | Min … max | n | Note |\n|---|---:|---:|---:|---|"
            );
            for row in rows {
                let _ = writeln!(text, "{}", row.markdown());
            }
            for (_, attached) in self.attached.iter().filter(|(of, _)| of == group) {
                let _ = writeln!(text, "\n{attached}");
            }
        }
        text
    }

    /// All figures, for programs.
    pub(crate) fn json(&self) -> Value {
        let row = |group: &str, row: &Row| {
            json!({"group": group, "what": row.what, "unit": row.unit, "median": median(&row.samples),
                   "min": least(&row.samples), "max": most(&row.samples), "n": row.samples.len(), "note": row.note})
        };
        self.groups.iter().flat_map(|(group, rows)| rows.iter().map(move |one| row(group, one))).collect()
    }
}

impl Row {
    fn markdown(&self) -> String {
        let Self { what, unit, samples, note } = self;
        let (Some(median), Some(least), Some(most)) = (median(samples), least(samples), most(samples)) else {
            return format!("| {what} | | | 0 | {note} |");
        };
        let spread =
            if samples.len() > 1 { format!("{} … {}", number(least), number(most)) } else { String::new() };
        format!("| {what} | {} {unit} | {spread} | {} | {note} |", number(median), samples.len())
    }
}

/// The middle one, or the mean of the middle two.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

fn least(samples: &[f64]) -> Option<f64> {
    samples.iter().copied().min_by(f64::total_cmp)
}

fn most(samples: &[f64]) -> Option<f64> {
    samples.iter().copied().max_by(f64::total_cmp)
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts of events and bytes are far below 2^52")]
pub(crate) const fn count(number: u64) -> f64 {
    number as f64
}

/// A count with groups of thousands.
pub(crate) fn grouped(number_of: u64) -> String {
    number(count(number_of))
}

/// Three digits that count, and groups of thousands.
pub(crate) fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_median_and_spread_whatever_the_order() {
        let mut table = Table::default();
        table.group("Reads");
        table.add("dashboard", "ms", &[30.0, 1234.5, 20.0], "all 200");
        assert!(
            table.markdown().contains("| dashboard | 30.0 ms | 20.0 … 1,234 | 3 | all 200 |"),
            "{}",
            table.markdown()
        );
        assert_eq!(table.json()[0]["median"], 30.0);
        assert!(table.json()[0]["group"].as_str().unwrap().starts_with("Reads"));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 10.0]), Some(3.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn what_could_not_be_measured_is_said_with_its_reason() {
        let mut table = Table::default();
        table.group("Reads");
        table.absent("batches", "404");
        assert!(table.markdown().contains("| batches | | | 0 | n/a (404) |"));
        assert!(table.json()[0]["median"].is_null());
    }

    #[test]
    fn attached_text_follows_the_rows_of_its_heading() {
        let mut table = Table::default();
        table.group("Reads");
        table.attach("Each read: …");
        table.add("dashboard", "ms", &[1.0], "");
        table.group("Writes");
        table.add("event", "ms", &[2.0], "");
        let text = table.markdown();
        let places = ["dashboard", "Each read: …", "### Writes"].map(|part| text.find(part).unwrap());
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn numbers_have_three_digits_that_count_and_groups() {
        let texts = [0.1234, 9.876, 12.34, 999.6, 1_234_567.8].map(number);
        assert_eq!(texts, ["0.12", "9.88", "12.3", "1,000", "1,234,568"]);
    }
}
