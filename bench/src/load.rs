//! The load generator: one thread, ready-made requests, several kept-alive connections with one request
//! under way on each. It shares the cores with the service, so it does as little as possible.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::http;
use crate::table::count;

/// How long answers may still come in after the time is up.
const GRACE: Duration = Duration::from_secs(30);

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// From the first request to the last answer.
    pub(crate) seconds: f64,
    /// Answers with status 200.
    pub(crate) ok: u64,
    /// Answers with another status.
    pub(crate) refused: u64,
    /// Microseconds from request to answer of all of them, sorted.
    latencies_us: Vec<u32>,
}

impl Outcome {
    /// Answers with status 200 in a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.ok) / self.seconds
    }

    /// The latency that so many per cent of the requests did not exceed, in milliseconds.
    pub(crate) fn percentile_millis(&self, percent: usize) -> f64 {
        let rank = (self.latencies_us.len() * percent).div_ceil(100).saturating_sub(1);
        f64::from(self.latencies_us.get(rank).copied().unwrap_or_default()) / 1000.0
    }
}

/// Sends the requests over that many connections, until all are answered or the time is up.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    requests: &[Vec<u8>],
    limit: Duration,
) -> anyhow::Result<Outcome> {
    let mut poll = Poll::new()?;
    let mut lanes = Vec::with_capacity(connections);
    for number in 0..connections {
        // Connected before the clock starts: the figures are those of kept-alive connections.
        let stream = std::net::TcpStream::connect(address).context("cannot connect to the service")?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(number), interest)?;
        lanes.push(Lane::new(stream));
    }

    let mut requests = requests.iter().map(Vec::as_slice);
    let mut tally = Tally::default();
    let started = Instant::now();
    for lane in &mut lanes {
        lane.begin(requests.next())?;
    }
    let mut events = Events::with_capacity(connections.max(16));
    while lanes.iter().any(Lane::is_busy) {
        let patience = (limit + GRACE).saturating_sub(started.elapsed());
        anyhow::ensure!(!patience.is_zero(), "no answer within {} s", GRACE.as_secs());
        match poll.poll(&mut events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            outcome => outcome?,
        }
        let in_time = started.elapsed() < limit;
        for event in &events {
            let Some(lane) = lanes.get_mut(event.token().0) else { continue };
            if event.is_writable() {
                lane.write()?;
            }
            if event.is_readable() && lane.read(&mut tally)? {
                lane.begin(if in_time { requests.next() } else { None })?;
            }
        }
    }
    tally.latencies_us.sort_unstable();
    Ok(Outcome {
        seconds: started.elapsed().as_secs_f64(),
        ok: tally.ok,
        refused: tally.refused,
        latencies_us: tally.latencies_us,
    })
}

#[derive(Default)]
struct Tally {
    ok: u64,
    refused: u64,
    latencies_us: Vec<u32>,
}

/// One connection and the request that is under way on it.
struct Lane<'r> {
    stream: TcpStream,
    unsent: &'r [u8],
    is_busy: bool,
    begun: Instant,
    received: Vec<u8>,
}

impl<'r> Lane<'r> {
    fn new(stream: TcpStream) -> Self {
        Self { stream, unsent: &[], is_busy: false, begun: Instant::now(), received: Vec::new() }
    }

    const fn is_busy(&self) -> bool {
        self.is_busy
    }

    fn begin(&mut self, request: Option<&'r [u8]>) -> anyhow::Result<()> {
        self.is_busy = request.is_some();
        self.unsent = request.unwrap_or_default();
        self.begun = Instant::now();
        self.write()
    }

    fn write(&mut self) -> anyhow::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(self.unsent) {
                Ok(count) => self.unsent = self.unsent.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot send"),
            }
        }
        Ok(())
    }

    /// Reads what is there; true when the answer is complete.
    fn read(&mut self, tally: &mut Tally) -> anyhow::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => anyhow::bail!("the service closed the connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context("cannot receive"),
            };
            let bytes = buffer.get(..count).unwrap_or_default();
            self.received.extend_from_slice(bytes);
            if let Some(head) = http::head(&self.received)?
                && self.received.len() >= head.end
            {
                self.received.clear();
                tally.record(head.status, self.begun.elapsed());
                return Ok(self.is_busy);
            }
            // A short read has emptied the socket: more bytes will come as a new event.
            if count < buffer.len() {
                return Ok(false);
            }
        }
    }
}

impl Tally {
    fn record(&mut self, status: u16, latency: Duration) {
        if status == 200 {
            self.ok += 1;
        } else {
            self.refused += 1;
        }
        self.latencies_us.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers every request of 4 bytes: 503 to those that start with `n`, else 200.
    fn serve(listener: &TcpListener) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut request = [0; 4];
                while stream.read_exact(&mut request).is_ok() {
                    let status = if request[0] == b'n' { "503 No" } else { "200 OK" };
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nabc");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    }

    #[test]
    fn sends_every_request_once_and_counts_the_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || serve(&listener));
        let requests: Vec<Vec<u8>> =
            (0..1000).map(|i| if i % 10 == 0 { b"no..".to_vec() } else { b"yes.".to_vec() }).collect();
        for connections in [1, 7] {
            let outcome = run(address, connections, &requests, Duration::from_secs(60)).unwrap();
            assert_eq!((outcome.ok, outcome.refused), (900, 100));
            assert_eq!(outcome.latencies_us.len(), 1000);
        }
    }

    #[test]
    fn stops_sending_when_the_time_is_up_and_keeps_what_was_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || serve(&listener));
        let requests = vec![b"yes.".to_vec(); 1000];
        let outcome = run(address, 2, &requests, Duration::ZERO).unwrap();
        assert_eq!(outcome.ok, 2, "one request on each connection was under way");
    }

    #[test]
    fn percentiles_are_latencies_that_occurred() {
        let outcome = Outcome {
            seconds: 2.0,
            ok: 100,
            refused: 0,
            latencies_us: (1..=100).map(|n| n * 1000).collect(),
        };
        assert_eq!(outcome.percentile_millis(50), 50.0);
        assert_eq!(outcome.percentile_millis(99), 99.0);
        assert_eq!(outcome.rate(), 50.0);
    }
}
