//! Writes sample reports into the folder given as argument, to be looked at, and says how long each takes.
//!
//! A second argument names the only sample wanted; a third, how often it is made.
#![allow(clippy::disallowed_methods, reason = "says how long each report takes")]

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Instant;

use domain::{
    ClientUsage, Dashboard, EndpointStats, Method, Moment, SeriesPoint, StatusCode, Summary, TimeRange,
    Timestamp,
};
use reporting::{ReportContext, pdf_report};

const DAY: i64 = 86_400;
const SHARES: [(Method, u64); 6] = [
    (Method::Get, 560),
    (Method::Post, 270),
    (Method::Put, 90),
    (Method::Delete, 55),
    (Method::Patch, 22),
    (Method::Options, 3),
];
const CODES: [(u16, u64); 11] = [
    (200, 704),
    (201, 151),
    (204, 42),
    (304, 48),
    (404, 25),
    (400, 12),
    (401, 7),
    (500, 6),
    (503, 2),
    (429, 2),
    (301, 1),
];

/// What a sample is made of.
struct Sample {
    endpoints: Vec<String>,
    clients: u16,
    buckets: u32,
    seconds_per_bucket: i64,
    requests: u64,
    time: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("usage: sample_reports FOLDER [SAMPLE [ROUNDS]]")?);
    let only = args.next();
    let rounds: u32 = args.next().map_or(Ok(10), |rounds| rounds.parse())?;
    std::fs::create_dir_all(&folder)?;
    let range =
        TimeRange::new(instant("2025-08-01")?, instant("2025-08-30T23:59:59Z")?).ok_or("bad range")?;
    let context = ReportContext {
        generated_at: instant("2025-08-31T09:15:00Z")?,
        range,
        zone: domain::Zone::UTC,
        filters: Vec::new(),
    };
    let usual = Sample {
        endpoints: names(5),
        clients: 5,
        buckets: 30,
        seconds_per_bucket: DAY,
        requests: 48_213,
        time: 86.0,
    };
    let odd = [
        "/api/v1/".to_owned() + &"a-very-long-segment/".repeat(10),
        "x".repeat(200),
        "/заказы/новый".to_owned(),
        "/製品/一覧/😀".to_owned(),
        "/καφές/ñandú".to_owned(),
        "/files/W".to_owned() + &"W".repeat(120),
    ];
    let samples = [
        ("none", Sample { endpoints: Vec::new(), ..usual }),
        ("one", Sample { endpoints: names(1), clients: 1, buckets: 1, requests: 1, time: 0.0, ..usual }),
        ("five", Sample { endpoints: names(5), ..usual }),
        ("ten", Sample { endpoints: names(10), clients: 10, buckets: 50, ..usual }),
        ("minutes", Sample { endpoints: names(5), buckets: 50, seconds_per_bucket: 60, ..usual }),
        ("hundred", Sample { endpoints: names(100), clients: 100, buckets: 366, ..usual }),
        ("odd", Sample { endpoints: odd.into(), clients: 10, buckets: 3, time: 0.03, ..usual }),
        (
            "huge",
            Sample { endpoints: names(8), requests: 1_000_000_000_000, time: 45_000.0, buckets: 12, ..usual },
        ),
    ];
    for (name, sample) in samples {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let dashboard = sample.dashboard();
        let bytes = pdf_report(&dashboard, &context)?;
        let began = Instant::now();
        for _ in 0..rounds {
            pdf_report(&dashboard, &context)?;
        }
        println!("{name:8} {:5} KB {:7.1?}", bytes.len() / 1_000, began.elapsed() / rounds.max(1));
        std::fs::write(folder.join(format!("{name}.pdf")), bytes)?;
    }
    Ok(())
}

impl Sample {
    fn dashboard(&self) -> Dashboard {
        let endpoint_stats = self.endpoint_stats();
        let total: u64 = endpoint_stats.iter().map(|stats| stats.requests).sum();
        let failed: u64 = endpoint_stats.iter().map(|stats| stats.errors_count).sum();
        if total == 0 {
            return Dashboard {
                summary: Summary::default(),
                method_usage: [].into(),
                endpoint_stats,
                status_codes: [].into(),
                top_ips: Vec::new(),
                time_series: Vec::new(),
                ..Dashboard::default()
            };
        }
        let part = |share: u64| total.saturating_mul(share) / 1_000;
        let methods = SHARES.into_iter().map(|(method, share)| (method, part(share)));
        let codes = CODES.into_iter().filter_map(|(code, share)| Some((StatusCode::new(code)?, part(share))));
        let mut dashboard = Dashboard {
            summary: Summary {
                total_requests: total,
                unique_ips: u64::from(self.clients) * 117,
                avg_response_time: Some(self.time),
                min_response_time: Some(self.time / 97.0),
                max_response_time: Some(self.time * 61.3),
                error_rate: failed as f64 / total as f64 * 100.0,
                ..Summary::default()
            },
            method_usage: methods.filter(|(_, requests)| *requests > 0).collect(),
            endpoint_stats,
            status_codes: codes.filter(|(_, requests)| *requests > 0).collect(),
            top_ips: self.top_ips(total),
            time_series: self.time_series(total),
            ..Dashboard::default()
        };
        // So few requests that all shares are rounded to nothing.
        if dashboard.method_usage.is_empty() {
            dashboard.method_usage.insert(Method::Get, total);
            dashboard.status_codes.extend(StatusCode::new(200).map(|code| (code, total)));
        }
        dashboard
    }

    fn endpoint_stats(&self) -> Vec<EndpointStats> {
        let mut requests = self.requests;
        let mut list = Vec::new();
        for (place, endpoint) in (0_u32..).zip(&self.endpoints) {
            list.push(EndpointStats {
                endpoint: endpoint.clone(),
                requests,
                avg_time: self.time * (0.4 + f64::from(place * 37 % 91) / 50.0),
                errors_count: requests / 60 * u64::from(place % 5 + 1),
                ..EndpointStats::default()
            });
            requests = requests * 5 / 7 + 1;
        }
        list
    }

    fn top_ips(&self, total: u64) -> Vec<ClientUsage> {
        let address = |place: u16| match place % 3 {
            1 => IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0xabcd, 0x1234, 0x5678, 0x9abc, 0xdef0, place)),
            _ => IpAddr::from(Ipv4Addr::from(0xcb00_710a + u32::from(place))),
        };
        let usage =
            |place| ClientUsage { ip: address(place).into(), requests: total / (u64::from(place) + 8) };
        (0..self.clients)
            .map(usage)
            .map(|client| ClientUsage { requests: client.requests.max(1), ..client })
            .collect()
    }

    fn time_series(&self, total: u64) -> Vec<SeriesPoint> {
        let label = |bucket: u32| {
            let seconds = 1_754_006_400 + i64::from(bucket) * self.seconds_per_bucket;
            let text =
                Timestamp::from_micros(seconds * 1_000_000).map_or_else(String::new, |at| at.to_string());
            let length = if self.seconds_per_bucket < DAY { 16 } else { 10 };
            text.replace('T', " ").chars().take(length).collect::<String>()
        };
        let point = |bucket: u32| SeriesPoint {
            timestamp: label(bucket),
            requests: (total / u64::from(self.buckets)).max(1) * u64::from(60 + bucket * 7919 % 61) / 60,
            avg_time: Some(self.time * (1.0 + (f64::from(bucket) * 0.9).sin() * 0.3)),
            error_rate: if bucket % 29 == 11 { 14.0 } else { 2.4 },
            ..SeriesPoint::default()
        };
        (0..self.buckets).map(point).collect()
    }
}

fn instant(text: &str) -> Result<Timestamp, Box<dyn Error>> {
    Ok(Moment::parse(text).ok_or("bad instant")?.first(domain::Zone::UTC))
}

fn names(count: usize) -> Vec<String> {
    let known = ["/api/v1/orders", "/api/v1/users", "/api/v1/products/search", "/api/v1/payments", "/health"];
    let name = |place: usize| match known.get(place) {
        Some(name) => (*name).to_owned(),
        None => format!("/api/v1/resources/{place}/items"),
    };
    (0..count).map(name).collect()
}
