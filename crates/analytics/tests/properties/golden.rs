//! Segments that stay: files of the first and of every later version must open for ever, and the events in them
//! must still give the bytes of the current version.
//!
//! `golden/plain.json` describes the rows of `golden/v1-plain.segment`, and so on. With `UPDATE_GOLDEN=1`, files
//! of the current version that are missing are written; one that is there is never replaced.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use analytics::{Segment, SegmentBuilder};
use domain::{Duration, Extras, Method, Moment, RequestEvent, StatusCode, StoredEvent, Zone};
use serde_json::{Map, Value};

/// Plain events; every field, at the ends of what it can hold; none.
pub(crate) const NAMES: [&str; 3] = ["plain", "all-fields", "empty"];

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The rows that a description lists, in the order of a segment.
pub(crate) fn described(name: &str) -> Vec<StoredEvent> {
    let text = fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
    let rows: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
    rows.into_iter().map(row).collect()
}

fn row(mut fields: Map<String, Value>) -> StoredEvent {
    let id = fields.remove("id").unwrap().as_i64().unwrap();
    let mut number = |name| fields.remove(name).map(|value| value.as_u64().unwrap());
    let process_time = Duration::from_micros(number("duration_us").unwrap()).unwrap();
    let status = StatusCode::new(number("status").unwrap().try_into().unwrap()).unwrap();
    let (request_bytes, response_bytes) = (number("request_bytes"), number("response_bytes"));
    let mut text = |name| fields.remove(name).map(|value| value.as_str().unwrap().to_owned());
    let created_at = Moment::parse(&text("created_at").unwrap()).unwrap().first(Zone::UTC);
    let method = text("method").unwrap();
    let method = Method::ALL.into_iter().find(|known| known.as_str() == method).unwrap();
    let (endpoint, ip) = (text("endpoint").unwrap(), text("ip").map(|ip| ip.parse().unwrap()));
    let extras = Extras {
        route: text("route"),
        user_agent: text("user_agent"),
        hostname: text("hostname"),
        consumer: text("consumer"),
        request_bytes,
        response_bytes,
    };
    assert!(fields.is_empty(), "no event has the fields {fields:?}");
    let event = RequestEvent::new(created_at, method, endpoint, ip, process_time, status).unwrap();
    StoredEvent { id, event: event.with_extras(extras) }
}

/// The segment of the events as they once arrived: by id.
fn built(mut events: Vec<StoredEvent>) -> Segment {
    events.sort_by_key(|stored| stored.id);
    let mut builder = SegmentBuilder::default();
    events.iter().for_each(|stored| builder.push(stored.id, &stored.event));
    builder.build()
}

#[test]
fn files_of_every_version_still_hold_their_events() {
    let mut versions = BTreeSet::new();
    for file in fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "segment") {
            continue;
        }
        let (version, name) = path.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap();
        let segment = Segment::open(fs::read(&path).unwrap()).unwrap();
        let events = described(name);
        assert_eq!(segment.len(), events.len(), "events of {version}-{name}");
        for (row, expected) in events.iter().enumerate() {
            assert_eq!(segment.event(row).as_ref(), Ok(expected), "row {row} of {version}-{name}");
        }
        let ids = || events.iter().map(|stored| stored.id);
        let times = || events.iter().map(|stored| stored.event.created_at().as_micros());
        let bounds = segment.bounds();
        let ends = [bounds.first_id, bounds.last_id, bounds.first_time, bounds.last_time];
        let expected = [ids().min(), ids().max(), times().min(), times().max()];
        assert_eq!(ends, expected.map(Option::unwrap_or_default), "bounds of {version}-{name}");
        versions.insert(version.strip_prefix('v').unwrap().parse::<u16>().unwrap());
    }
    assert_eq!(versions, (1..=Segment::VERSION).collect(), "versions that have files");
}

#[test]
fn the_same_events_give_the_bytes_of_the_files() {
    for name in NAMES {
        let path = folder().join(format!("v{}-{name}.segment", Segment::VERSION));
        let segment = built(described(name));
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            fs::write(&path, segment.bytes()).unwrap();
        }
        let kept = fs::read(&path).expect("UPDATE_GOLDEN=1 writes files of a new version");
        assert!(
            segment.bytes() == kept,
            "the events of {name}.json no longer give the bytes of {}: the form of segments has changed. Bump \
             the version of segments, keep this file, let `Segment::open` read both versions, and write files of \
             the new one with UPDATE_GOLDEN=1",
            path.display(),
        );
    }
}
