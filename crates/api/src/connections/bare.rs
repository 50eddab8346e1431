//! The answers that the HTTP library gives by itself, when what came is no request: known by their form, and said
//! again as problems with a request id.

use std::time::{Duration, SystemTime};

use actix_web::ResponseError;
use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};

use crate::clock::Clock;
use crate::problem::Problem;
use crate::{headers, telemetry};

/// A date as the library writes it, with its name and the end of the head.
const DATE_LINE: usize = "date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n".len();
/// What may stand before the date in an answer that has no other headers. Ours always have some.
const BEFORE_DATE: [&[u8]; 4] = [
    b"\r\ncontent-length: 0\r\n",
    b"\r\ncontent-length: 0\r\nconnection: close\r\n",
    b"\r\ncontent-length: 0\r\nconnection: keep-alive\r\n",
    b"\r\ncontent-length: 0\r\nconnection: upgrade\r\n",
];
const STATUS_LINES: [(&[u8], StatusCode); 3] = [
    (b" 400 Bad Request", StatusCode::BAD_REQUEST),
    (b" 431 Request Header Fields Too Large", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
    (b" 500 Internal Server Error", StatusCode::INTERNAL_SERVER_ERROR),
];
const VERSION: usize = "HTTP/1.1".len();

/// An answer of the library at the end of what is about to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BareAnswer {
    /// Where it begins.
    pub(super) start: usize,
    status: StatusCode,
}

impl BareAnswer {
    /// Looks at a few bytes at the end only: this is asked for every write.
    pub(super) fn at_end_of(bytes: &[u8]) -> Option<Self> {
        let (before_date, date) = bytes.split_at_checked(bytes.len().checked_sub(DATE_LINE)?)?;
        if !(date.starts_with(b"date: ") && date.ends_with(b"\r\n\r\n")) {
            return None;
        }
        let status_line = BEFORE_DATE.iter().find_map(|headers| before_date.strip_suffix(*headers))?;
        let (line, status) = STATUS_LINES.iter().find(|(line, _)| status_line.ends_with(line))?;
        let start = status_line.len().checked_sub(line.len() + VERSION)?;
        bytes.get(start..)?.starts_with(b"HTTP/1.").then_some(Self { start, status: *status })
    }

    /// What it complains about.
    pub(super) fn problem(&self) -> Problem {
        match self.status {
            StatusCode::BAD_REQUEST => Problem::NoRequest,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Problem::HeadTooLarge,
            _ => Problem::Internal,
        }
    }
}

/// A problem as it goes over the wire, with the headers of every other answer; and the id of the request.
pub(super) fn encode(problem: &Problem, clock: &Clock) -> (Vec<u8>, HeaderValue) {
    let id = telemetry::new_request_id();
    let mut response = problem.error_response();
    let head = response.headers_mut();
    head.insert(telemetry::REQUEST_ID, id.clone());
    headers::harden(head);
    head.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let since_1970 = Duration::from_micros(u64::try_from(clock.now().as_micros()).unwrap_or_default());
    let date = header::HttpDate::from(SystemTime::UNIX_EPOCH + since_1970).to_string();
    let status = response.status();
    let mut bytes =
        format!("HTTP/1.1 {} {}\r\n", status.as_u16(), status.canonical_reason().unwrap_or_default())
            .into_bytes();
    for (name, value) in response.headers() {
        push_line(&mut bytes, name.as_str().as_bytes(), value.as_bytes());
    }
    push_line(&mut bytes, b"date", date.as_bytes());
    let body = response.into_body().try_into_bytes().unwrap_or_default();
    push_line(&mut bytes, b"content-length", body.len().to_string().as_bytes());
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    (bytes, id)
}

fn push_line(bytes: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
        date: Sun, 01 Jun 2025 12:00:00 GMT\r\n\r\n";
    const OURS: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 1\r\n\
        date: Sun, 01 Jun 2025 12:00:00 GMT\r\n\r\n";

    #[test]
    fn finds_a_bare_answer_at_the_end_only() {
        let found = |bytes: &[u8]| BareAnswer::at_end_of(bytes).map(|found| (found.start, found.status));
        assert_eq!(found(BARE), Some((0, StatusCode::BAD_REQUEST)));
        assert_eq!(found(&[OURS, BARE].concat()), Some((OURS.len(), StatusCode::BAD_REQUEST)));
        assert_eq!(found(&[BARE, OURS].concat()), None);
        assert_eq!(found(&BARE[1..]), None);
        assert_eq!(found(&BARE[..BARE.len() - 1]), None);
        assert_eq!(found(b""), None);
        let text = String::from_utf8(BARE.to_vec()).unwrap();
        let kept_alive = text.replace("connection: close\r\n", "");
        assert_eq!(found(kept_alive.as_bytes()), Some((0, StatusCode::BAD_REQUEST)));
        let other = text.replace("400 Bad Request", "431 Request Header Fields Too Large");
        assert_eq!(found(other.as_bytes()), Some((0, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)));
        assert_eq!(found(text.replace("400 Bad Request", "200 OK").as_bytes()), None);
    }

    #[test]
    fn says_a_problem_as_every_other_answer_does() {
        let (bytes, id) = encode(&Problem::NoRequest, &ManualClock::new().clock());
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
        for line in [
            "content-type: application/problem+json".to_owned(),
            "connection: close".to_owned(),
            "cache-control: no-store".to_owned(),
            "date: Sun, 01 Jun 2025 12:00:00 GMT".to_owned(),
            format!("content-length: {}", body.len()),
            format!("x-request-id: {}", id.to_str().unwrap()),
        ] {
            assert_eq!(head.split("\r\n").filter(|known| **known == line).count(), 1, "{line} in {head}");
        }
        assert!(body.contains("\"status\":400"), "{body}");
    }
}
