//! The totals of a window, with the optional figures of its response times.

use serde::Serialize;

use super::latency::{Apdex, Percentiles};

/// Totals over the whole range.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Summary {
    /// Number of requests.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub total_requests: u64,
    /// Number of distinct client addresses, exactly.
    #[cfg_attr(feature = "openapi", schema(example = 42))]
    pub unique_ips: u64,
    /// Mean response time in milliseconds; none without requests.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub avg_response_time: Option<f64>,
    /// Shortest response time in milliseconds; none without requests.
    #[cfg_attr(feature = "openapi", schema(example = 0.8))]
    pub min_response_time: Option<f64>,
    /// Longest response time in milliseconds; none without requests.
    #[cfg_attr(feature = "openapi", schema(example = 950.0))]
    pub max_response_time: Option<f64>,
    /// Percentage of requests answered with a status of 400–599.
    #[cfg_attr(feature = "openapi", schema(example = 1.5))]
    pub error_rate: f64,
    /// With `include=percentiles`: percentiles of the response times; absent without requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentiles: Option<Percentiles>,
    /// With `include=apdex`: how satisfied users can have been with the response times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apdex: Option<Apdex>,
}
