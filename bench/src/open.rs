//! Requests that come at a constant rate, whether or not the earlier ones have been answered (an open
//! loop). A latency counts from the moment at which the request was meant to be sent, so a service that
//! stalls is charged with all that would have come meanwhile. Not for the greatest rate: see `load`.
//!
//! One thread sends and receives everything. It sleeps in `epoll_pwait2` until the next request is due or
//! an answer is there: mio, like `epoll_wait`, sleeps for whole milliseconds only.

mod flow;
mod schedule;

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use self::flow::Flow;
pub(crate) use self::flow::{Offer, Outcome};

/// How long answers may still come in after the last request was due.
const GRACE: Duration = Duration::from_secs(30);
/// By default Linux lets a thread sleep up to 50 µs longer than it asked for.
const TIMER_SLACK_NS: NonZeroU64 = NonZeroU64::MIN;

/// Sends what is offered for so long, and waits for all answers; gives what came of each offer.
pub(crate) fn run(
    address: SocketAddr,
    duration: Duration,
    offers: &[Offer<'_>],
) -> anyhow::Result<Vec<Outcome>> {
    // A thread of its own: the timer slack is one of a thread's properties, and is inherited.
    thread::scope(|scope| {
        let generator = scope.spawn(|| send(address, duration, offers));
        generator.join().map_err(|_| anyhow::anyhow!("the generator failed"))?
    })
}

/// Where an event belongs.
#[derive(Clone, Copy)]
struct Place {
    flow: usize,
    lane: usize,
}

fn send(address: SocketAddr, duration: Duration, offers: &[Offer<'_>]) -> anyhow::Result<Vec<Outcome>> {
    rustix::thread::set_current_timer_slack(Some(TIMER_SLACK_NS))?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let interest = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
    // Connected before the clock starts: the figures are those of kept-alive connections.
    let mut flows = Vec::new();
    let mut places = Vec::new();
    for offer in offers {
        let mut flow = Flow::open(address, duration, offer)?;
        for (lane, stream) in flow.streams().enumerate() {
            let data = epoll::EventData::new_u64(u64::try_from(places.len())?);
            epoll::add(&poll, stream, data, interest)?;
            places.push(Place { flow: flows.len(), lane });
        }
        flows.push(flow);
    }

    let mut events = Vec::with_capacity(places.len().max(1));
    let started = Instant::now();
    loop {
        for flow in &mut flows {
            flow.send_due(started)?;
        }
        if flows.iter().all(Flow::is_over) {
            break;
        }
        let elapsed = started.elapsed();
        let patience = (duration + GRACE).saturating_sub(elapsed);
        anyhow::ensure!(!patience.is_zero(), "not all answers within {} s", GRACE.as_secs());
        let next = flows.iter().filter_map(Flow::next_due).min();
        let sleep = next.map_or(patience, |next| next.saturating_sub(elapsed));
        events.clear();
        match epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&timespec(sleep)?)) {
            Err(Errno::INTR) => continue,
            outcome => outcome?,
        };
        for event in &events {
            let place = usize::try_from(event.data.u64()).ok().and_then(|number| places.get(number));
            let &Place { flow, lane } = place.context("an event of no connection")?;
            let flow = flows.get_mut(flow).context("an event of no flow")?;
            if let Some(stream) = flow.advance(lane, started)? {
                epoll::add(&poll, stream, event.data, interest)?;
            }
            // Answers that come in large numbers must not hold up what is due meanwhile.
            for flow in &mut flows {
                flow.send_due(started)?;
            }
        }
    }
    Ok(flows.into_iter().map(Flow::finish).collect())
}

fn timespec(duration: Duration) -> anyhow::Result<Timespec> {
    Ok(Timespec { tv_sec: duration.as_secs().try_into()?, tv_nsec: duration.subsec_nanos().into() })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Answers every request of 4 bytes: with 401 and the end of the connection those that start with `n`.
    /// Every answer takes that long.
    fn serve(pause: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut request = [0; 4];
                    while stream.read_exact(&mut request).is_ok() {
                        thread::sleep(pause);
                        let is_bad = request[0] == b'n';
                        let head = if is_bad { "401 No\r\nConnection: close" } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 3\r\n\r\nabc");
                        stream.write_all(answer.as_bytes()).unwrap();
                        if is_bad {
                            break;
                        }
                    }
                });
            }
        });
        address
    }

    #[test]
    fn sends_each_offer_at_its_own_rate_and_counts_its_answers() {
        let address = serve(Duration::ZERO);
        let (good, bad) = (vec![b"yes.".to_vec(); 100], vec![b"no..".to_vec(); 3]);
        let offers = [
            Offer { per_second: 100, connections: 2, requests: &good },
            Offer { per_second: 300, connections: 5, requests: &bad },
        ];
        let outcomes = run(address, SECOND, &offers).unwrap();
        assert_eq!((outcomes[0].statuses.ok, outcomes[0].statuses.total()), (100, 100));
        assert_eq!((outcomes[1].statuses.unauthorized, outcomes[1].statuses.total()), (300, 300));
        for outcome in outcomes {
            assert!(outcome.seconds > 0.9, "{outcome:?}");
            assert_eq!(outcome.lateness.count(), outcome.latencies.count());
        }
    }

    #[test]
    fn what_waits_for_a_slow_service_counts_from_when_it_was_due() {
        // Each answer takes twice the time between two requests: the last of 20 is 20 such times behind.
        let address = serve(Duration::from_millis(100));
        let requests = vec![b"yes.".to_vec()];
        let offers = [Offer { per_second: 20, connections: 1, requests: &requests }];
        let outcomes = run(address, SECOND, &offers).unwrap();
        let outcome = &outcomes[0];
        assert_eq!(outcome.statuses.ok, 20);
        assert!(outcome.seconds >= 2.0, "{outcome:?}");
        assert!(outcome.latencies.percentile_millis(1000) >= 1000.0, "{outcome:?}");
        assert!(
            outcome.lateness.percentile_millis(500) < 500.0,
            "the service is late, not the generator: {outcome:?}"
        );
    }
}
