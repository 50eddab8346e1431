//! The traffic of one API key over 90 days: 120 endpoints and 50,000 addresses of falling popularity, 3 % of them
//! IPv6, response times around a typical one of each endpoint, days busier than nights. The same on every run.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use analytics::{Dataset, Segment, SegmentBuilder};
use domain::{ClientAddress, Duration, Extras, Method, RequestEvent, StatusCode, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub(crate) const MILLION: usize = 1_000_000;
/// 2026-04-02T00:00:00Z.
pub(crate) const FIRST_US: i64 = 1_775_088_000_000_000;
pub(crate) const DAY_US: i64 = 86_400_000_000;
pub(crate) const DAYS: i64 = 90;

const METHODS: [(Method, f64); 6] = [
    (Method::Get, 0.68),
    (Method::Post, 0.19),
    (Method::Put, 0.05),
    (Method::Delete, 0.03),
    (Method::Patch, 0.02),
    (Method::Options, 0.03),
];
const SUCCESSES: [(u16, f64); 4] = [(200, 0.86), (201, 0.08), (204, 0.045), (301, 0.015)];
const ERRORS: [(u16, f64); 9] = [
    (400, 0.16),
    (401, 0.17),
    (403, 0.07),
    (404, 0.28),
    (422, 0.1),
    (429, 0.06),
    (500, 0.1),
    (502, 0.03),
    (503, 0.03),
];
const RESOURCES: [&str; 20] = [
    "users",
    "orders",
    "products",
    "auth",
    "search",
    "cart",
    "payments",
    "invoices",
    "sessions",
    "files",
    "reports",
    "webhooks",
    "teams",
    "health",
    "reviews",
    "coupons",
    "shipments",
    "devices",
    "events",
    "settings",
];
const VARIANTS: [&str; 6] = ["", "/{id}", "/{id}/details", "/list", "/export", "/bulk"];
const USER_AGENTS: [&str; 4] = ["curl/8.5.0", "python-httpx/0.28.1", "okhttp/4.12.0", "Go-http-client/2.0"];

/// A million events, in the order of time, without optional fields.
pub(crate) static EVENTS: LazyLock<Vec<RequestEvent>> = LazyLock::new(|| Traffic::new().events(MILLION));
/// The same events with the optional fields set.
static RICH_EVENTS: LazyLock<Vec<RequestEvent>> = LazyLock::new(|| {
    let mut rng = SmallRng::seed_from_u64(4);
    let consumers = Popularity::new((0..2000).map(|number| (format!("customer-{number}"), 1.0)).collect());
    let rich = |event: &RequestEvent| {
        event.clone().with_extras(Extras {
            route: Some(event.endpoint().to_owned()),
            user_agent: Some(USER_AGENTS[rng.random_range(0..USER_AGENTS.len())].to_owned()),
            hostname: Some(format!("api-{}.example.com", rng.random_range(0..3))),
            consumer: Some(consumers.pick(&mut rng).clone()),
            request_bytes: Some(rng.random_range(0..4096)),
            response_bytes: Some(rng.random_range(100..65_536)),
        })
    };
    EVENTS.iter().map(rich).collect()
});

pub(crate) static SEGMENT: LazyLock<Arc<Segment>> = LazyLock::new(|| Arc::new(segment(&EVENTS)));
pub(crate) static DATASET: LazyLock<Dataset> = LazyLock::new(|| dataset(&SEGMENT));
/// With the optional fields.
pub(crate) static RICH_DATASET: LazyLock<Dataset> =
    LazyLock::new(|| dataset(&Arc::new(segment(&RICH_EVENTS))));

pub(crate) fn segment(events: &[RequestEvent]) -> Segment {
    let mut builder = SegmentBuilder::default();
    for (id, event) in (1..).zip(events) {
        builder.push(id, event);
    }
    builder.build()
}

pub(crate) fn dataset(segment: &Arc<Segment>) -> Dataset {
    let mut dataset = Dataset::default();
    dataset.push(segment);
    dataset
}

/// The events as text, a line each; times of day in UTC, durations in microseconds.
pub(crate) fn csv() -> String {
    let mut text = "created_at,method,endpoint,ip,duration_us,status_code\n".to_owned();
    for event in &*EVENTS {
        let ip = event.ip().map(|ip| ip.to_string()).unwrap_or_default();
        let (at, took) = (event.created_at().to_utc(), event.process_time().as_micros());
        let (at, status) = (at.format("%Y-%m-%d %H:%M:%S%.6f"), event.status_code().get());
        writeln!(text, "{at},{},{},{ip},{took},{status}", event.method(), event.endpoint()).unwrap();
    }
    text
}

/// Values, each as often as its weight says.
struct Popularity<T> {
    values: Vec<T>,
    /// The share of all values up to each.
    shares: Vec<f64>,
}

impl<T> Popularity<T> {
    fn new(weighted: Vec<(T, f64)>) -> Self {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut sum = 0.0;
        let shares = weighted.iter().map(|(_, weight)| {
            sum += weight / total;
            sum
        });
        let shares = shares.collect();
        Self { values: weighted.into_iter().map(|(value, _)| value).collect(), shares }
    }

    /// Zipf's law: the value of rank `n` has the weight `1 / n^exponent`.
    fn zipf(values: impl IntoIterator<Item = T>, exponent: f64) -> Self {
        let mut rank = 0.0;
        let weigh = |value| {
            rank += 1.0_f64;
            (value, rank.powf(-exponent))
        };
        Self::new(values.into_iter().map(weigh).collect())
    }

    fn pick(&self, rng: &mut SmallRng) -> &T {
        let share = rng.random::<f64>();
        &self.values[self.shares.partition_point(|&upto| upto < share).min(self.values.len() - 1)]
    }
}

struct Endpoint {
    name: String,
    /// The mean of the logarithm of its response times in milliseconds.
    typical: f64,
    errors: f64,
}

struct Traffic {
    rng: SmallRng,
    hours: Popularity<i64>,
    methods: Popularity<Method>,
    endpoints: Popularity<Endpoint>,
    addresses: Popularity<ClientAddress>,
    successes: Popularity<u16>,
    errors: Popularity<u16>,
}

impl Traffic {
    fn new() -> Self {
        let mut rng = SmallRng::seed_from_u64(42);
        let mut endpoints = Vec::new();
        for resource in RESOURCES {
            for variant in VARIANTS {
                let (typical, errors) = (rng.random_range(1.1..5.4), rng.random_range(0.005..0.12));
                endpoints.push(Endpoint { name: format!("/api/v1/{resource}{variant}"), typical, errors });
            }
        }
        let hours = (0..DAYS * 24).map(|hour| {
            let day_and_night =
                1.0 + 0.75 * (f64::from((hour % 24) as i32) / 24.0 * std::f64::consts::TAU - 2.2).sin();
            (hour, if hour / 24 % 7 >= 5 { day_and_night * 0.6 } else { day_and_night })
        });
        let hours = Popularity::new(hours.collect());
        let mut addresses: Vec<ClientAddress> = Vec::new();
        for number in 0..50_000 {
            addresses.push(ClientAddress::from(match number % 33 {
                0 => IpAddr::from(Ipv6Addr::from((0x2001_0db8 << 96) | (rng.random::<u128>() >> 32))),
                _ => IpAddr::from(Ipv4Addr::from(rng.random_range(1 << 24..0xe000_0000_u32))),
            }));
        }
        Self {
            hours,
            methods: Popularity::new(METHODS.to_vec()),
            endpoints: Popularity::zipf(endpoints, 1.1),
            addresses: Popularity::zipf(addresses, 0.95),
            successes: Popularity::new(SUCCESSES.to_vec()),
            errors: Popularity::new(ERRORS.to_vec()),
            rng,
        }
    }

    fn events(mut self, count: usize) -> Vec<RequestEvent> {
        let mut instants: Vec<i64> = Vec::with_capacity(count);
        for _ in 0..count {
            let hour = *self.hours.pick(&mut self.rng);
            instants.push(FIRST_US + hour * (DAY_US / 24) + self.rng.random_range(0..DAY_US / 24));
        }
        instants.sort_unstable();
        instants.into_iter().map(|instant| self.event(instant)).collect()
    }

    fn event(&mut self, instant: i64) -> RequestEvent {
        let rng = &mut self.rng;
        let endpoint = self.endpoints.pick(rng);
        let statuses = if rng.random_bool(endpoint.errors) { &self.errors } else { &self.successes };
        let status = StatusCode::new(*statuses.pick(rng)).unwrap();
        // Box and Muller's way to a normal deviate.
        let normal = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt()
            * (std::f64::consts::TAU * rng.random::<f64>()).cos();
        let took =
            Duration::from_millis((endpoint.typical + normal * 0.6).exp().clamp(0.05, 60_000.0)).unwrap();
        let ip = (!rng.random_bool(0.01)).then(|| *self.addresses.pick(rng));
        let method = *self.methods.pick(rng);
        let at = Timestamp::from_micros(instant).unwrap();
        RequestEvent::new(at, method, endpoint.name.as_str(), ip, took, status).unwrap()
    }
}
