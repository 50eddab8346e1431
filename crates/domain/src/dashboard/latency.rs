//! Response times beyond their average: percentiles, bands, Apdex.

use serde::Serialize;

/// Response times in milliseconds that a share of the requests did not exceed, by the nearest-rank rule. Off by
/// at most 0.1 % before they are rounded to two decimals, and never outside the shortest and the longest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Percentiles {
    /// Half of the requests took no longer: the median.
    #[cfg_attr(feature = "openapi", schema(example = 8.0))]
    pub p50: f64,
    /// 75 % took no longer.
    #[cfg_attr(feature = "openapi", schema(example = 15.0))]
    pub p75: f64,
    /// 90 % took no longer.
    #[cfg_attr(feature = "openapi", schema(example = 40.0))]
    pub p90: f64,
    /// 95 % took no longer.
    #[cfg_attr(feature = "openapi", schema(example = 80.0))]
    pub p95: f64,
    /// 99 % took no longer.
    #[cfg_attr(feature = "openapi", schema(example = 300.0))]
    pub p99: f64,
}

/// Application performance index, as the Apdex technical specification 1.1 defines it for a threshold T.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Apdex {
    /// T in milliseconds as asked for, not rounded beyond the microsecond.
    #[cfg_attr(feature = "openapi", schema(example = 500.0))]
    pub threshold: f64,
    /// Number of requests that took at most T and were not answered with 500–599.
    #[cfg_attr(feature = "openapi", schema(example = 900))]
    pub satisfied: u64,
    /// Number of requests that took longer than T, at most 4 T, and were not answered with 500–599.
    #[cfg_attr(feature = "openapi", schema(example = 80))]
    pub tolerating: u64,
    /// Number of all other requests: slower than 4 T, or answered with 500–599 however fast.
    #[cfg_attr(feature = "openapi", schema(example = 20))]
    pub frustrated: u64,
    /// (satisfied + tolerating / 2) / all, from 0 to 1, rounded to two decimals, half away from zero; null
    /// without requests.
    #[cfg_attr(feature = "openapi", schema(example = 0.94))]
    pub score: Option<f64>,
}

/// The upper bounds in microseconds, inclusive, of the bands of a latency histogram; one more band has none.
pub const LATENCY_BOUNDS_US: [u64; 13] = [
    1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// Requests within a band of response times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LatencyBand {
    /// The longest time of the band in milliseconds, inclusive; the band begins above that of the band before.
    /// Null in the last one, which has no end.
    #[cfg_attr(feature = "openapi", schema(example = 10.0))]
    pub up_to: Option<f64>,
    /// Number of requests in this band alone.
    #[cfg_attr(feature = "openapi", schema(example = 600))]
    pub requests: u64,
}
