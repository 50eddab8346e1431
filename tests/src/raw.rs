//! Requests that no well-behaved client sends, written to the socket byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::answer::Answer;

/// How long the service may take to hang up, which it does after some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends the bytes and gives the status and the text of the answer; status 0 when the server
/// hangs up without one.
///
/// # Panics
/// When there is no server.
#[must_use]
pub fn exchange(address: &str, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("a listening server");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let mut reader = stream.try_clone().expect("a second handle");
    let mut received = Vec::new();
    thread::scope(|scope| {
        // The server may answer and hang up before it has read all: both ends work at once.
        scope.spawn(move || {
            let _ = stream.write_all(request);
        });
        let _ = reader.read_to_end(&mut received);
        let _ = reader.shutdown(Shutdown::Both);
    });
    let text = String::from_utf8_lossy(&received).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, text)
}

/// `POST /track` with any body and `Connection: close`.
#[must_use]
pub fn track(address: &str, key: &str, body: &[u8]) -> (u16, String) {
    let head = format!(
        "POST /track HTTP/1.1\r\nHost: {address}\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

/// A connection whose client does as it likes.
#[derive(Debug)]
pub struct Connection(TcpStream);

impl Connection {
    /// Connects and sends the first bytes.
    ///
    /// # Panics
    /// When there is no server.
    #[must_use]
    pub fn open(address: &str, bytes: &[u8]) -> Self {
        let stream = TcpStream::connect(address).expect("a listening server");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        let connection = Self(stream);
        connection.send(bytes);
        connection
    }

    /// Sends some bytes; whether they arrive is another question.
    pub fn send(&self, bytes: &[u8]) {
        let _ = (&self.0).write_all(bytes);
    }

    /// Ends the connection in both directions, whoever else holds it.
    pub fn hang_up(self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }

    /// Reads one answer.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let mut received = Vec::new();
        let mut byte = [0];
        while take_answer(&received).is_none() {
            match (&self.0).read(&mut byte) {
                Ok(1) => received.push(byte[0]),
                end => panic!("{end:?} after {:?}", String::from_utf8_lossy(&received)),
            }
        }
        take_answer(&received).expect("just seen").0
    }

    /// Reads until the server hangs up, and gives what it answered.
    ///
    /// # Panics
    /// When it does not hang up.
    #[must_use]
    pub fn answers_until_closed(&self) -> Vec<Answer> {
        let mut received = Vec::new();
        match (&self.0).read_to_end(&mut received) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("not closed: {error}; {:?}", String::from_utf8_lossy(&received)),
        }
        let mut answers = Vec::new();
        let mut rest = received.as_slice();
        while let Some((answer, length)) = take_answer(rest) {
            answers.push(answer);
            rest = &rest[length..];
        }
        assert!(rest.is_empty(), "no whole answer: {:?}", String::from_utf8_lossy(rest));
        answers
    }

    /// Sends the same bytes again and again, and reads nothing, until the server hangs up.
    ///
    /// # Panics
    /// When it does not hang up.
    pub fn send_until_closed(&self, bytes: &[u8]) {
        loop {
            match (&self.0).write(bytes) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return;
                }
                Err(error) => panic!("not closed: {error}"),
            }
        }
    }
}

/// The first answer and its length; `None` if it is not whole. Interim answers are left out.
fn take_answer(bytes: &[u8]) -> Option<(Answer, usize)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).expect("a head is text");
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status");
    if status == 100 {
        return take_answer(&bytes[end..]).map(|(answer, length)| (answer, end + length));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    let length = headers.get("content-length").expect("a length").to_str().expect("digits");
    let length = end + length.parse::<usize>().expect("a number");
    let body = bytes.get(end..length)?.to_vec();
    let answer = Answer { request: "raw".to_owned(), status, headers, body };
    answer.assert_well_formed(false);
    Some((answer, length))
}
