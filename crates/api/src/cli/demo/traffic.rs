//! Made-up traffic of a shop's API: busy days, quiet nights and week-ends, slow reports, a bad afternoon.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{Datelike, Timelike};
use domain::{ClientAddress, Duration, Method, RequestEvent, StatusCode, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const DAYS: u32 = 90;
const CLIENTS: u32 = 4000;
/// Always the same traffic, relative to the present.
const SEED: u64 = 42;

/// Method, endpoint, share of the traffic, typical milliseconds, percentage of errors.
const ENDPOINTS: [(Method, &str, u32, f64, f64); 14] = [
    (Method::Get, "/api/products", 260, 24.0, 0.4),
    (Method::Get, "/api/products/{id}", 220, 14.0, 1.8),
    (Method::Get, "/api/search", 130, 68.0, 0.9),
    (Method::Get, "/api/cart", 90, 18.0, 0.5),
    (Method::Post, "/api/cart/items", 60, 32.0, 2.1),
    (Method::Post, "/api/auth/login", 50, 180.0, 7.5),
    (Method::Get, "/api/orders", 45, 52.0, 0.8),
    (Method::Post, "/api/orders", 28, 140.0, 3.2),
    (Method::Put, "/api/users/me", 16, 38.0, 1.5),
    (Method::Delete, "/api/cart/items/{id}", 14, 22.0, 1.1),
    (Method::Patch, "/api/orders/{id}", 10, 61.0, 2.4),
    (Method::Options, "/api/orders", 8, 1.2, 0.0),
    (Method::Get, "/api/reports/sales", 4, 940.0, 4.0),
    (Method::Get, "/health", 65, 0.8, 0.1),
];

/// So many requests of the 90 days before `now`, in the order of time.
pub(super) fn traffic(now: Timestamp, count: u32) -> impl Iterator<Item = RequestEvent> {
    let mut rng = SmallRng::seed_from_u64(SEED);
    let times = times(now, count, &mut rng);
    times.into_iter().filter_map(move |time| event(time, now, &mut rng))
}

fn times(now: Timestamp, count: u32, rng: &mut SmallRng) -> Vec<Timestamp> {
    let (start, end) = (now.minus_days(DAYS).as_micros(), now.as_micros());
    let mut times = Vec::with_capacity(count as usize);
    while times.len() < count as usize {
        let Some(time) = Timestamp::from_micros(rng.random_range(start..end)) else {
            break;
        };
        if rng.random_bool(activity(time)) {
            times.push(time);
        }
    }
    times.sort_unstable();
    times
}

/// How busy the shop is, 0–1.
fn activity(time: Timestamp) -> f64 {
    let utc = time.to_utc();
    let hour = f64::from(utc.hour()) + f64::from(utc.minute()) / 60.0;
    let daylight = 0.5 - 0.45 * ((hour - 3.0) / 24.0 * std::f64::consts::TAU).cos();
    let weekday = if utc.weekday().number_from_monday() > 5 { 0.6 } else { 1.0 };
    (daylight * weekday).clamp(0.02, 1.0)
}

fn event(time: Timestamp, now: Timestamp, rng: &mut SmallRng) -> Option<RequestEvent> {
    let total: u32 = ENDPOINTS.iter().map(|endpoint| endpoint.2).sum();
    let mut ticket = rng.random_range(0..total);
    let (method, endpoint, _, millis, errors) = *ENDPOINTS.iter().find(|endpoint| {
        let hit = ticket < endpoint.2;
        ticket = ticket.saturating_sub(endpoint.2);
        hit
    })?;
    let bad_day = now.minus_days(17).to_utc().date_naive() == time.to_utc().date_naive();
    let (slower, worse) = if bad_day && time.to_utc().hour() >= 12 { (3.5, 9.0) } else { (1.0, 0.0) };
    // The product of three factors near 1: a long tail, as response times have.
    let spread: f64 = (0..3).map(|_| rng.random_range(0.55..1.75)).product();
    let is_error = rng.random_bool(((errors + worse) / 100.0_f64).min(1.0));
    let status = if is_error { error(rng, bad_day) } else { success(method) };
    let duration = Duration::from_millis(millis * spread * slower)?;
    RequestEvent::new(time, method, endpoint, client(rng), duration, StatusCode::new(status)?)
}

fn success(method: Method) -> u16 {
    match method {
        Method::Post => 201,
        Method::Delete | Method::Options => 204,
        _ => 200,
    }
}

fn error(rng: &mut SmallRng, bad_day: bool) -> u16 {
    match rng.random_range(0..100) {
        _ if bad_day => 503,
        0..40 => 404,
        40..65 => 401,
        65..80 => 422,
        80..88 => 429,
        88..96 => 500,
        _ => 502,
    }
}

/// A few clients send most requests; one in fifty has no address. All are of documentation networks.
fn client(rng: &mut SmallRng) -> Option<ClientAddress> {
    if rng.random_bool(0.02) {
        return None;
    }
    let share: f64 = rng.random();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the number of clients"
    )]
    let client = (f64::from(CLIENTS) * share * share * share) as u32;
    let [_, _, high, low] = client.to_be_bytes();
    let address = if client % 11 == 3 {
        IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, u16::from(high), 0, 0, 0, u16::from(low)))
    } else {
        IpAddr::from(Ipv4Addr::new(198, 18 + (high >> 7), high, low))
    };
    Some(address.into())
}
