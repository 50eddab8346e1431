//! `api-analytics serve` and `migrate`.

use super::settings::{DataSettings, ServeSettings};
use crate::clock::Clock;
use crate::random::Random;
use crate::startup;

/// Runs the service.
pub(crate) fn run(settings: &ServeSettings) -> anyhow::Result<()> {
    let (config, storage, _lock) = settings.open()?;
    startup::serve(&config, storage, Clock::system(), Random::system(), |address| {
        println!("listening on http://{address}");
        Ok(())
    })
}

/// Brings the schema up to date.
pub(crate) fn migrate(settings: &DataSettings) -> anyhow::Result<()> {
    settings.open()?;
    println!("the schema is up to date");
    Ok(())
}
