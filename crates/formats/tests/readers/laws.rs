//! Laws that hold for every text.

use std::io::{self, Read};

use domain::{ClientAddress, Duration, Extras, Method, RequestEvent, StatusCode, Timestamp, limits};
use formats::{FormatError, Item, Place, csv, json, ndjson};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json as value};

use crate::support::verdict;

/// Text that is kept as it is.
fn name(chars: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 1..chars.min(40))
        .prop_map(|chars| chars.into_iter().filter(|c| !c.is_control()).collect::<String>().trim().to_owned())
        .prop_filter("nothing is left", |text| !text.is_empty())
}

fn extras() -> impl Strategy<Value = Extras> {
    let size = || option::of(0..=i64::MAX.unsigned_abs());
    let names = (
        option::of(name(limits::ROUTE_CHARS)),
        option::of(name(limits::USER_AGENT_CHARS)),
        option::of(name(limits::HOSTNAME_CHARS)),
        option::of(name(limits::CONSUMER_CHARS)),
    );
    (names, size(), size()).prop_map(
        |((route, user_agent, hostname, consumer), request_bytes, response_bytes)| Extras {
            route,
            user_agent,
            hostname,
            consumer,
            request_bytes,
            response_bytes,
        },
    )
}

/// Any event without optional fields.
fn plain_event() -> impl Strategy<Value = RequestEvent> {
    (
        Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros(),
        proptest::sample::select(Method::ALL.to_vec()),
        name(limits::ENDPOINT_CHARS),
        option::of(any::<[u8; 16]>()),
        0..=limits::PROCESS_TIME_US,
        100_u16..=599,
    )
        .prop_map(|(at, method, endpoint, ip, took, status)| {
            RequestEvent::new(
                Timestamp::from_micros(at).unwrap(),
                method,
                endpoint,
                ip.map(ClientAddress::from_bytes),
                Duration::from_micros(took).unwrap(),
                StatusCode::new(status).unwrap(),
            )
            .unwrap()
        })
}

fn event() -> impl Strategy<Value = RequestEvent> {
    (plain_event(), extras()).prop_map(|(event, extras)| event.with_extras(extras))
}

/// The wire form.
fn written(event: &RequestEvent) -> Value {
    let extras = event.extras().cloned().unwrap_or_default();
    value!({
        "created_at": event.created_at(),
        "method": event.method(),
        "endpoint": event.endpoint(),
        "ip": event.ip(),
        "process_time": event.process_time().to_millis(),
        "status_code": event.status_code().get(),
        "route": extras.route,
        "user_agent": extras.user_agent,
        "hostname": extras.hostname,
        "consumer": extras.consumer,
        "request_bytes": extras.request_bytes,
        "response_bytes": extras.response_bytes,
    })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A row of CSV.
fn row(event: &RequestEvent) -> String {
    let ip = event.ip().map(|ip| ip.to_string()).unwrap_or_default();
    let (endpoint, took) = (quoted(event.endpoint()), event.process_time().to_millis());
    let status = event.status_code().get();
    format!("{},{},{endpoint},{ip},{took},{status}", event.created_at(), event.method())
}

fn array_of(texts: &[String]) -> String {
    format!("[{}]", texts.join(" , "))
}

fn array(text: &[u8]) -> Result<Vec<String>, FormatError> {
    let mut verdicts = Vec::new();
    json::array(text, |item| {
        assert_eq!(item.place, Place::Element(verdicts.len() as u64));
        verdicts.push(verdict(item));
        Ok::<_, FormatError>(())
    })?;
    Ok(verdicts)
}

fn rows(source: impl Read) -> Result<Vec<(Place, String)>, FormatError> {
    let mut reader = csv::Reader::new(source)?;
    let mut verdicts = Vec::new();
    while let Some(item) = reader.next_item()? {
        verdicts.push((item.place, verdict(item)));
    }
    Ok(verdicts)
}

/// A source that gives its bytes in pieces of this length.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

/// What one may find on a line: an event, a part of one, or anything else.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => event().prop_map(|event| written(&event).to_string()),
        1 => (event(), any::<proptest::sample::Index>()).prop_map(|(event, cut)| {
            let mut text = written(&event).to_string();
            let cut = cut.index(text.len());
            text.truncate((cut..).find(|end| text.is_char_boundary(*end)).unwrap());
            text
        }),
        1 => "[^\n]{0,20}",
        1 => "[\\[\\]{}:,\"\\\\ue0-9.]{0,20}",
    ]
}

/// Bytes that look like one of the forms, and are spoilt here and there.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let header = csv::HEADER.join(",");
    let text = prop_oneof![
        event().prop_map(|event| written(&event).to_string()),
        proptest::collection::vec(event(), 0..3)
            .prop_map(|events| Value::from_iter(events.iter().map(written)).to_string()),
        proptest::collection::vec(plain_event(), 0..3).prop_map(move |events| format!(
            "{header}\n{}",
            events.iter().map(row).collect::<Vec<_>>().join("\n")
        )),
    ];
    let spots = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4);
    (text, spots).prop_map(|(text, spots)| {
        let mut bytes = text.into_bytes();
        for (spot, byte) in spots {
            let spot = spot.index(bytes.len());
            bytes[spot] = byte;
        }
        bytes
    })
}

fn reads_without_panic(bytes: &[u8]) {
    verdict(Item { place: Place::Element(0), draft: json::draft(bytes) });
    let _ = array(bytes);
    ndjson::lines(bytes).for_each(|item| drop(verdict(item)));
    let _ = rows(bytes);
    let with_header = [csv::HEADER.join(",").as_bytes(), b"\n", bytes].concat();
    assert!(rows(with_header.as_slice()).is_ok());
}

proptest! {
    #[test]
    fn what_is_written_as_json_reads_back_the_same(event in event()) {
        let value = written(&event);
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let read = RequestEvent::try_from(json::draft(text.as_bytes()).unwrap());
            prop_assert_eq!(read.as_ref(), Ok(&event));
        }
    }

    #[test]
    fn arrays_and_lines_read_back_the_same(events in proptest::collection::vec(event(), 0..5)) {
        let texts: Vec<_> = events.iter().map(|event| written(event).to_string()).collect();
        let lines = texts.join("\n");
        let read: Result<Vec<_>, _> = ndjson::lines(lines.as_bytes()).map(Item::event).collect();
        prop_assert_eq!(&read.unwrap(), &events);
        let mut read = Vec::new();
        json::array(array_of(&texts).as_bytes(), |item| {
            read.push(item.event()?);
            Ok::<_, FormatError>(())
        }).unwrap();
        prop_assert_eq!(read, events);
    }

    #[test]
    fn what_is_written_as_csv_reads_back_the_same(
        events in proptest::collection::vec(plain_event(), 0..5),
        end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
        is_closed: bool,
    ) {
        let header = csv::HEADER.join(",");
        let mut text = [header].into_iter().chain(events.iter().map(row)).collect::<Vec<_>>().join(end);
        if is_closed {
            text.push_str(end);
        }
        let mut reader = csv::Reader::new(text.as_bytes()).unwrap();
        for event in events {
            prop_assert_eq!(reader.next_item().unwrap().unwrap().event().unwrap(), event);
        }
        prop_assert!(reader.next_item().unwrap().is_none());
    }

    #[test]
    fn so_many_lines_give_so_many_verdicts_in_order(lines in proptest::collection::vec(line(), 0..10)) {
        let text = lines.join("\n");
        let expected: Vec<_> = (1..)
            .zip(&lines)
            .filter(|(_, line)| !line.as_bytes().trim_ascii().is_empty())
            .map(|(number, line)| {
                let place = Place::Line(number);
                (place, verdict(Item { place, draft: json::draft(line.as_bytes().trim_ascii()) }))
            })
            .collect();
        let read: Vec<_> = ndjson::lines(text.as_bytes()).map(|item| (item.place, verdict(item))).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn an_element_has_the_verdict_that_it_has_alone(events in proptest::collection::vec(event(), 0..4), odd in "[0-9]{1,3}") {
        let mut texts: Vec<_> = events.iter().map(|event| written(event).to_string()).collect();
        texts.insert(texts.len() / 2, value!({"endpoint": odd, "x": [[odd]]}).to_string());
        let alone: Vec<_> = texts
            .iter()
            .map(|text| verdict(Item { place: Place::Element(0), draft: json::draft(text.as_bytes()) }))
            .collect();
        prop_assert_eq!(array(array_of(&texts).as_bytes()).unwrap(), alone);
    }

    #[test]
    fn pieces_of_any_length_read_the_same(bytes in spoilt(), length in 1_usize..20) {
        let whole = rows(bytes.as_slice()).map_err(|error| error.to_string());
        let pieces = rows(Pieces(&bytes, length)).map_err(|error| error.to_string());
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        reads_without_panic(&bytes);
    }

    #[test]
    fn no_spoilt_text_panics(bytes in spoilt()) {
        reads_without_panic(&bytes);
    }
}
