//! What the document says about JSON reports; `reporting` makes them.

use domain::{Dashboard, Window};
use utoipa::ToSchema;

/// A dashboard with what it is and covers.
#[derive(ToSchema)]
#[schema(as = Report)]
#[expect(dead_code, reason = "describes the answer; `reporting` makes it")]
pub(crate) struct ReportBody {
    /// What the report is and covers.
    report_metadata: ReportMetadata,
    /// The figures.
    report: Dashboard,
}

/// What a report is and covers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the answer; `reporting` makes it")]
pub(crate) struct ReportMetadata {
    /// The title.
    #[schema(example = "API Traffic Analysis")]
    report_name: String,
    /// When the report was made.
    #[schema(format = DateTime, example = "2025-08-20T12:00:00Z")]
    generated_at: String,
    /// The range of time it covers, both ends included.
    period: Window,
}
