//! The JSON report: the dashboard with a head that says what it covers.

use domain::{Dashboard, Timestamp};
use serde::Serialize;

use crate::{REPORT_NAME, ReportContext, ReportError};

/// A dashboard with its metadata.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JsonReport<'a> {
    /// What the report is and what it covers.
    pub report_metadata: ReportMetadata,
    /// The figures.
    pub report: &'a Dashboard,
}

/// What a report is and what it covers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportMetadata {
    /// The title.
    pub report_name: &'static str,
    /// When the report was made.
    pub generated_at: Timestamp,
    /// The range of time it covers.
    pub period: ReportPeriod,
}

/// The range of time a report covers, both ends included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportPeriod {
    /// The first instant.
    pub start: Timestamp,
    /// The last instant.
    pub end: Timestamp,
}

impl<'a> JsonReport<'a> {
    /// The report on a dashboard.
    #[must_use]
    pub fn new(dashboard: &'a Dashboard, context: &ReportContext) -> Self {
        Self {
            report_metadata: ReportMetadata {
                report_name: REPORT_NAME,
                generated_at: context.generated_at,
                period: ReportPeriod { start: context.range.start(), end: context.range.end() },
            },
            report: dashboard,
        }
    }
}

/// The JSON report as UTF-8 bytes.
///
/// # Errors
/// Serialisation fails.
pub fn json_report(dashboard: &Dashboard, context: &ReportContext) -> Result<Vec<u8>, ReportError> {
    Ok(serde_json::to_vec(&JsonReport::new(dashboard, context))?)
}
