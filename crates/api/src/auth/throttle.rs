//! How often somebody may try to sign in or to register; decided before the work on a password, of which
//! `passwords` bounds the rest.
//!
//! # Signing in
//!
//! Only failures count. Three allowances guard a name, each of so many failures at once, and of as many more within
//! every hour:
//!
//! | Failures | Stop |
//! |---|---|
//! | for a name from an address | whoever guesses from one place |
//! | from an address, for any names | whoever tries a few passwords on many names |
//! | for a name, from all addresses that are not its owner's | whoever guesses from thousands of places |
//!
//! An *address* is one of IPv4 or a /48 of IPv6, the most that one customer of a provider is given; otherwise a single
//! stranger would be sixty-five thousand.
//!
//! **A stranger locks nobody out.** The third allowance alone would be a way to do that, hence:
//!
//! - From where an account has signed in within a month (one address of IPv4, a /64 of IPv6) neither the third nor the
//!   second allowance counts, and what fails there does not use them up. There the owner waits for his own mistakes
//!   only. The same goes for where its sessions and tokens are used, see [`Throttle::recognise`].
//! - To keep the third allowance used up takes ten addresses by default, since the first one stops each of them long
//!   before. While that lasts, the owner can still sign in from his usual places, and goes on with the sessions
//!   and tokens that there are; only in a place that is new to the service he may have to wait for one of the attempts
//!   that become free, one every 36 seconds by default. Without this allowance a thousand addresses would have ten
//!   thousand guesses an hour.
//!
//! A success clears the failures of its name at its address, so that mistakes do not add up. It clears no others, or
//! whoever has an account could clear his guesses at other names.
//!
//! The throttle knows names, not accounts: those that do not exist are treated as all others.
//!
//! A failure counts when it is known. Those that are under way at that moment are let in and counted beyond the
//! allowance: the wait is the longer, so over the hours no guess is gained. In return any number of right passwords may
//! be checked at the same time without one of them being refused for others that may turn out wrong. How many are under
//! way is bounded for each address, so that none takes all places of `passwords`.
//!
//! # Registering
//!
//! Every registration counts, also of a name that is taken: per address, and in total, which bounds what the database
//! can be filled with.
//!
//! # Memory
//!
//! What has run out is forgotten. If there are more names or addresses than there is room for, those that have failed
//! least are forgotten first: nobody is refused for want of room, and to make the throttle forget a name that it has
//! seen to fail often one must fail more often elsewhere, each time at the price of a hash.
//!
//! The crate `governor` was considered; it checks and charges in one step and keeps every key until it is told to
//! look through them all, while here a failure is charged after the check, and keys are bounded.

mod allowance;
mod caller;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ClientAddress;

use self::allowance::{Allowance, Remembered};
use self::caller::{Address, At, NameHash, Place};
use super::passwords::Standing;
use crate::clock::Clock;

/// When to come again if as many attempts of an address are under way as may be.
const SOON: Duration = Duration::from_secs(1);
/// How long a place is an owner's after it was last seen to be.
const USUAL: Duration = Duration::from_secs(30 * 24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
/// How many names or addresses are remembered, for each purpose: some 6 MB each at most.
const MAX_REMEMBERED: usize = 65_536;

/// Too many attempts; the next one may come after that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next one may come in {} s", self.seconds())]
pub(crate) struct RetryAfter(Duration);

impl RetryAfter {
    /// In whole seconds, at least one.
    pub(crate) const fn seconds(self) -> u64 {
        let seconds = self.0.as_secs();
        if seconds == 0 || self.0.subsec_nanos() > 0 { seconds + 1 } else { seconds }
    }
}

/// How much is allowed, at once and within every hour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThrottleLimits {
    /// Attempts and registrations of one address that are under way at the same time.
    pub(crate) at_once: usize,
    /// Failures to sign in with one name from one address.
    pub(crate) failures_of_name_and_address: u32,
    /// Failures to sign in with one name from everywhere but its owner's places.
    pub(crate) failures_of_name: u32,
    /// Failures to sign in from one address.
    pub(crate) failures_of_address: u32,
    /// Registrations from one address.
    pub(crate) registrations_of_address: u32,
    /// Registrations from everywhere.
    pub(crate) registrations: u32,
}

/// Counts attempts and refuses those that are too many.
pub(crate) struct Throttle {
    clock: Clock,
    at_once: usize,
    name_and_address: Allowance,
    name: Allowance,
    address: Allowance,
    registrations_of_address: Allowance,
    registrations: Allowance,
    state: Mutex<State>,
}

struct State {
    names_and_addresses: Remembered<(NameHash, At)>,
    names: Remembered<NameHash>,
    addresses: Remembered<Address>,
    usual: Remembered<(NameHash, Place)>,
    registering: Remembered<Address>,
    registered: Remembered<()>,
    /// How many attempts are under way. There are few, since each holds a place of `passwords`.
    under_way: HashMap<Address, usize>,
}

impl Throttle {
    /// Nothing has happened yet.
    pub(crate) fn new(clock: Clock, limits: ThrottleLimits) -> Self {
        Self {
            clock,
            at_once: limits.at_once,
            name_and_address: Allowance::new(limits.failures_of_name_and_address, HOUR),
            name: Allowance::new(limits.failures_of_name, HOUR),
            address: Allowance::new(limits.failures_of_address, HOUR),
            registrations_of_address: Allowance::new(limits.registrations_of_address, HOUR),
            registrations: Allowance::new(limits.registrations, HOUR),
            state: Mutex::new(State {
                names_and_addresses: Remembered::at_most(MAX_REMEMBERED),
                names: Remembered::at_most(MAX_REMEMBERED),
                addresses: Remembered::at_most(MAX_REMEMBERED),
                usual: Remembered::at_most(MAX_REMEMBERED),
                registering: Remembered::at_most(MAX_REMEMBERED),
                registered: Remembered::at_most(1),
                under_way: HashMap::new(),
            }),
        }
    }

    /// Leave to try to sign in with that name, which need not be one, from there. Whose address is not known are one.
    pub(crate) fn sign_in(&self, name: &str, from: Option<ClientAddress>) -> Result<Attempt<'_>, RetryAfter> {
        let name = NameHash::of(name);
        let (address, place) = (Address::of(from), Place::of(from));
        let now = self.clock.elapsed();
        let mut state = self.state();
        let is_usual = state.usual.until(&(name, place)) > now;
        let at = if is_usual { At::Usual(place) } else { At::Other(address) };
        let wait = self.wait(&state, name, at, now);
        if wait > Duration::ZERO {
            return Err(RetryAfter(wait));
        }
        state.begin(address, self.at_once)?;
        let turn = Turn { throttle: self, address };
        Ok(Attempt { turn, name, at, place, is_settled: false })
    }

    /// What is known of whoever uses that name there.
    pub(crate) fn standing(&self, name: &str, from: Option<ClientAddress>) -> Standing {
        let usual = self.state().usual.until(&(NameHash::of(name), Place::of(from)));
        if usual > self.clock.elapsed() { Standing::Usual } else { Standing::Anybody }
    }

    /// How long an attempt has to wait.
    fn wait(&self, state: &State, name: NameHash, at: At, now: Duration) -> Duration {
        let both = self.name_and_address.wait(state.names_and_addresses.until(&(name, at)), now);
        let At::Other(address) = at else {
            return both;
        };
        let of_name = self.name.wait(state.names.until(&name), now);
        let of_address = self.address.wait(state.addresses.until(&address), now);
        both.max(of_name).max(of_address)
    }

    /// Leave to register from there; it counts at once.
    pub(crate) fn register(&self, from: Option<ClientAddress>) -> Result<Turn<'_>, RetryAfter> {
        let address = Address::of(from);
        let now = self.clock.elapsed();
        let mut state = self.state();
        let (one, all) = (state.registering.until(&address), state.registered.until(&()));
        let wait = self.registrations_of_address.wait(one, now).max(self.registrations.wait(all, now));
        if wait > Duration::ZERO {
            return Err(RetryAfter(wait));
        }
        state.begin(address, self.at_once)?;
        state.registering.set(address, self.registrations_of_address.charged(one, now), now);
        state.registered.set((), self.registrations.charged(all, now), now);
        Ok(Turn { throttle: self, address })
    }

    /// The account of that name is at work there: it has signed in, or uses a session or a token.
    pub(crate) fn recognise(&self, name: &str, from: Option<ClientAddress>) {
        let now = self.clock.elapsed();
        self.state().usual.set((NameHash::of(name), Place::of(from)), now + USUAL, now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, address: Address, at_once: usize) -> Result<(), RetryAfter> {
        let under_way = self.under_way.entry(address).or_default();
        if *under_way >= at_once {
            return Err(RetryAfter(SOON));
        }
        *under_way += 1;
        Ok(())
    }

    fn end(&mut self, address: Address) {
        let Some(under_way) = self.under_way.get_mut(&address) else {
            return;
        };
        *under_way = under_way.saturating_sub(1);
        if *under_way == 0 {
            self.under_way.remove(&address);
        }
    }
}

/// Leave for the work on one password; dropped when that is done.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Turn<'a> {
    throttle: &'a Throttle,
    address: Address,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.throttle.state().end(self.address);
    }
}

/// Leave for one attempt to sign in. If it is dropped unsettled, since the caller hung up or something else has
/// failed, nothing was learned about the name; it counts for the address alone, whose work may have been in vain.
#[must_use = "an attempt has to be settled"]
pub(crate) struct Attempt<'a> {
    turn: Turn<'a>,
    name: NameHash,
    at: At,
    place: Place,
    is_settled: bool,
}

impl Attempt<'_> {
    /// The password was right.
    pub(crate) fn succeeded(mut self) {
        self.is_settled = true;
        let now = self.turn.throttle.clock.elapsed();
        let mut state = self.turn.throttle.state();
        state.names_and_addresses.forget(&(self.name, self.at));
        state.usual.set((self.name, self.place), now + USUAL, now);
    }

    /// The password was wrong, or there is no such account.
    pub(crate) fn failed(mut self) {
        self.is_settled = true;
        let throttle = self.turn.throttle;
        let now = throttle.clock.elapsed();
        let mut state = throttle.state();
        state.names_and_addresses.charge((self.name, self.at), throttle.name_and_address, now);
        if let At::Other(address) = self.at {
            state.names.charge(self.name, throttle.name, now);
            state.addresses.charge(address, throttle.address, now);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            let throttle = self.turn.throttle;
            throttle.state().addresses.charge(self.turn.address, throttle.address, throttle.clock.elapsed());
        }
    }
}
