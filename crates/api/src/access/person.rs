//! The account that asks: by an access token, or by the session of a browser.

use domain::{SessionId, Timestamp};
use storage::{Account, Storage};

use super::presented::{Authorization, Presented};
use crate::auth::{Claims, Tokens, session_is_alive, session_needs_touch};
use crate::problem::Problem;
use crate::random::TokenHash;

/// Somebody who says who they are.
pub(super) enum Identity {
    /// By an access token that is signed and in force.
    Token(Claims),
    /// By the cookie of a session.
    Session(TokenHash),
}

/// A person who is who they say.
pub(super) struct Person {
    pub(super) account: Account,
    /// The session, if it is one by which they came.
    pub(super) session: Option<SessionId>,
}

impl Identity {
    /// Who a request says it is from; `None` if it does not say.
    ///
    /// # Errors
    /// The header `Authorization` is there and holds no good access token.
    pub(super) fn of(
        presented: &Presented<'_>,
        tokens: &Tokens,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        match presented.authorization {
            Authorization::Bearer(token) => {
                let claims = tokens.verify(token, now).ok_or(Problem::BadToken)?;
                Ok(Some(Self::Token(claims)))
            }
            Authorization::Unreadable => Err(Problem::BadToken),
            Authorization::Absent => Ok(presented.session.map(Self::Session)),
        }
    }

    /// The person, if the account and the session are still there. Blocks.
    ///
    /// # Errors
    /// The access token is of an account that is gone, or was made before its password changed; the database
    /// fails.
    pub(super) fn confirm(&self, storage: &Storage, now: Timestamp) -> Result<Option<Person>, Problem> {
        match self {
            Self::Token(claims) => {
                let account = storage.account(claims.account)?.ok_or(Problem::BadToken)?;
                let is_same = account.token_generation == claims.generation
                    && account.username.as_str() == claims.username.as_str();
                if is_same { Ok(Some(Person { account, session: None })) } else { Err(Problem::BadToken) }
            }
            Self::Session(hash) => {
                let Some((session, account)) = storage.session(hash)? else { return Ok(None) };
                if !session_is_alive(session.created_at, session.last_used_at, now) {
                    return Ok(None);
                }
                if session_needs_touch(session.last_used_at, now) {
                    storage.touch_session(session.id, now)?;
                }
                Ok(Some(Person { account, session: Some(session.id) }))
            }
        }
    }
}
