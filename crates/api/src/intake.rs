//! Threads that read what comes in: large batches. They are others than those that wait for the database or answer
//! questions, so that no question stands before an event.

use tokio::runtime::{Builder, Runtime};

/// The work was given up: it has panicked, or the service ends.
#[derive(Debug, thiserror::Error)]
#[error("the reading of a batch was given up")]
pub(crate) struct GivenUp;

/// The threads. What waits for one of them is bounded by the memory for batches.
pub(crate) struct Intake(Option<Runtime>);

impl Intake {
    /// As many threads as there are cores to read on; each starts when it is needed.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        Builder::new_current_thread().max_blocking_threads(threads.max(1)).build().map(Some).map(Self)
    }

    /// Runs the work on one of them.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        let runtime = self.0.as_ref().ok_or(GivenUp)?;
        runtime.spawn_blocking(work).await.map_err(|_| GivenUp)
    }
}

impl Drop for Intake {
    /// Without waiting: the last one may be dropped where nothing may block.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn work_is_done_elsewhere_and_a_panic_is_told() {
        let intake = Intake::new(1).unwrap();
        let here = std::thread::current().id();
        assert_ne!(intake.run(|| std::thread::current().id()).await.unwrap(), here);
        assert!(intake.run(|| panic!("a fault")).await.is_err());
        assert_eq!(intake.run(|| 7).await.unwrap(), 7);
    }
}
