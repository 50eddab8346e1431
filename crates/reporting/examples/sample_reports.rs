//! Writes sample reports into the folder given as argument, to be looked at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Instant;

use domain::{
    ClientUsage, Dashboard, EndpointStats, Method, Moment, SeriesPoint, StatusCode, Summary, TimeRange,
    Timestamp, Zone,
};
use reporting::{ReportContext, pdf_report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: sample_reports FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    let start = instant("2025-08-01")?;
    let range = TimeRange::new(start, instant("2025-08-30T23:59:59Z")?).ok_or("bad range")?;
    let context = ReportContext { generated_at: instant("2025-08-31T09:15:00Z")?, range };
    let long = format!("/api/v1/{}", "a-very-long-segment/".repeat(10));
    let samples = [
        ("none", sample(&[], 0, false)),
        ("one", sample(&names(1), 1, false)),
        ("five", sample(&names(5), 30, false)),
        ("hundred", sample(&names(100), 366, true)),
        (
            "odd",
            sample(
                &[
                    long,
                    "x".repeat(200),
                    "/заказы/новый".to_owned(),
                    "/製品/一覧/😀".to_owned(),
                    "/καφές/ñandú".to_owned(),
                    "/files/W".to_owned() + &"W".repeat(120),
                ],
                48,
                true,
            ),
        ),
    ];
    for (name, dashboard) in samples {
        let began = Instant::now();
        let bytes = pdf_report(&dashboard, &context)?;
        println!("{name}: {} KB in {:?}", bytes.len() / 1024, began.elapsed());
        std::fs::write(folder.join(format!("{name}.pdf")), bytes)?;
    }
    Ok(())
}

fn instant(text: &str) -> Result<Timestamp, Box<dyn std::error::Error>> {
    Ok(Moment::parse(text).ok_or("bad instant")?.first(Zone::UTC))
}

fn names(count: usize) -> Vec<String> {
    let known = ["/api/v1/orders", "/api/v1/users", "/api/v1/products/search", "/api/v1/payments", "/health"];
    let name = |place: usize| match known.get(place) {
        Some(name) => (*name).to_owned(),
        None => format!("/api/v1/resources/{place}/items"),
    };
    (0..count).map(name).collect()
}

fn sample(endpoints: &[String], buckets: u32, ipv6: bool) -> Dashboard {
    let mut dashboard = Dashboard::default();
    if endpoints.is_empty() {
        return dashboard;
    }
    let mut requests = 48_213_u64;
    for (place, endpoint) in (0_u32..).zip(endpoints) {
        dashboard.endpoint_stats.push(EndpointStats {
            endpoint: endpoint.clone(),
            requests,
            avg_time: 40.0 + f64::from(place * 37 % 91) * 2.13,
            errors_count: requests * u64::from(place % 5 + 1) / 60,
            ..EndpointStats::default()
        });
        requests = requests * 5 / 7 + 90;
    }
    let total: u64 = dashboard.endpoint_stats.iter().map(|stats| stats.requests).sum();
    let failed: u64 = dashboard.endpoint_stats.iter().map(|stats| stats.errors_count).sum();
    dashboard.summary = Summary {
        total_requests: total,
        unique_ips: 1_284,
        avg_response_time: Some(86.42),
        min_response_time: Some(0.83),
        max_response_time: Some(4_213.07),
        error_rate: failed as f64 / total as f64 * 100.0,
        ..Summary::default()
    };
    for (place, method) in
        [Method::Get, Method::Post, Method::Put, Method::Delete, Method::Patch].into_iter().enumerate()
    {
        dashboard.method_usage.insert(method, total / [2, 4, 9, 13].get(place).unwrap_or(&40));
    }
    let codes = [
        (200, 70),
        (201, 12),
        (304, 6),
        (404, 5),
        (400, 3),
        (401, 2),
        (500, 1),
        (503, 1),
        (429, 1),
        (301, 1),
    ];
    for (code, percent) in codes {
        if let Some(code) = StatusCode::new(code) {
            dashboard.status_codes.insert(code, (total * percent / 100).max(1));
        }
    }
    for place in 0_u8..10 {
        let ip = if ipv6 && place % 2 == 0 {
            IpAddr::from(Ipv6Addr::new(
                0x2001,
                0xdb8,
                0xabcd,
                0x1234,
                0x5678,
                0x9abc,
                0xdef0,
                u16::from(place),
            ))
        } else {
            IpAddr::from(Ipv4Addr::new(203, 0, 113, 10 + place))
        };
        dashboard.top_ips.push(ClientUsage { ip: ip.into(), requests: total / (u64::from(place) + 8) });
    }
    let day = 86_400_000_000_i64;
    for bucket in 0..buckets {
        let at = 1_754_006_400_000_000 + i64::from(bucket) * day;
        let wave = (f64::from(bucket) * 0.9).sin() * 0.3 + 1.0;
        let spike = if bucket % 29 == 11 { 14.0 } else { 2.4 };
        let requests = 3_000 + u64::from((bucket * 7919) % 1700) + if wave > 1.0 { 1_400 } else { 0 };
        dashboard.time_series.push(SeriesPoint {
            timestamp: Timestamp::from_micros(at)
                .map_or_else(String::new, |at| at.to_string().chars().take(10).collect()),
            requests,
            avg_time: Some(86.0 * wave),
            error_rate: spike,
            ..SeriesPoint::default()
        });
    }
    dashboard
}
