//! API keys of projects, known by their hashes only. How they change is the business of `key_changes`, how requests
//! find them of `grants`.

use diesel::prelude::*;
use domain::{AccountId, KeyId, Name, ProjectId, Scopes, Timestamp};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::creation::Creation;
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::locks::lock_project;
use crate::schema::api_keys::{self, dsl};
use crate::stored;
use crate::text::numbered;

/// So many keys of a project may be in force.
const MAX_IN_FORCE: usize = 100;
/// So many are remembered, with those that have ended.
const MAX_KEYS: usize = 1000;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Its name.
    pub name: Name,
    /// Its hash.
    pub hash: TokenHash,
    /// Its first characters.
    pub prefix: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its number.
    pub id: KeyId,
    /// What it opens.
    pub project: ProjectId,
    /// Its name.
    pub name: Name,
    /// Its first characters, if they are known.
    pub prefix: Option<String>,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// By which account, which may be gone.
    pub created_by: Option<AccountId>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was put out of force.
    pub revoked_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Whether it opens its project: it is neither revoked nor expired.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Storage {
    /// Makes a key. Beyond 1,000 keys the oldest one that has ended is forgotten.
    ///
    /// # Errors
    /// The database fails; also if the hash is there already.
    pub fn create_key(
        &self,
        project: ProjectId,
        key: &NewKey,
        by: &Actor,
    ) -> Result<Creation<KeyRecord>, StorageError> {
        self.write(|c| {
            if !lock_project(c, project)? {
                return Ok(Creation::Unknown);
            }
            if !make_room(c, project, by.at)? {
                return Ok(Creation::Full);
            }
            insert_key(c, project, key, by).map(Creation::Created)
        })
    }

    /// The keys of a project in the order of their numbers, those above a number.
    ///
    /// # Errors
    /// The database fails.
    pub fn keys(
        &self,
        project: ProjectId,
        after: Option<KeyId>,
        limit: u32,
    ) -> Result<Vec<KeyRecord>, StorageError> {
        let query = dsl::api_keys
            .filter(dsl::project_id.eq(project.0))
            .filter(dsl::id.gt(after.map_or(0, |id| id.0)))
            .order(dsl::id)
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.select(KeyRow::as_select()).load(c))?;
        rows.into_iter().map(KeyRow::read).collect()
    }
}

/// Makes a key of a project that is locked or new.
pub(crate) fn insert_key(
    c: &mut Connection,
    project: ProjectId,
    key: &NewKey,
    by: &Actor,
) -> Result<KeyRecord, StorageError> {
    let key = insert_row(c, project, key, by)?;
    let subject = numbered(key.name.as_str(), key.id.0);
    enter(c, [&by.did(action::KEY_CREATE, subject).in_project(project)])?;
    Ok(key)
}

/// The row alone, for who enters something else into the audit log.
pub(crate) fn insert_row(
    c: &mut Connection,
    project: ProjectId,
    key: &NewKey,
    by: &Actor,
) -> Result<KeyRecord, StorageError> {
    let row = (
        dsl::project_id.eq(project.0),
        dsl::name.eq(key.name.as_str()),
        dsl::key_hash.eq(key.hash.as_slice()),
        dsl::prefix.eq(&key.prefix),
        dsl::scopes.eq(key.scopes.to_string()),
        dsl::created_at.eq(by.at.as_micros()),
        dsl::created_by.eq(by.account.map(|account| account.0)),
        dsl::expires_at.eq(key.expires_at.map(Timestamp::as_micros)),
    );
    let insert = diesel::insert_into(api_keys::table).values(row);
    on_backend!(c, c => insert.returning(KeyRow::as_returning()).get_result(c))?.read()
}

/// Sees to it that a project may have one more key. Says whether it may.
pub(crate) fn make_room(c: &mut Connection, project: ProjectId, at: Timestamp) -> Result<bool, StorageError> {
    let query = dsl::api_keys.filter(dsl::project_id.eq(project.0)).order(dsl::id);
    let rows = on_backend!(c, c => query.select(KeyRow::as_select()).load(c))?;
    let keys = rows.into_iter().map(KeyRow::read).collect::<Result<Vec<_>, _>>()?;
    if keys.iter().filter(|key| key.is_in_force(at)).count() >= MAX_IN_FORCE {
        return Ok(false);
    }
    let oldest_ended = keys.iter().find(|key| !key.is_in_force(at));
    if let Some(key) = oldest_ended.filter(|_| keys.len() >= MAX_KEYS) {
        on_backend!(c, c => diesel::delete(dsl::api_keys.filter(dsl::id.eq(key.id.0))).execute(c))?;
    }
    Ok(true)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub(crate) struct KeyRow {
    id: i64,
    project_id: i64,
    name: String,
    prefix: Option<String>,
    scopes: String,
    created_at: i64,
    created_by: Option<i64>,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl KeyRow {
    pub(crate) fn read(self) -> Result<KeyRecord, StorageError> {
        let row = stored::Row { table: "api_keys", id: self.id };
        Ok(KeyRecord {
            id: KeyId(self.id),
            project: ProjectId(self.project_id),
            name: row.name(&self.name)?,
            prefix: self.prefix,
            scopes: row.known("scopes", &self.scopes)?,
            created_at: row.time("created_at", self.created_at)?,
            created_by: self.created_by.map(AccountId),
            expires_at: row.time_if_any("expires_at", self.expires_at)?,
            last_used_at: row.time_if_any("last_used_at", self.last_used_at)?,
            revoked_at: row.time_if_any("revoked_at", self.revoked_at)?,
        })
    }
}
