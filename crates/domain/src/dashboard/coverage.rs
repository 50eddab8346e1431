//! What the figures of a dashboard cover and how exact they are.

use serde::Serialize;

use crate::{Period, Timestamp};

/// What the figures cover and how exact they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// The first instant of the range.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2025-08-01T00:00:00Z"))]
    pub start: Timestamp,
    /// The last instant of the range, included.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2025-08-31T23:59:59.999999Z"))]
    pub end: Timestamp,
    /// The IANA name of the zone that divides the time.
    #[cfg_attr(feature = "openapi", schema(example = "Europe/Berlin"))]
    pub timezone: String,
    /// The step of the time series.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "daily"))]
    pub period: Period,
    /// The filters in force, each as `name=value`: any-of parameters before their `not_` ones, values sorted and
    /// each once. A link leaves out those by what it hides.
    #[cfg_attr(feature = "openapi", schema(example = json!(["method=GET", "not_status_class=5xx"])))]
    pub filters: Vec<String>,
    /// Number of events of the project within the range; through a link with filters, of those that meet them.
    #[cfg_attr(feature = "openapi", schema(example = 12000))]
    pub events_scanned: u64,
    /// Number of those that also meet the filters: the ones that the figures count.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub events_matched: u64,
    /// Whether counts, sums, minima, maxima, averages, rates and top lists are exact. They always are.
    pub exact: bool,
    /// Largest relative error of percentiles, before they are rounded.
    #[cfg_attr(feature = "openapi", schema(example = 0.001))]
    pub percentile_relative_error: f64,
    /// Time of the oldest stored event of the project, whatever the range and the filters; null without events, and
    /// through a link with filters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "2025-01-01T08:00:00Z"))]
    pub oldest_event: Option<Timestamp>,
}

impl Coverage {
    /// The bound of [`percentile_relative_error`](Self::percentile_relative_error).
    pub const PERCENTILE_RELATIVE_ERROR: f64 = 0.001;
}
