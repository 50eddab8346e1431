//! The answer to a dashboard query: every figure of the contract, ready to serialise.
//!
//! These are results only; how they are computed is the business of the `analytics` crate.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{ClientAddress, Method, StatusCode};

/// All figures of one time range. Times are milliseconds, rates are percentages; both are rounded to two
/// decimals, half away from zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// One entry for each bucket that holds events, oldest first; the newest where there are too many.
    pub time_series: Vec<SeriesPoint>,
}

/// Totals over the whole range.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Summary {
    /// Number of requests.
    pub total_requests: u64,
    /// Number of distinct client addresses, exactly.
    pub unique_ips: u64,
    /// Mean response time in milliseconds; none without requests.
    pub avg_response_time: Option<f64>,
    /// Shortest response time in milliseconds; none without requests.
    pub min_response_time: Option<f64>,
    /// Longest response time in milliseconds; none without requests.
    pub max_response_time: Option<f64>,
    /// Percentage of requests answered with a status of 400–599.
    pub error_rate: f64,
}

/// Figures of one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointStats {
    /// The endpoint's path.
    pub endpoint: String,
    /// Number of requests.
    pub requests: u64,
    /// Mean response time in milliseconds.
    pub avg_time: f64,
    /// Number of requests answered with a status of 400–599.
    pub errors_count: u64,
}

/// Requests of one client address.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientUsage {
    /// The address.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "192.0.2.1"))]
    pub ip: ClientAddress,
    /// Number of requests.
    pub requests: u64,
}

/// Figures of one bucket of the time series.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesPoint {
    /// The bucket's label: `YYYY-MM-DD HH:MM`, `YYYY-MM-DD HH`, `YYYY-MM-DD`, `YYYY-Www` or `YYYY-MM`.
    pub timestamp: String,
    /// Number of requests.
    pub requests: u64,
    /// Mean response time in milliseconds.
    pub avg_time: f64,
    /// Percentage of requests answered with a status of 400–599.
    pub error_rate: f64,
}
