//! What projects may take in: events a second, and names. Events a day are counted in the database, in the
//! transaction that stores them, since they hold for all processes together.

mod names;
mod rate;

pub(crate) use names::{KnownNames, Names, NewNames};
pub(crate) use rate::{Rates, seconds_to_midnight};
