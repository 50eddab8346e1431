//! How many questions about events are answered at the same time, and how many may wait.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// So many may wait; they hold no thread, but each is a request with its connection.
const MAX_WAITING: usize = 256;

/// Turns for questions. Few at a time, so that others who need a thread that may block get one.
pub(crate) struct Questions {
    turns: Semaphore,
    waiting: AtomicUsize,
}

/// More questions wait than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many questions are waiting")]
pub(crate) struct TooMany;

/// Counts one who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Questions {
    /// Turns for twice as many questions as there are threads for one of them: while one reads, another one counts.
    pub(crate) fn new(scan_threads: usize) -> Self {
        Self { turns: Semaphore::new(scan_threads.saturating_mul(2)), waiting: AtomicUsize::new(0) }
    }

    /// Waits for a turn, which lasts until the permit is dropped.
    ///
    /// # Errors
    /// Too many wait already.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, TooMany> {
        if let Ok(permit) = self.turns.try_acquire() {
            return Ok(permit);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if ahead >= MAX_WAITING {
            return Err(TooMany);
        }
        self.turns.acquire().await.map_err(|_| TooMany)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_bounded_number_waits_and_leaves_its_place_again() {
        let questions = Questions::new(1);
        let turns = [questions.turn().await.unwrap(), questions.turn().await.unwrap()];
        {
            let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(questions.turn())).collect();
            for future in &mut waiting {
                assert!(matches!(futures_poll(future), std::task::Poll::Pending));
            }
            assert_eq!(questions.turn().await.err(), Some(TooMany));
        }
        // Those who waited have hung up.
        drop(turns);
        assert!(questions.turn().await.is_ok());
        assert_eq!(questions.waiting.load(Ordering::Relaxed), 0);
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::Pin::new(future).poll(&mut context)
    }
}
