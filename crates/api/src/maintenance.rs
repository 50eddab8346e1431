//! What goes on in the background: sealing rows into segments, compacting segments, and tidying up.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::ProjectId;
use storage::Storage;

use crate::auth::KeyUses;
use crate::clock::Clock;
use crate::read_error::ReadError;
use crate::sealing;
use crate::tidying::Tidying;

/// How often there is a look at what is to be done.
const INTERVAL: Duration = Duration::from_secs(1);

/// The background thread; it ends soon after this is dropped or [stopped](Self::stop).
pub(crate) struct Maintenance {
    running: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Maintenance {
    pub(crate) fn start(storage: Storage, clock: Clock, uses: KeyUses) -> std::io::Result<Self> {
        let (running, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("maintenance".to_owned()).spawn(move || {
            let mut tidying = Tidying::new(storage.clone(), clock, uses);
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
                let is_stopped = || !matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Empty));
                if let Err(error) = round(&storage, is_stopped) {
                    // Nothing is lost: rows are read as they are until the next round.
                    tracing::warn!(error = %error, "cannot seal; will try again");
                }
                tidying.run_when_due(is_stopped);
            }
            tidying.finish();
        })?;
        Ok(Self { running, thread })
    }

    /// Waits for the step that is under way.
    pub(crate) fn stop(self) -> std::thread::Result<()> {
        drop(self.running);
        self.thread.join()
    }
}

/// Seals and compacts what is worth it, project by project.
fn round(storage: &Storage, is_stopped: impl Fn() -> bool) -> Result<(), ReadError> {
    for (project, seal) in storage.seals()? {
        if seal.unsealed() >= sealing::MIN_ROWS {
            sealing::seal(storage, project, seal, sealing::MIN_ROWS)?;
            while !is_stopped() && sealing::compact(storage, project)? {}
        }
        if is_stopped() {
            break;
        }
    }
    Ok(())
}

/// Seals every row of a project and compacts its segments.
pub(crate) fn seal_all(storage: &Storage, project: ProjectId) -> Result<(), ReadError> {
    if let Some((_, seal)) = storage.seals()?.into_iter().find(|(known, _)| *known == project) {
        sealing::seal(storage, project, seal, 1)?;
    }
    while sealing::compact(storage, project)? {}
    Ok(())
}
