//! Who does what is done on the command line, for the audit log.

use domain::Timestamp;
use storage::Actor;

/// An operator, who has the data and no account.
pub(super) fn command_line(now: Timestamp) -> Actor {
    Actor { account: None, name: "command line".to_owned(), address: None, at: now }
}
