//! A window of time beside the one just before it.

use serde::Serialize;

use super::summary::Summary;
use crate::{TimeRange, Timestamp};

/// The window of the query beside the window of the same length just before it, with the same filters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// The window of the query.
    pub window: Window,
    /// The window before: as long to the microsecond, and ends one microsecond before the other starts. Shorter
    /// where it would begin before the year 1; null where nothing is left of it.
    pub previous_window: Option<Window>,
    /// Totals over the window before, with the same optional figures as the summary; null without that window.
    pub previous: Option<Summary>,
    /// What has changed since.
    pub change: Change,
}

/// An interval of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// The first instant.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2025-08-01T00:00:00Z"))]
    pub start: Timestamp,
    /// The last instant.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2025-08-31T23:59:59.999999Z"))]
    pub end: Timestamp,
}

impl From<TimeRange> for Window {
    fn from(range: TimeRange) -> Self {
        Self { start: range.start(), end: range.end() }
    }
}

/// Changes from the previous window to this one, computed from unrounded figures, then rounded to two decimals,
/// half away from zero. All are null without a previous window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Change in percent of the number of requests; null if there were none.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub total_requests: Option<f64>,
    /// Change in percent of the number of distinct addresses; null if there were none.
    #[cfg_attr(feature = "openapi", schema(example = -3.0))]
    pub unique_ips: Option<f64>,
    /// Change in percent of the mean response time; null if it was 0, or if either window has no requests.
    #[cfg_attr(feature = "openapi", schema(example = 4.2))]
    pub avg_response_time: Option<f64>,
    /// Change of the error rate in percentage points; null if either window has no requests.
    #[cfg_attr(feature = "openapi", schema(example = -0.5))]
    pub error_rate: Option<f64>,
}
