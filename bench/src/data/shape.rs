//! The distributions behind the traffic: when it comes, from whom, for what, and how it ends.

use std::collections::HashSet;
use std::f64::consts::TAU;
use std::net::{Ipv4Addr, Ipv6Addr};

use rand::Rng;
use rand::seq::SliceRandom;

/// Days of traffic.
pub(super) const DAYS: u32 = 90;
/// Minutes of a day.
pub(super) const DAY_MINUTES: u32 = 1440;

const ADDRESSES: u32 = 50_000;
const ERROR_SHARE: f64 = 0.05;
const BURSTS: u32 = 12;
/// The first day is a Thursday; days are counted from Monday.
const FIRST_WEEKDAY: u32 = 3;

const THINGS: [&str; 20] = [
    "users", "orders", "items", "login", "search", "baskets", "payments", "invoices", "sessions", "uploads",
    "reports", "hooks", "groups", "status", "ratings", "vouchers", "parcels", "devices", "messages",
    "settings",
];
const ACTIONS: [&str; 6] = ["", "/{id}", "/{id}/history", "/recent", "/export", "/batch"];

/// Each value with the share of the traffic up to and including it.
const METHODS: [(&str, f64); 6] =
    [("GET", 0.68), ("POST", 0.87), ("PUT", 0.92), ("DELETE", 0.95), ("PATCH", 0.97), ("OPTIONS", 1.0)];
const SUCCESSES: [(u16, f64); 4] = [(200, 0.86), (201, 0.94), (204, 0.985), (301, 1.0)];
const FAILURES: [(u16, f64); 9] = [
    (400, 0.16),
    (401, 0.33),
    (403, 0.40),
    (404, 0.68),
    (422, 0.78),
    (429, 0.84),
    (500, 0.94),
    (502, 0.97),
    (503, 1.0),
];

/// One of the 120 endpoints and how it behaves.
pub(super) struct Endpoint {
    /// Its path.
    pub(super) path: String,
    /// Logarithm of its median time in milliseconds.
    log_median: f64,
    error_share: f64,
}

impl Endpoint {
    /// How long one request takes: log-normal, in microseconds.
    pub(super) fn process_us(&self, rng: &mut impl Rng) -> u32 {
        let millis = (self.log_median + 0.6 * normal(rng)).exp().clamp(0.05, 60_000.0);
        whole(millis * 1000.0)
    }

    /// How one request ends.
    pub(super) fn status(&self, rng: &mut impl Rng) -> u16 {
        let failed = rng.random_bool(self.error_share);
        let share = rng.random();
        if failed { pick(&FAILURES, share, 500) } else { pick(&SUCCESSES, share, 200) }
    }
}

/// All distributions, fixed by the seed.
pub(super) struct Shape {
    endpoints: Vec<Endpoint>,
    endpoint_shares: Vec<f64>,
    addresses: Vec<String>,
    address_shares: Vec<f64>,
    /// The share of the traffic up to the end of each minute.
    minute_shares: Vec<f64>,
}

impl Shape {
    /// Draws what is drawn once.
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let endpoint_shares = zipf(THINGS.len() * ACTIONS.len(), 1.1);
        let addresses = addresses(rng);
        Self {
            endpoints: endpoints(rng, &endpoint_shares),
            endpoint_shares,
            address_shares: zipf(addresses.len(), 0.95),
            addresses,
            minute_shares: minutes(rng),
        }
    }

    /// How many of `total` events have happened at the end of the minute.
    pub(super) fn due(&self, total: u64, minute: u32) -> u64 {
        let share = self.minute_shares.get(minute as usize).copied().unwrap_or(1.0);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of events is far below 2^52"
        )]
        let due = (total as f64 * share).round() as u64;
        due
    }

    /// The endpoint at that share (0–1) of the traffic; the busiest ones come first.
    pub(super) fn endpoint(&self, share: f64) -> &Endpoint {
        const NONE: &Endpoint = &Endpoint { path: String::new(), log_median: 0.0, error_share: 0.0 };
        self.endpoints.get(self.endpoint_shares.partition_point(|end| *end <= share)).unwrap_or(NONE)
    }

    /// The address at that share (0–1) of the traffic; the busiest ones come first.
    pub(super) fn address(&self, share: f64) -> &str {
        let rank = self.address_shares.partition_point(|end| *end <= share);
        self.addresses.get(rank).map_or("", String::as_str)
    }
}

/// The method at that share (0–1) of the traffic.
pub(super) fn method(share: f64) -> &'static str {
    pick(&METHODS, share, "GET")
}

fn pick<T: Copy>(table: &[(T, f64)], share: f64, otherwise: T) -> T {
    table.iter().find(|(_, end)| share < *end).map_or(otherwise, |(value, _)| *value)
}

/// In the order of their shares of the traffic.
fn endpoints(rng: &mut impl Rng, shares: &[f64]) -> Vec<Endpoint> {
    let paths = ACTIONS.iter().flat_map(|action| THINGS.map(|thing| format!("/api/v1/{thing}{action}")));
    let mut paths: Vec<String> = paths.collect();
    paths.shuffle(rng);
    let endpoint = |path| {
        let log_median = rng.random_range(3_f64.ln()..220_f64.ln());
        // The sum of two exponentials: most endpoints fail seldom, a few often.
        let error_share = -(1.0 - rng.random::<f64>()).ln() - (1.0 - rng.random::<f64>()).ln();
        Endpoint { path, log_median, error_share }
    };
    let mut endpoints: Vec<Endpoint> = paths.into_iter().map(endpoint).collect();
    scale_errors(&mut endpoints, shares);
    endpoints
}

/// Makes it 5 % of the traffic that fails, whichever endpoints happen to be the busy ones.
fn scale_errors(endpoints: &mut [Endpoint], shares: &[f64]) {
    let (mut mean, mut before) = (0.0, 0.0);
    for (endpoint, share) in endpoints.iter().zip(shares) {
        mean += endpoint.error_share * (share - before);
        before = *share;
    }
    for endpoint in endpoints {
        endpoint.error_share = (endpoint.error_share * ERROR_SHARE / mean).min(1.0);
    }
}

/// Different addresses, 3 % of them IPv6.
fn addresses(rng: &mut impl Rng) -> Vec<String> {
    let (mut addresses, mut known) = (Vec::new(), HashSet::new());
    for rank in 0..ADDRESSES {
        if rank % 33 == 7 {
            let [a, b, c]: [u16; 3] = rng.random();
            let low = u16::try_from(rank).unwrap_or_default();
            addresses.push(Ipv6Addr::new(0x2001, 0xdb8, a, b, 0, 0, c, low).to_string());
            continue;
        }
        let mut number = rng.random_range(0x0100_0000..0xdf00_0000);
        while !known.insert(number) {
            number = rng.random_range(0x0100_0000..0xdf00_0000);
        }
        addresses.push(Ipv4Addr::from(number).to_string());
    }
    addresses
}

/// Busy afternoons, quiet nights and week-ends, slow growth, and bursts of up to an hour.
fn minutes(rng: &mut impl Rng) -> Vec<f64> {
    let rate = |minute: u32| {
        let time_of_day = f64::from(minute % DAY_MINUTES) / f64::from(DAY_MINUTES);
        let weekday = (FIRST_WEEKDAY + minute / DAY_MINUTES) % 7;
        let growth = 1.0 + 0.3 * f64::from(minute) / f64::from(DAYS * DAY_MINUTES);
        let daylight = 1.0 + 0.75 * (time_of_day * TAU - 2.2).sin();
        daylight * growth * if weekday < 5 { 1.0 } else { 0.6 }
    };
    let mut rates: Vec<f64> = (0..DAYS * DAY_MINUTES).map(rate).collect();
    for _ in 0..BURSTS {
        let start = rng.random_range(0..rates.len());
        let (length, height) = (rng.random_range(5..60), rng.random_range(2.0..5.0));
        for rate in rates.iter_mut().skip(start).take(length) {
            *rate *= height;
        }
    }
    cumulate(rates)
}

fn zipf(count: usize, exponent: f64) -> Vec<f64> {
    cumulate(
        (1..=count).map(|rank| f64::from(u32::try_from(rank).unwrap_or(u32::MAX)).powf(-exponent)).collect(),
    )
}

/// Weights to running shares; the last one is 1.
fn cumulate(mut weights: Vec<f64>) -> Vec<f64> {
    let mut sum = 0.0;
    for weight in &mut weights {
        sum += *weight;
        *weight = sum;
    }
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

/// One draw of the standard normal distribution (Box and Muller).
fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (rng.random::<f64>() * TAU).cos()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the caller")]
fn whole(number: f64) -> u32 {
    number.round() as u32
}
