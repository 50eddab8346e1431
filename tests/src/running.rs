//! A child process that ends with its fixture.

use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;

/// How long a process may take to get ready, or to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A process and the client that talks to it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) client: Client,
    pub(crate) child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process ended; `None` if it has not.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("own child") {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}
