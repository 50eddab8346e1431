//! Clients that sign in with a wrong password, again and again. They are few and wait for most of the time,
//! so each has a thread and blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::service::Service;
use crate::statuses::Statuses;

/// How long a client waits that was told to come later (429): ten times less than it is told, so a client
/// that hurries, but none that only spins.
const HURRY: Duration = Duration::from_millis(100);
/// So that all have begun when `work` does.
const HEAD_START: Duration = Duration::from_millis(500);

/// What the clients were answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignIns {
    pub(super) statuses: Statuses,
    pub(super) seconds: f64,
}

/// Does the work while so many clients send the request; then each takes the answer it still waits for, so
/// that nothing of this goes on afterwards.
pub(super) fn beside<T>(
    service: &Service,
    clients: usize,
    request: &[u8],
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, SignIns)> {
    let connections = (0..clients).map(|_| service.connect()).collect::<Result<Vec<_>, _>>()?;
    let is_over = AtomicBool::new(false);
    let started = Instant::now();
    let (done, clients) = thread::scope(|scope| {
        let clients: Vec<_> = connections
            .into_iter()
            .map(|connection| scope.spawn(|| repeat(connection, request, &is_over)))
            .collect();
        thread::sleep(HEAD_START);
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        (done, clients.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>())
    });
    let mut statuses = Statuses::default();
    for client in clients {
        statuses.merge(client.map_err(|_| anyhow::anyhow!("a client failed"))??);
    }
    Ok((done?, SignIns { statuses, seconds: started.elapsed().as_secs_f64() }))
}

fn repeat(mut connection: Connection, request: &[u8], is_over: &AtomicBool) -> anyhow::Result<Statuses> {
    let mut statuses = Statuses::default();
    while !is_over.load(Ordering::Relaxed) {
        let status = connection.send(request)?.status;
        statuses.record(status);
        if status == 429 {
            thread::sleep(HURRY);
        }
    }
    Ok(statuses)
}
