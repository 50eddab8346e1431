//! Requests that no well-behaved client sends, written to the socket byte by byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

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
