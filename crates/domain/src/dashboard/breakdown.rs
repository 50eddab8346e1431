//! Requests divided by status class, by weekday and hour, and by the labels of events.

use serde::Serialize;

/// Number of requests by class of status codes, with all classes, and the two kinds of errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusClasses {
    /// Statuses 100–199.
    #[serde(rename = "1xx")]
    #[cfg_attr(feature = "openapi", schema(example = 0))]
    pub informational: u64,
    /// Statuses 200–299.
    #[serde(rename = "2xx")]
    #[cfg_attr(feature = "openapi", schema(example = 950))]
    pub success: u64,
    /// Statuses 300–399.
    #[serde(rename = "3xx")]
    #[cfg_attr(feature = "openapi", schema(example = 35))]
    pub redirection: u64,
    /// Statuses 400–499.
    #[serde(rename = "4xx")]
    #[cfg_attr(feature = "openapi", schema(example = 10))]
    pub client_error: u64,
    /// Statuses 500–599.
    #[serde(rename = "5xx")]
    #[cfg_attr(feature = "openapi", schema(example = 5))]
    pub server_error: u64,
    /// Percentage of all requests answered with a status of 400–499; 0 without requests.
    #[cfg_attr(feature = "openapi", schema(example = 1.0))]
    pub client_error_rate: f64,
    /// Percentage of all requests answered with a status of 500–599; 0 without requests.
    #[cfg_attr(feature = "openapi", schema(example = 0.5))]
    pub server_error_rate: f64,
}

/// Figures of one hour of one weekday, over all weeks of the range.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeatCell {
    /// Day of the week in the query's zone: Monday is 1, Sunday is 7.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 7, example = 1))]
    pub weekday: u8,
    /// Hour of the day in the query's zone.
    #[cfg_attr(feature = "openapi", schema(maximum = 23, example = 12))]
    pub hour: u8,
    /// Number of requests, at least 1.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub requests: u64,
    /// Percentage of requests answered with a status of 400–599.
    #[cfg_attr(feature = "openapi", schema(example = 1.5))]
    pub error_rate: f64,
    /// Mean response time in milliseconds.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub avg_time: f64,
}

/// Figures of one consumer, user agent or host.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelStats {
    /// Its name as tracked.
    #[cfg_attr(feature = "openapi", schema(example = "acme"))]
    pub name: String,
    /// Number of requests.
    #[cfg_attr(feature = "openapi", schema(example = 1000))]
    pub requests: u64,
    /// Mean response time in milliseconds.
    #[cfg_attr(feature = "openapi", schema(example = 12.5))]
    pub avg_time: f64,
    /// Number of requests answered with a status of 400–599.
    #[cfg_attr(feature = "openapi", schema(example = 15))]
    pub errors_count: u64,
}
