//! The threads that hash: few, and of a lower priority than those that serve.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

/// What a thread does next.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// How much a thread gives way to those that serve: about a tenth of a core is left to it where they want all.
///
/// Measured with 40 sign-ins at once on two cores: 99 % of `/track` took 3.2 ms instead of 2.8 ms with one thread, 5 ms
/// with two; without niceness 17 and 24 ms.
const NICENESS: i32 = 10;

/// Starts one thread; it ends when nobody can send jobs any more.
pub(super) fn start(jobs: Arc<Mutex<Receiver<Job>>>) -> std::io::Result<()> {
    std::thread::Builder::new().name("passwords".to_owned()).spawn(move || work(&jobs)).map(drop)
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    give_way();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else {
            return;
        };
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
