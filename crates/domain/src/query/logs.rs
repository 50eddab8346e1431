//! Questions for single events: filters, order and page.

use super::{choice, integer, moments, ordered, zone};
use crate::{Checks, EventFilter, Params, Timestamp, ValidationError};

/// The column that a list of events is sorted by; ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogOrder {
    /// When the request was answered.
    #[default]
    CreatedAt,
    /// The method's name.
    Method,
    /// The endpoint, by bytes.
    Endpoint,
    /// The address by its 16 bytes; events without one come first in ascending order.
    Ip,
    /// The processing time.
    ProcessTime,
    /// The status code.
    StatusCode,
}

impl LogOrder {
    /// Every order with its name on the wire.
    pub const ALL: [(&'static str, Self); 6] = [
        ("created_at", Self::CreatedAt),
        ("method", Self::Method),
        ("endpoint", Self::Endpoint),
        ("ip", Self::Ip),
        ("process_time", Self::ProcessTime),
        ("status_code", Self::StatusCode),
    ];
}

/// The direction of a sort; it holds for the ties too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

impl SortOrder {
    /// Both directions with their names on the wire.
    pub const ALL: [(&'static str, Self); 2] = [("asc", Self::Ascending), ("desc", Self::Descending)];
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Which events.
    pub filter: EventFilter,
    /// Sorted by what.
    pub order_by: LogOrder,
    /// In which direction.
    pub order: SortOrder,
    /// How many at most, 1–100.
    pub limit: i64,
    /// How many are skipped first.
    pub offset: i64,
}

impl LogQuery {
    /// Reads `timezone`, `start_date`, `end_date`, the filters, `order_by`, `order`, `limit` and `offset`.
    ///
    /// # Errors
    /// Every faulty parameter.
    pub fn from_params(params: &Params) -> Result<Self, ValidationError> {
        let mut checks = Checks::default();
        let zone = zone(&mut checks, params).flatten().unwrap_or_default();
        let range = moments(&mut checks, params, zone).and_then(|(start, end)| {
            let (start, end) = (start.unwrap_or(Timestamp::MIN), end.unwrap_or(Timestamp::MAX));
            ordered(&mut checks, start, end)
        });
        let filter = EventFilter::from_params(&mut checks, params, range);
        let order_by =
            checks.take(params.read("order_by", |field, text| choice(field, text, &LogOrder::ALL)));
        let order = checks.take(params.read("order", |field, text| choice(field, text, &SortOrder::ALL)));
        let limit = checks.take(params.read("limit", |field, text| integer(field, text, 1..=100)));
        let offset = checks.take(params.read("offset", |field, text| integer(field, text, 0..=i64::MAX)));
        checks.finish(filter.map(|filter| Self {
            filter,
            order_by: order_by.flatten().unwrap_or_default(),
            order: order.flatten().unwrap_or_default(),
            limit: limit.flatten().unwrap_or(100),
            offset: offset.flatten().unwrap_or(0),
        }))
    }
}
