//! Requests divided by status class, by weekday and hour, and by the labels of events.

use serde::Serialize;

/// Number of requests by class of status codes, with all classes, and the two kinds of errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusClasses {
    /// Statuses 100–199.
    #[serde(rename = "1xx")]
    pub informational: u64,
    /// Statuses 200–299.
    #[serde(rename = "2xx")]
    pub success: u64,
    /// Statuses 300–399.
    #[serde(rename = "3xx")]
    pub redirection: u64,
    /// Statuses 400–499.
    #[serde(rename = "4xx")]
    pub client_error: u64,
    /// Statuses 500–599.
    #[serde(rename = "5xx")]
    pub server_error: u64,
    /// Percentage of all requests answered with a status of 400–499; 0 without requests.
    pub client_error_rate: f64,
    /// Percentage of all requests answered with a status of 500–599; 0 without requests.
    pub server_error_rate: f64,
}

/// Figures of one hour of one weekday, over all weeks of the range.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HeatCell {
    /// Day of the week in the query's zone: Monday is 1, Sunday is 7.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 7))]
    pub weekday: u8,
    /// Hour of the day in the query's zone.
    #[cfg_attr(feature = "openapi", schema(maximum = 23))]
    pub hour: u8,
    /// Number of requests, at least 1.
    pub requests: u64,
    /// Percentage of requests answered with a status of 400–599.
    pub error_rate: f64,
    /// Mean response time in milliseconds.
    pub avg_time: f64,
}

/// Figures of one consumer, user agent or host.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelStats {
    /// Its name as tracked.
    pub name: String,
    /// Number of requests.
    pub requests: u64,
    /// Mean response time in milliseconds.
    pub avg_time: f64,
    /// Number of requests answered with a status of 400–599.
    pub errors_count: u64,
}
