//! Sessions: browsers that are signed in.

use diesel::prelude::*;
use domain::{AccountId, ClientAddress, SessionId, Timestamp};

use crate::accounts::{Account, AccountRow};
use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, load_locked, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::schema::accounts;
use crate::schema::sessions::{self, dsl};
use crate::stored;
use crate::text::clean;

/// So many sessions an account may have.
const MAX_SESSIONS: i64 = 100;
/// The longest user agent, in characters.
const MAX_USER_AGENT: usize = 512;
/// So many sessions of one statement: bounds its values.
const SESSIONS_AT_ONCE: u32 = 10_000;

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its number.
    pub id: SessionId,
    /// Who is signed in.
    pub account: AccountId,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: Option<ClientAddress>,
}

impl Storage {
    /// Begins a session. If the account has as many as it may have, the one that was not used for longest ends.
    /// `None` if there is no such account, or if its token generation is not the one of the password that was checked:
    /// the password has changed since, which was to end all sessions.
    ///
    /// # Errors
    /// The database fails; also if the hash is there already.
    pub fn create_session(
        &self,
        account: AccountId,
        token_generation: i64,
        hash: &TokenHash,
        user_agent: Option<&str>,
        by: &Actor,
    ) -> Result<Option<SessionRecord>, StorageError> {
        let generation =
            accounts::table.filter(accounts::id.eq(account.0)).select(accounts::token_generation);
        self.write(|c| {
            if load_locked!(c, for_update, generation => i64)? != [token_generation] {
                return Ok(None);
            }
            make_room(c, account)?;
            let row = (
                dsl::account_id.eq(account.0),
                dsl::token_hash.eq(hash.as_slice()),
                dsl::created_at.eq(by.at.as_micros()),
                dsl::last_used_at.eq(by.at.as_micros()),
                dsl::user_agent.eq(user_agent.map(|text| clean(text, MAX_USER_AGENT))),
                dsl::address.eq(by.address.as_ref().map(|address| address.as_bytes().as_slice())),
            );
            let insert = diesel::insert_into(sessions::table).values(row);
            let row = on_backend!(c, c => insert.returning(SessionRow::as_returning()).get_result(c))?;
            let session = row.read()?;
            enter(c, [&by.did(action::SIGN_IN, session.id.to_string()).to_account(account)])?;
            Ok(Some(session))
        })
    }

    /// The session with this hash and its account. Whether it has expired is for the caller to judge.
    ///
    /// # Errors
    /// The database fails.
    pub fn session(&self, hash: &TokenHash) -> Result<Option<(SessionRecord, Account)>, StorageError> {
        let query = dsl::sessions.inner_join(accounts::table).filter(dsl::token_hash.eq(hash.as_slice()));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => {
            query.select((SessionRow::as_select(), AccountRow::as_select())).first(c).optional()
        })?;
        row.map(|(session, account)| Ok((session.read()?, account.read()?))).transpose()
    }

    /// Notes when a session was used; never that it was used earlier than is known.
    ///
    /// # Errors
    /// The database fails.
    pub fn touch_session(&self, session: SessionId, at: Timestamp) -> Result<(), StorageError> {
        let earlier =
            dsl::sessions.filter(dsl::id.eq(session.0)).filter(dsl::last_used_at.lt(at.as_micros()));
        let touch = diesel::update(earlier).set(dsl::last_used_at.eq(at.as_micros()));
        self.write(|c| {
            on_backend!(c, c => touch.execute(c))?;
            Ok(())
        })
    }

    /// The sessions of an account, in the order of their numbers.
    ///
    /// # Errors
    /// The database fails.
    pub fn sessions(&self, account: AccountId) -> Result<Vec<SessionRecord>, StorageError> {
        let query = dsl::sessions.filter(dsl::account_id.eq(account.0)).order(dsl::id);
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.select(SessionRow::as_select()).load(c))?;
        rows.into_iter().map(SessionRow::read).collect()
    }

    /// Ends the session with this hash: somebody signs out. Says whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_session(&self, hash: &TokenHash) -> Result<bool, StorageError> {
        let end = diesel::delete(dsl::sessions.filter(dsl::token_hash.eq(hash.as_slice())));
        self.write(|c| Ok(on_backend!(c, c => end.execute(c))? == 1))
    }

    /// Ends a session of an account. Says whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_session_of(
        &self,
        account: AccountId,
        session: SessionId,
        by: &Actor,
    ) -> Result<bool, StorageError> {
        let own = dsl::sessions.filter(dsl::id.eq(session.0)).filter(dsl::account_id.eq(account.0));
        self.write(|c| {
            let is_ended = on_backend!(c, c => diesel::delete(own).execute(c))? == 1;
            if is_ended {
                enter(c, [&by.did(action::SESSION_END, session.to_string()).to_account(account)])?;
            }
            Ok(is_ended)
        })
    }

    /// Forgets sessions that began before one instant or were last used before another, up to a limit. Says how many.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_sessions(
        &self,
        created_before: Timestamp,
        used_before: Timestamp,
        limit: u32,
    ) -> Result<usize, StorageError> {
        let is_over =
            dsl::created_at.lt(created_before.as_micros()).or(dsl::last_used_at.lt(used_before.as_micros()));
        let limit = limit.min(SESSIONS_AT_ONCE);
        let over = dsl::sessions.filter(is_over).order(dsl::id).limit(limit.into()).select(dsl::id);
        self.write(|c| {
            let ids = on_backend!(c, c => over.load::<i64>(c))?;
            if ids.is_empty() {
                return Ok(0);
            }
            Ok(on_backend!(c, c => diesel::delete(dsl::sessions.filter(dsl::id.eq_any(ids))).execute(c))?)
        })
    }
}

/// Ends the sessions of an account that are too many for one more.
fn make_room(c: &mut Connection, account: AccountId) -> Result<(), StorageError> {
    let too_many = dsl::sessions
        .filter(dsl::account_id.eq(account.0))
        .order((dsl::last_used_at.desc(), dsl::id.desc()))
        .offset(MAX_SESSIONS - 1)
        .limit(MAX_SESSIONS)
        .select(dsl::id);
    let ids = on_backend!(c, c => too_many.load::<i64>(c))?;
    if !ids.is_empty() {
        on_backend!(c, c => diesel::delete(dsl::sessions.filter(dsl::id.eq_any(ids))).execute(c))?;
    }
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: i64,
    account_id: i64,
    created_at: i64,
    last_used_at: i64,
    user_agent: Option<String>,
    address: Option<Vec<u8>>,
}

impl SessionRow {
    fn read(self) -> Result<SessionRecord, StorageError> {
        let row = stored::Row { table: "sessions", id: self.id };
        Ok(SessionRecord {
            id: SessionId(self.id),
            account: AccountId(self.account_id),
            created_at: row.time("created_at", self.created_at)?,
            last_used_at: row.time("last_used_at", self.last_used_at)?,
            user_agent: self.user_agent,
            address: row.address(self.address)?,
        })
    }
}
