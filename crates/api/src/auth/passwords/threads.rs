//! The threads that hash: few, and of a lower priority than those that serve; and the two lines before them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a thread does next.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// How much a thread gives way to those that serve: about a tenth of a core is left to it where they want all.
const NICENESS: i32 = 10;

/// Who waits where others do not stand in the way: a flood of guesses from everywhere takes all slots that there are
/// for anybody, and none of those that are kept for owners in the places where they usually are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing is known of the caller.
    Anybody,
    /// The account has signed in from there before.
    Usual,
}

/// The threads. They end when this is dropped; what waits is then given up.
pub(super) struct Threads(Arc<Lines>);

/// Who waits.
#[derive(Default)]
struct Lines {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    anybody: VecDeque<(u64, Job)>,
    usual: VecDeque<(u64, Job)>,
    /// The number of the job that came last.
    last: u64,
    /// Whose turn it is.
    usual_is_next: bool,
    is_closed: bool,
}

impl Waiting {
    fn line(&mut self, standing: Standing) -> &mut VecDeque<(u64, Job)> {
        match standing {
            Standing::Anybody => &mut self.anybody,
            Standing::Usual => &mut self.usual,
        }
    }

    /// The lines take turns, so that neither holds up the other: whoever is the first of one waits for one of the other.
    fn next(&mut self) -> Option<Job> {
        let turns = if self.usual_is_next {
            [Standing::Usual, Standing::Anybody]
        } else {
            [Standing::Anybody, Standing::Usual]
        };
        let (standing, (_, job)) =
            turns.into_iter().find_map(|standing| Some((standing, self.line(standing).pop_front()?)))?;
        self.usual_is_next = standing == Standing::Anybody;
        Some(job)
    }
}

impl Threads {
    /// Starts so many.
    pub(super) fn start(count: usize) -> std::io::Result<Self> {
        let threads = Self(Arc::default());
        for _ in 0..count {
            let lines = Arc::clone(&threads.0);
            std::thread::Builder::new().name("passwords".to_owned()).spawn(move || work(&lines))?;
        }
        Ok(threads)
    }

    /// Puts a job at the end of a line; it stays there as long as its place.
    pub(super) fn push(&self, standing: Standing, job: Job) -> Place<'_> {
        let number = {
            let mut waiting = self.0.lock();
            waiting.last += 1;
            let number = waiting.last;
            waiting.line(standing).push_back((number, job));
            number
        };
        self.0.changed.notify_one();
        Place { lines: &self.0, standing, number }
    }
}

/// A place in a line. Dropped before the job's turn has come, it takes the job away.
pub(super) struct Place<'a> {
    lines: &'a Lines,
    standing: Standing,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let job = {
            let mut waiting = self.lines.lock();
            let line = waiting.line(self.standing);
            let place = line.iter().position(|(number, _)| *number == self.number);
            place.and_then(|place| line.remove(place))
        };
        // Without the lock: it may free a slot.
        drop(job);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let given_up = {
            let mut waiting = self.0.lock();
            waiting.is_closed = true;
            [std::mem::take(&mut waiting.anybody), std::mem::take(&mut waiting.usual)]
        };
        self.0.changed.notify_all();
        drop(given_up);
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` at the end.
    fn next(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if let Some(job) = waiting.next() {
                return Some(job);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(lines: &Lines) {
    give_way();
    while let Some(job) = lines.next() {
        // The job's own answer says that it failed; the thread has to go on, or nobody could sign in any more.
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("the work on a password has panicked");
        }
    }
}

/// Lowers the priority of this thread. Linux has one for each thread; elsewhere it would be the whole process's.
#[cfg(target_os = "linux")]
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(error = %error, "password hashes compete with everything else");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {
    let _ = NICENESS;
}
