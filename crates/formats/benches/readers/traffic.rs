//! Texts of events, the same in each run.

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Events of each text: as many as a batch may have.
pub(crate) const EVENTS: usize = 10_000;

/// Which fields events have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// The six of the contract.
    Plain,
    /// Every field.
    Full,
}

struct Event {
    created_at: String,
    method: &'static str,
    endpoint: String,
    ip: String,
    process_time: f64,
    status_code: u16,
}

fn events() -> impl Iterator<Item = Event> {
    let mut rng = SmallRng::seed_from_u64(1);
    (0..EVENTS).map(move |_| Event {
        created_at: format!(
            "2025-08-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            rng.random_range(1..=31),
            rng.random_range(0..24),
            rng.random_range(0..60),
            rng.random_range(0..60),
            rng.random_range(0..1_000_000)
        ),
        method: ["GET", "GET", "GET", "POST", "PUT", "DELETE"].choose(&mut rng).unwrap(),
        endpoint: format!("/api/v1/things/{}/details", rng.random_range(0..500)),
        ip: format!("203.0.{}.{}", rng.random_range(0..256), rng.random_range(0..256)),
        process_time: f64::from(rng.random_range(0..1_000_000_u32)) / 1000.0,
        status_code: *[200, 200, 200, 201, 304, 404, 500].choose(&mut rng).unwrap(),
    })
}

/// The JSON of each event.
pub(crate) fn lines(kind: Kind) -> Vec<String> {
    let extras = match kind {
        Kind::Plain => "",
        Kind::Full => {
            r#","route":"/api/v1/things/{id}/details","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0","hostname":"api.example.org","consumer":"customer-4711","request_bytes":512,"response_bytes":20480"#
        }
    };
    events()
        .map(|event| {
            let Event { created_at, method, endpoint, ip, process_time, status_code } = event;
            format!(
                r#"{{"created_at":"{created_at}","method":"{method}","endpoint":"{endpoint}","ip":"{ip}","process_time":{process_time},"status_code":{status_code}{extras}}}"#
            )
        })
        .collect()
}

/// A CSV file of all events.
pub(crate) fn csv() -> String {
    let mut text = "created_at,method,endpoint,ip,process_time,status_code\n".to_owned();
    for event in events() {
        let Event { created_at, method, endpoint, ip, process_time, status_code } = event;
        text.push_str(&format!("{created_at},{method},{endpoint},{ip},{process_time},{status_code}\n"));
    }
    text
}
