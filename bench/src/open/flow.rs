//! One offer of requests: which are due, which are under way, and what came of them. Not for waiting.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use mio::net::TcpStream;

use super::schedule::Schedule;
use crate::lane::Lane;
use crate::statuses::Statuses;
use crate::table::count;
use crate::times::{SortedTimes, Times};

/// Requests to send at a constant rate.
pub(crate) struct Offer<'r> {
    /// How many in a second.
    pub(crate) per_second: u32,
    /// Over how many connections, one request at a time on each; they are kept alive if the service does.
    /// Where all are taken, requests wait for one, and their latency counts from when they were due.
    pub(crate) connections: usize,
    /// The requests, one after the other, and again from the first one.
    pub(crate) requests: &'r [Vec<u8>],
}

/// What came of an offer.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// From the start to the last answer.
    pub(crate) seconds: f64,
    /// The answers.
    pub(crate) statuses: Statuses,
    /// From when a request was due to its answer.
    pub(crate) latencies: SortedTimes,
    /// From when a request was due to when the generator turned to it: its own lateness, without the wait
    /// for a free connection.
    pub(crate) lateness: SortedTimes,
}

impl Outcome {
    /// Answers in a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.statuses.total()) / self.seconds
    }
}

/// An offer under way. Recording allocates nothing.
pub(super) struct Flow<'r> {
    address: SocketAddr,
    schedule: Schedule,
    requests: std::iter::Cycle<std::slice::Iter<'r, Vec<u8>>>,
    lanes: Vec<Lane<'r>>,
    /// The lanes without a request. The one that has been free for longest is next, so that all are used.
    free: VecDeque<usize>,
    /// How many requests have become due.
    due: u64,
    /// How many of them were begun.
    begun: u64,
    last_answer: Duration,
    statuses: Statuses,
    latencies: Times,
    lateness: Times,
}

impl<'r> Flow<'r> {
    /// Connects to the service.
    pub(super) fn open(address: SocketAddr, duration: Duration, offer: &Offer<'r>) -> anyhow::Result<Self> {
        let schedule = Schedule::new(offer.per_second, duration);
        let total = usize::try_from(schedule.total())?;
        let lanes = (0..offer.connections).map(|_| Lane::open(address)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            address,
            schedule,
            requests: offer.requests.iter().cycle(),
            free: (0..lanes.len()).collect(),
            lanes,
            due: 0,
            begun: 0,
            last_answer: Duration::ZERO,
            statuses: Statuses::default(),
            latencies: Times::with_capacity(total),
            lateness: Times::with_capacity(total),
        })
    }

    /// Its connections, to wait for.
    pub(super) fn streams(&mut self) -> impl Iterator<Item = &mut TcpStream> {
        self.lanes.iter_mut().map(Lane::stream)
    }

    /// When the next request is due, counted from the start.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.schedule.due(self.due)
    }

    /// Whether all requests have been answered.
    pub(super) const fn is_over(&self) -> bool {
        self.statuses.total() == self.schedule.total()
    }

    /// Sends what has become due, as far as there are free connections.
    pub(super) fn send_due(&mut self, started: Instant) -> anyhow::Result<()> {
        while let Some(due) = self.next_due() {
            // Looked at anew for each, since sending takes time.
            let Some(late) = started.elapsed().checked_sub(due) else { break };
            self.lateness.record(late);
            self.due += 1;
            self.begin_waiting(started)?;
        }
        Ok(())
    }

    /// Something has happened to that connection: sends the rest of its request, reads the answer, and goes
    /// on with the request that has waited for longest. Gives the connection if it is a new one, since the
    /// service has ended the other.
    pub(super) fn advance(
        &mut self,
        number: usize,
        started: Instant,
    ) -> anyhow::Result<Option<&mut TcpStream>> {
        let lane = self.lanes.get_mut(number).context("no such connection")?;
        lane.write()?;
        let Some(answered) = lane.read()? else { return Ok(None) };
        let now = Instant::now();
        self.latencies.record(now.saturating_duration_since(answered.since));
        self.last_answer = now.saturating_duration_since(started);
        self.statuses.record(answered.status);
        if answered.closes {
            lane.reopen(self.address)?;
        }
        self.free.push_back(number);
        self.begin_waiting(started)?;
        Ok(self.lanes.get_mut(number).filter(|_| answered.closes).map(Lane::stream))
    }

    /// What came of it.
    pub(super) fn finish(self) -> Outcome {
        Outcome {
            seconds: self.last_answer.as_secs_f64(),
            statuses: self.statuses,
            latencies: self.latencies.sorted(),
            lateness: self.lateness.sorted(),
        }
    }

    fn begin_waiting(&mut self, started: Instant) -> anyhow::Result<()> {
        while self.begun < self.due
            && let Some(number) = self.free.pop_front()
        {
            let due = self.schedule.due(self.begun).context("a request that is never due")?;
            let request = self.requests.next().context("an offer without requests")?;
            let lane = self.lanes.get_mut(number).context("no such connection")?;
            lane.begin(request, started + due)?;
            self.begun += 1;
        }
        Ok(())
    }
}
