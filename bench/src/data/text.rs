//! Events as lines of CSV and JSON, without the formatting machinery: ten million are to take seconds.

use super::event::Event;
use super::shape::DAY_MINUTES;

/// The days of the months that the traffic touches, from the day before [`FIRST_DAY`](super::FIRST_DAY).
const MONTHS: [(u32, u32); 3] = [(4, 30), (5, 31), (6, 30)];

/// Appends the start of the minute as `2026-04-02T00:00:`.
pub(super) fn minute(minute: u32, out: &mut String) {
    let mut day = minute / DAY_MINUTES + 2;
    let mut month = 4;
    for (number, days) in MONTHS {
        month = number;
        if day <= days {
            break;
        }
        day -= days;
    }
    let time_of_day = minute % DAY_MINUTES;
    out.push_str(&format!("2026-{month:02}-{day:02}T{:02}:{:02}:", time_of_day / 60, time_of_day % 60));
}

/// Appends the event as a line of CSV, in the column order of `api-analytics load`.
pub(super) fn csv(event: &Event<'_>, out: &mut Vec<u8>) {
    time(event, out);
    out.push(b',');
    out.extend_from_slice(event.method.as_bytes());
    out.push(b',');
    out.extend_from_slice(event.endpoint.as_bytes());
    out.push(b',');
    out.extend_from_slice(event.ip.unwrap_or_default().as_bytes());
    out.push(b',');
    millis(event.process_us, out);
    out.push(b',');
    number(u32::from(event.status), 1, out);
    out.push(b'\n');
}

/// Appends the event as a body of `POST /track`.
pub(super) fn json(event: &Event<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"created_at":""#);
    time(event, out);
    out.extend_from_slice(br#"","method":""#);
    out.extend_from_slice(event.method.as_bytes());
    out.extend_from_slice(br#"","endpoint":""#);
    out.extend_from_slice(event.endpoint.as_bytes());
    match event.ip {
        Some(ip) => {
            out.extend_from_slice(br#"","ip":""#);
            out.extend_from_slice(ip.as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(br#"","ip":null"#),
    }
    out.extend_from_slice(br#","process_time":"#);
    millis(event.process_us, out);
    out.extend_from_slice(br#","status_code":"#);
    number(u32::from(event.status), 1, out);
    out.push(b'}');
}

fn time(event: &Event<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(event.minute.as_bytes());
    number(event.minute_us / 1_000_000, 2, out);
    out.push(b'.');
    number(event.minute_us % 1_000_000, 6, out);
    out.push(b'Z');
}

/// Microseconds as milliseconds with three decimals.
fn millis(micros: u32, out: &mut Vec<u8>) {
    number(micros / 1000, 1, out);
    out.push(b'.');
    number(micros % 1000, 3, out);
}

/// The number with at least so many digits.
fn number(number: u32, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let mut rest = number;
    while rest > 0 || out.len() - start < width {
        // A digit: the remainder is below ten.
        out.push(b'0' + u8::try_from(rest % 10).unwrap_or_default());
        rest /= 10;
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Event<'static> = Event {
        minute: "2026-04-02T23:59:",
        minute_us: 7_000_042,
        method: "GET",
        endpoint: "/api/v1/users/{id}",
        ip: Some("2001:db8::1"),
        process_us: 12_005,
        status: 404,
    };

    fn text(write: fn(&Event<'_>, &mut Vec<u8>), event: &Event<'_>) -> String {
        let mut out = Vec::new();
        write(event, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_an_event_as_csv_and_as_json() {
        assert_eq!(
            text(csv, &EVENT),
            "2026-04-02T23:59:07.000042Z,GET,/api/v1/users/{id},2001:db8::1,12.005,404\n"
        );
        assert_eq!(
            text(json, &EVENT),
            r#"{"created_at":"2026-04-02T23:59:07.000042Z","method":"GET","endpoint":"/api/v1/users/{id}","ip":"2001:db8::1","process_time":12.005,"status_code":404}"#
        );
    }

    #[test]
    fn an_unknown_address_is_empty_in_csv_and_null_in_json() {
        let event = Event { ip: None, process_us: 50, ..EVENT };
        assert_eq!(text(csv, &event), "2026-04-02T23:59:07.000042Z,GET,/api/v1/users/{id},,0.050,404\n");
        let body: serde_json::Value = serde_json::from_str(&text(json, &event)).unwrap();
        assert!(body["ip"].is_null());
        assert_eq!(body["process_time"], 0.05);
    }

    #[test]
    fn minutes_follow_the_calendar_through_all_days() {
        let first = chrono::DateTime::from_timestamp(super::super::FIRST_SECOND, 0).unwrap();
        for number in [0, 1439, 1440, 29 * 1440 - 1, 29 * 1440, 60 * 1440 - 1, 60 * 1440, 90 * 1440 - 1] {
            let mut text = String::new();
            minute(number, &mut text);
            let expected = first + chrono::TimeDelta::minutes(i64::from(number));
            assert_eq!(text, expected.format("%FT%H:%M:").to_string());
        }
    }
}
