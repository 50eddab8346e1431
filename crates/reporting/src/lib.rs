//! Dashboards as downloads: a JSON report and a PDF document with charts.
//!
//! Pure functions of a dashboard and a [`ReportContext`]: no clock, no I/O. Computing the figures is the business
//! of the `analytics` crate, serving the files that of `api`.

mod canvas;
mod chart;
mod error;
mod fonts;
mod format;
mod json;
mod page;
mod palette;
mod pdf;
mod sections;
mod text;

use domain::{TimeRange, Timestamp, Zone};

pub use error::ReportError;
pub use json::{JsonReport, ReportMetadata, ReportPeriod, json_report};
pub use pdf::pdf_report;

/// The name of every report.
pub const REPORT_NAME: &str = "API Traffic Analysis";

/// What a report says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportContext {
    /// When the report was made.
    pub generated_at: Timestamp,
    /// The time that its figures cover.
    pub range: TimeRange,
    /// Whose calendar and clock divide the time series.
    pub zone: Zone,
    /// The filters in force, each as `name=value`; those of
    /// [`EventFilter::describe`](domain::EventFilter::describe).
    pub filters: Vec<String>,
}
