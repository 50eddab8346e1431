//! Exact, mergeable analytics over API request events. Pure: no I/O, no clock, no framework.
//!
//! ```
//! use domain::{ClientAddress, DashboardQuery, Duration, Method, Moment, RequestEvent, StatusCode, TimeRange, Zone};
//!
//! let at = |text: &str| Moment::parse(text).unwrap().first(Zone::UTC);
//! let ip: ClientAddress = "192.0.2.1".parse().unwrap();
//! let event = |time: &str, status: u16, millis: f64| {
//!     let (status, took) = (StatusCode::new(status).unwrap(), Duration::from_millis(millis).unwrap());
//!     RequestEvent::new(at(time), Method::Get, "/users", Some(ip), took, status).unwrap()
//! };
//! let events = [event("2025-08-20T10:00:00Z", 200, 12.5), event("2025-08-21T11:00:00Z", 500, 30.0)];
//!
//! let august = TimeRange::new(at("2025-08-01"), at("2025-09-01")).unwrap();
//! let dashboard = analytics::dashboard(events, &DashboardQuery::over(august));
//!
//! assert_eq!(dashboard.summary.total_requests, 2);
//! assert_eq!(dashboard.summary.avg_response_time, Some(21.25));
//! assert_eq!(dashboard.summary.error_rate, 50.0);
//! assert_eq!(dashboard.time_series[1].timestamp, "2025-08-21");
//! ```
//!
//! # How it works
//!
//! Events become a [`Segment`]: columns sorted by time, texts and addresses replaced by small numbers, packed
//! to some ten bytes an event; its bytes can be kept and opened again. A [`Dataset`] holds segments that share
//! their names. One pass over it fills a [`State`]; states [`merge`](State::merge) in any order and grouping
//! to the same state, because all sums are integers, and [`State::finish`] turns one into a [`Dashboard`].
//! So a computation can be split over threads, files or machines without changing a digit.

mod answer;
mod block;
mod dataset;
mod dictionary;
mod filter;
mod finish;
mod plan;
mod scan;
mod search;
mod segment;
mod source;
mod state;
mod vocabulary;

use std::convert::Infallible;
use std::num::NonZero;

use domain::{Dashboard, DashboardQuery, RequestEvent};

pub use block::Block;
pub use dataset::Dataset;
pub use plan::Plan;
pub use segment::{Bounds, Segment, SegmentBuilder, SegmentError};
pub use source::{Source, dashboard_of, search};
pub use state::{Histogram, State, Tally};

/// The dashboard of some events; those that the query's filter leaves out do not count.
#[must_use]
pub fn dashboard(events: impl IntoIterator<Item = RequestEvent>, query: &DashboardQuery) -> Dashboard {
    let dataset: Dataset = events.into_iter().collect();
    let Ok(dashboard) = answer::dashboard(query, dataset.oldest(), |plan, filter| {
        Ok::<_, Infallible>(State::of(&dataset, plan, filter, NonZero::<usize>::MIN))
    });
    dashboard
}
