//! The load generator: one thread, ready-made requests, several kept-alive connections with one request
//! under way on each. It shares the cores with the service, so it does as little as possible. Not for
//! requests that come at a given rate: see `open`.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::lane::Lane;
use crate::table::count;
use crate::times::{SortedTimes, Times};

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
    /// From request to answer, of all of them.
    pub(crate) latencies: SortedTimes,
}

impl Outcome {
    /// Answers with status 200 in a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.ok) / self.seconds
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
        let mut lane = Lane::open(address)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(lane.stream(), Token(number), interest)?;
        lanes.push(lane);
    }

    let mut requests = requests.iter().map(Vec::as_slice);
    let mut tally = Tally::default();
    let started = Instant::now();
    for (lane, request) in lanes.iter_mut().zip(&mut requests) {
        lane.begin(request, Instant::now())?;
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
            if event.is_readable()
                && let Some(answered) = lane.read()?
            {
                tally.record(answered.status, answered.since.elapsed());
                if in_time && let Some(request) = requests.next() {
                    lane.begin(request, Instant::now())?;
                }
            }
        }
    }
    Ok(Outcome {
        seconds: started.elapsed().as_secs_f64(),
        ok: tally.ok,
        refused: tally.refused,
        latencies: tally.latencies.sorted(),
    })
}

#[derive(Default)]
struct Tally {
    ok: u64,
    refused: u64,
    latencies: Times,
}

impl Tally {
    fn record(&mut self, status: u16, latency: Duration) {
        if status == 200 {
            self.ok += 1;
        } else {
            self.refused += 1;
        }
        self.latencies.record(latency);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
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
            assert_eq!(outcome.latencies.count(), 1000);
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
}
