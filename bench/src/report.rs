//! Reports: a page of JSON and a PDF.

use crate::data::{FIRST_DAY, LAST_DAY};
use crate::dataset::{Bench, Dataset};
use crate::table::{Table, grouped};

/// Asks for the report of all days in each format.
pub(crate) fn measure(bench: &Bench, dataset: &Dataset, table: &mut Table) -> anyhow::Result<()> {
    table.group(&format!("Reports on {} events", grouped(dataset.events)));
    for format in ["json", "pdf"] {
        let query = format!("/report?format={format}");
        let path = format!("{query}&start_date={FIRST_DAY}&end_date={LAST_DAY}");
        dataset.warm(bench, &format!("`GET {query}`"), &path, table)?;
    }
    Ok(())
}
