//! Numbers of what is kept. None is ever used again; on the wire they are opaque strings.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = UnknownId;

            fn from_str(text: &str) -> Result<Self, UnknownId> {
                parse(text).map(Self).ok_or(UnknownId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

ids! {
    /// The number of an account.
    AccountId,
    /// The number of a project, which owns events.
    ProjectId,
    /// The number of an API key.
    KeyId,
    /// The number of an invitation.
    InvitationId,
    /// The number of a shared link.
    LinkId,
    /// The number of a session.
    SessionId,
    /// The number of an entry of the audit log.
    AuditId,
}

/// A text that is the number of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing with this id")]
pub struct UnknownId;

/// Only the one way in which a number is written: two texts never mean the same thing.
fn parse(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_has_one_way_of_being_written() {
        assert_eq!("7".parse(), Ok(ProjectId(7)));
        assert_eq!(ProjectId(7).to_string(), "7");
        for text in ["", "0", "07", "+7", "-7", " 7", "7 ", "७", "9223372036854775808", "x"] {
            assert_eq!(text.parse::<ProjectId>(), Err(UnknownId), "{text:?}");
        }
    }
}
