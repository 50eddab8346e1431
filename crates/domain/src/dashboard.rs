//! The answer to a dashboard query: every figure of the contract, ready to serialise.
//!
//! These are results only; how they are computed is the business of the `analytics` crate. Optional fields are
//! those of [`Part`](crate::Part): absent unless asked for.

mod breakdown;
mod comparison;
mod coverage;
mod latency;
mod summary;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{ClientAddress, Method, StatusCode};

pub use breakdown::{HeatCell, LabelStats, StatusClasses};
pub use comparison::{Change, Comparison, Window};
pub use coverage::Coverage;
pub use latency::{Apdex, LATENCY_BOUNDS_US, LatencyBand, Percentiles};
pub use summary::Summary;

/// All figures of one time range. Times are milliseconds, rates are percentages; both are rounded to two
/// decimals, half away from zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dashboard {
    /// Totals over the whole range.
    pub summary: Summary,
    /// Number of requests by method; only methods that occur.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub method_usage: BTreeMap<Method, u64>,
    /// The endpoints with most requests, ties by name ascending.
    pub endpoint_stats: Vec<EndpointStats>,
    /// Number of requests by status code; only codes that occur.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, u64>))]
    pub status_codes: BTreeMap<StatusCode, u64>,
    /// The client addresses with most requests, ties by address ascending; events without one are left out.
    pub top_ips: Vec<ClientUsage>,
    /// One entry for each bucket that holds events, oldest first; the newest where there are too many. With
    /// `include=gaps` one for every bucket from that of the range's start to that of its end.
    pub time_series: Vec<SeriesPoint>,
    /// With `include=status_classes`: counts by class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_classes: Option<StatusClasses>,
    /// With `include=latency_histogram`: exact counts by bands of response times, shortest first, empty ones too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_histogram: Option<Vec<LatencyBand>>,
    /// With `include=comparison`: the window of the same length just before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// With `include=heatmap`: by weekday and hour of the query's zone, in this order; only cells that hold
    /// events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heatmap: Option<Vec<HeatCell>>,
    /// With `include=consumers`: those with most requests, ties by name ascending; events without one are left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Vec<LabelStats>>,
    /// With `include=user_agents`: those with most requests, ties by name ascending; events without one are left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agents: Option<Vec<LabelStats>>,
    /// With `include=hostnames`: those with most requests, ties by name ascending; events without one are left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostnames: Option<Vec<LabelStats>>,
    /// With `include=coverage`: what the figures cover and how exact they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

/// Figures of one endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointStats {
    /// The endpoint's path.
    #[cfg_attr(feature = "openapi", schema(example = "/users"))]
    pub endpoint: String,
    /// Number of requests.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub requests: u64,
    /// Mean response time in milliseconds.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub avg_time: f64,
    /// Number of requests answered with a status of 400–599.
    #[cfg_attr(feature = "openapi", schema(example = 15))]
    pub errors_count: u64,
    /// With `include=percentiles`: percentiles of its response times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentiles: Option<Percentiles>,
    /// With `include=status_classes`: number of requests answered with a status of 400–499.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 10))]
    pub client_errors: Option<u64>,
    /// With `include=status_classes`: number of requests answered with a status of 500–599.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 5))]
    pub server_errors: Option<u64>,
}

/// Requests of one client address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientUsage {
    /// The address.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "192.0.2.1"))]
    pub ip: ClientAddress,
    /// Number of requests.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub requests: u64,
}

/// Figures of one bucket of the time series.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesPoint {
    /// The bucket's label: `YYYY-MM-DD HH:MM`, `YYYY-MM-DD HH`, `YYYY-MM-DD`, `YYYY-Www` or `YYYY-MM`.
    #[cfg_attr(feature = "openapi", schema(example = "2025-08-20"))]
    pub timestamp: String,
    /// If the query names a time zone: the first instant of the bucket, RFC 3339 with the zone's offset there.
    /// Tells the two showings of a repeated hour apart. Not before the year 1; in UTC where an offset has seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "2025-08-20T00:00:00+02:00"))]
    pub start: Option<String>,
    /// Number of requests.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub requests: u64,
    /// Mean response time in milliseconds; null only in a bucket without requests, which `include=gaps` shows.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub avg_time: Option<f64>,
    /// Percentage of requests answered with a status of 400–599.
    #[cfg_attr(feature = "openapi", schema(example = 1.5))]
    pub error_rate: f64,
    /// With `include=percentiles`: percentiles of its response times; absent without requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentiles: Option<Percentiles>,
    /// With `include=status_classes`: number of requests answered with a status of 400–499.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 10))]
    pub client_errors: Option<u64>,
    /// With `include=status_classes`: number of requests answered with a status of 500–599.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 5))]
    pub server_errors: Option<u64>,
}
