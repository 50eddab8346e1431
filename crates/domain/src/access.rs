//! Who may do what with a project: roles of members, scopes of keys, permissions, and the one rule that joins them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{AccountId, KeyId, LinkId, Rule, ValidationError};

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks, and changes settings and links.
    Editor,
    /// Everything; also keys, members, and the end of the project.
    Owner,
}

impl Role {
    /// Every role, the least powerful first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Owner];

    /// The role's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// Checks the role that stands in a field.
    ///
    /// # Errors
    /// The text names no role.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        text.parse().map_err(|UnknownName| {
            ValidationError::new(field, Rule::Format, "must be one of viewer, editor, owner")
        })
    }
}

/// A text that names no role, no scope and no field to be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name is not known")]
pub struct UnknownName;

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownName)
    }
}

/// What an API key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Sending events.
    Ingest,
    /// Reading, without an account beside it.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Ingest, Self::Read];

    /// The scope's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(UnknownName)
    }
}

/// The scopes of a key: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes {
    ingest: bool,
    read: bool,
}

impl Scopes {
    /// Sending events only.
    pub const INGEST: Self = Self { ingest: true, read: false };
    /// Reading only.
    pub const READ: Self = Self { ingest: false, read: true };

    /// These scopes, in any order and however often; `None` if there are none.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let mut all = Self { ingest: false, read: false };
        for scope in scopes {
            match scope {
                Scope::Ingest => all.ingest = true,
                Scope::Read => all.read = true,
            }
        }
        (all.ingest || all.read).then_some(all)
    }

    /// Whether the scope is among them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        match scope {
            Scope::Ingest => self.ingest,
            Scope::Read => self.read,
        }
    }

    /// All of them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl fmt::Display for Scopes {
    /// The form in which they are kept: `ingest`, `read` or `ingest read`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            let separator = if place == 0 { "" } else { " " };
            write!(f, "{separator}{}", scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let scopes: Vec<Scope> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        Self::of(scopes).ok_or(UnknownName)
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// What a request wants to do with a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Send events.
    Ingest,
    /// Look at events and figures: all of them, or the part that a shared link shows.
    Read,
    /// Look at what concerns the project as a whole, such as its settings and its ledger.
    ReadAll,
    /// Change settings and links.
    Write,
    /// Change keys and members; rename the project, or end it.
    Manage,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 5] = [Self::Ingest, Self::Read, Self::ReadAll, Self::Write, Self::Manage];
}

/// Who asks for a project, with what it is that opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A signed-in account that is a member.
    Member(AccountId, Role),
    /// An API key by itself.
    Key(KeyId, Scopes),
    /// A shared link.
    Link(LinkId),
}

impl Caller {
    /// Whether the caller may do that: the one rule of who may what.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        match self {
            Self::Member(_, role) => match permission {
                // Events come from programs: they are sent with a key, which can be revoked by itself.
                Permission::Ingest => false,
                Permission::Read | Permission::ReadAll => true,
                Permission::Write => role >= Role::Editor,
                Permission::Manage => role >= Role::Owner,
            },
            Self::Key(_, scopes) => match permission {
                Permission::Ingest => scopes.contains(Scope::Ingest),
                Permission::Read | Permission::ReadAll => scopes.contains(Scope::Read),
                Permission::Write | Permission::Manage => false,
            },
            Self::Link(_) => permission == Permission::Read,
        }
    }
}

/// Fields of events that a shared link does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Hidden {
    /// The client's address.
    pub ip: bool,
    /// The consumer.
    pub consumer: bool,
    /// The user agent.
    pub user_agent: bool,
}

impl Hidden {
    /// Nothing is hidden.
    pub const NOTHING: Self = Self { ip: false, consumer: false, user_agent: false };
    /// The names of what can be hidden.
    pub const NAMES: [&'static str; 3] = ["ip", "consumer", "user_agent"];

    /// Whether the field of that name is hidden.
    #[must_use]
    pub fn hides(self, name: &str) -> bool {
        match name {
            "ip" => self.ip,
            "consumer" => self.consumer,
            "user_agent" => self.user_agent,
            _ => false,
        }
    }

    /// The same, with that field hidden, too.
    ///
    /// # Errors
    /// The field cannot be hidden.
    pub fn with(mut self, name: &str) -> Result<Self, UnknownName> {
        match name {
            "ip" => self.ip = true,
            "consumer" => self.consumer = true,
            "user_agent" => self.user_agent = true,
            _ => return Err(UnknownName),
        }
        Ok(self)
    }

    /// The names of what is hidden.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |name| self.hides(name))
    }
}

impl Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_this_table() {
        let member = |role| Caller::Member(AccountId(1), role);
        let key = |scopes| Caller::Key(KeyId(1), scopes);
        let both = Scopes::of(Scope::ALL).unwrap();
        // Ingest, Read, ReadAll, Write, Manage
        let table = [
            (member(Role::Viewer), [false, true, true, false, false]),
            (member(Role::Editor), [false, true, true, true, false]),
            (member(Role::Owner), [false, true, true, true, true]),
            (key(Scopes::INGEST), [true, false, false, false, false]),
            (key(Scopes::READ), [false, true, true, false, false]),
            (key(both), [true, true, true, false, false]),
            (Caller::Link(LinkId(1)), [false, true, false, false, false]),
        ];
        for (caller, expected) in table {
            assert_eq!(Permission::ALL.map(|permission| caller.may(permission)), expected, "{caller:?}");
        }
    }

    #[test]
    fn scopes_are_found_by_the_text_that_they_are_kept_as() {
        for scopes in [vec![Scope::Ingest], vec![Scope::Read], vec![Scope::Read, Scope::Ingest]] {
            let scopes = Scopes::of(scopes).unwrap();
            assert_eq!(scopes.to_string().parse(), Ok(scopes));
        }
        for text in ["", " ", "write", "ingest write", "ingest,read"] {
            assert_eq!(text.parse::<Scopes>(), Err(UnknownName), "{text:?}");
        }
    }

    #[test]
    fn what_is_hidden_is_known_by_name() {
        let hidden = Hidden::default().with("ip").unwrap().with("user_agent").unwrap();
        assert_eq!(hidden.names().collect::<Vec<_>>(), ["ip", "user_agent"]);
        assert!(hidden.hides("ip") && !hidden.hides("consumer") && !hidden.hides("endpoint"));
        assert_eq!(hidden.with("endpoint"), Err(UnknownName));
    }
}
