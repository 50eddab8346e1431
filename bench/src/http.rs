//! Requests as bytes, answers read from them, and a blocking connection for one request at a time. Not
//! for load: see `load`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Context;

/// Longer than any question may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// What the head of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Where the body starts.
    pub(crate) body_start: usize,
    /// Where the answer ends.
    pub(crate) end: usize,
    /// Whether nothing follows on this connection.
    pub(crate) closes: bool,
}

/// Reads the head of an answer; `None` while it is incomplete.
pub(crate) fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body_start) = response.parse(bytes)? else {
        return Ok(None);
    };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.context("an answer without Content-Length")?.value;
    let length: usize = std::str::from_utf8(length)?.parse()?;
    let status = response.code.context("an answer without status")?;
    let closes = response.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("connection") && header.value.eq_ignore_ascii_case(b"close")
    });
    Ok(Some(Head { status, body_start, end: body_start + length, closes }))
}

/// A `GET` request with its headers, each ending in CR LF.
pub(crate) fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A `POST` request with its headers, each ending in CR LF.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// One answer.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// From the first byte sent to the last one received, in milliseconds.
    pub(crate) millis: f64,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Refuses other statuses than 200.
    pub(crate) fn ok(self) -> anyhow::Result<Self> {
        anyhow::ensure!(
            self.status == 200,
            "answer {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        Ok(self)
    }
}

/// A kept-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects to the service.
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("cannot connect to the service")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream })
    }

    /// Sends the request and waits for the whole answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        let started = Instant::now();
        self.stream.write_all(request)?;
        let mut received = Vec::new();
        let mut buffer = [0; 64 * 1024];
        loop {
            let count = self.stream.read(&mut buffer).context("no answer")?;
            anyhow::ensure!(count > 0, "the service closed the connection");
            received.extend_from_slice(buffer.get(..count).unwrap_or_default());
            let Some(head) = head(&received)? else { continue };
            if received.len() >= head.end {
                let millis = started.elapsed().as_secs_f64() * 1000.0;
                return Ok(Answer { status: head.status, body: received.split_off(head.body_start), millis });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx: y\r\n\r\nhello";

    #[test]
    fn finds_status_and_end_of_an_answer() {
        let head = head(ANSWER).unwrap().unwrap();
        assert_eq!(head, Head { status: 200, body_start: 44, end: ANSWER.len(), closes: false });
    }

    #[test]
    fn sees_that_the_connection_ends_with_an_answer() {
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nConnection: close\r\n\r\n";
        assert!(head(answer).unwrap().unwrap().closes);
    }

    #[test]
    fn waits_for_the_rest_of_a_head() {
        for end in 0..44 {
            assert_eq!(head(&ANSWER[..end]).unwrap(), None, "{end} bytes");
        }
    }

    #[test]
    fn refuses_an_answer_whose_end_cannot_be_known() {
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn requests_carry_the_length_of_their_body() {
        let request = post("/track", "A: b\r\n", b"{}");
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST /track HTTP/1.1\r\nHost: localhost\r\nA: b\r\nContent-Length: 2\r\n\r\n{}"
        );
    }
}
