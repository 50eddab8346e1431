//! `api-analytics serve` and `migrate`.

use super::settings::{DataSettings, ServeSettings};
use crate::clock::Clock;
use crate::random::Random;
use crate::startup;

/// Runs the service.
pub(crate) fn run(settings: &ServeSettings) -> anyhow::Result<()> {
    let (config, storage, _lock) = settings.open()?;
    startup::serve(&config, storage, Clock::system(), Random::system(), |address| {
        say(&format!("listening on http://{address}"));
        Ok(())
    })
}

/// Tells whoever started the service. It goes on where nobody listens any more, as behind `| head -1`.
pub(super) fn say(text: &str) {
    use std::io::Write;

    let _ = std::io::stdout().write_all(format!("{text}\n").as_bytes());
}

/// Brings the schema up to date.
pub(crate) fn migrate(settings: &DataSettings) -> anyhow::Result<()> {
    settings.open()?;
    println!("the schema is up to date");
    Ok(())
}
