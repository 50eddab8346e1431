//! API keys of projects, known by their hashes only. How requests find them is the business of `grants`.

use diesel::prelude::*;
use domain::{AccountId, KeyId, Name, ProjectId, Scopes, Timestamp};

use crate::TokenHash;
use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::creation::Creation;
use crate::database::Storage;
use crate::error::StorageError;
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

/// The text that takes the place of a key's old one.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// Its hash.
    pub hash: TokenHash,
    /// Its first characters.
    pub prefix: String,
}

/// What is to change of a key; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct KeyChanges {
    /// Its name.
    pub name: Option<Name>,
    /// What it is good for.
    pub scopes: Option<Scopes>,
    /// When it ends by itself; `Some(None)`: not at all.
    pub expires_at: Option<Option<Timestamp>>,
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

/// What became of a change of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// The key as it is now; after a rotation, the new one.
    Changed(KeyRecord),
    /// The project has as many keys in force as it may have; nothing has changed.
    Full,
    /// The key was revoked or has expired. It stays as it is.
    Ended,
    /// The project has no such key.
    Unknown,
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

    /// Changes a key that is in force.
    ///
    /// # Errors
    /// The database fails.
    pub fn update_key(
        &self,
        project: ProjectId,
        key: KeyId,
        changes: &KeyChanges,
        by: &Actor,
    ) -> Result<KeyChange, StorageError> {
        self.write(|c| {
            let old = match find(c, project, key, by.at)? {
                Found::InForce(old) => old,
                Found::Ended(_) => return Ok(KeyChange::Ended),
                Found::Nothing => return Ok(KeyChange::Unknown),
            };
            let new = KeyRecord {
                name: changes.name.clone().unwrap_or(old.name),
                scopes: changes.scopes.unwrap_or(old.scopes),
                expires_at: changes.expires_at.unwrap_or(old.expires_at),
                ..old
            };
            let change = diesel::update(dsl::api_keys.filter(dsl::id.eq(key.0))).set((
                dsl::name.eq(new.name.as_str()),
                dsl::scopes.eq(new.scopes.to_string()),
                dsl::expires_at.eq(new.expires_at.map(Timestamp::as_micros)),
            ));
            on_backend!(c, c => change.execute(c))?;
            enter(c, [&by.did(action::KEY_CHANGE, numbered(new.name.as_str(), key.0)).in_project(project)])?;
            Ok(KeyChange::Changed(new))
        })
    }

    /// Puts a key out of force. Says whether the project has such a key; one that is out of force stays so.
    ///
    /// # Errors
    /// The database fails.
    pub fn revoke_key(&self, project: ProjectId, key: KeyId, by: &Actor) -> Result<bool, StorageError> {
        self.write(|c| {
            let old = match find(c, project, key, by.at)? {
                Found::InForce(old) | Found::Ended(old) => old,
                Found::Nothing => return Ok(false),
            };
            if old.revoked_at.is_none() {
                let revoke = diesel::update(dsl::api_keys.filter(dsl::id.eq(key.0)))
                    .set(dsl::revoked_at.eq(by.at.as_micros()));
                on_backend!(c, c => revoke.execute(c))?;
                let subject = numbered(old.name.as_str(), key.0);
                enter(c, [&by.did(action::KEY_REVOKE, subject).in_project(project)])?;
            }
            Ok(true)
        })
    }

    /// Makes a key like another one that is in force, which then ends at `old_until`, or earlier by itself.
    ///
    /// # Errors
    /// The database fails; also if the hash is there already.
    pub fn rotate_key(
        &self,
        project: ProjectId,
        key: KeyId,
        secret: &NewSecret,
        old_until: Timestamp,
        by: &Actor,
    ) -> Result<KeyChange, StorageError> {
        self.write(|c| {
            let old = match find(c, project, key, by.at)? {
                Found::InForce(old) => old,
                Found::Ended(_) => return Ok(KeyChange::Ended),
                Found::Nothing => return Ok(KeyChange::Unknown),
            };
            if !make_room(c, project, by.at)? {
                return Ok(KeyChange::Full);
            }
            let end = old.expires_at.map_or(old_until, |expires_at| expires_at.min(old_until));
            let end_old = diesel::update(dsl::api_keys.filter(dsl::id.eq(key.0)))
                .set(dsl::expires_at.eq(end.as_micros()));
            on_backend!(c, c => end_old.execute(c))?;
            let NewSecret { hash, prefix } = secret.clone();
            let new = NewKey { name: old.name, hash, prefix, scopes: old.scopes, expires_at: old.expires_at };
            let new = insert_row(c, project, &new, by)?;
            let subject = format!("{} in place of {key}", numbered(new.name.as_str(), new.id.0));
            enter(c, [&by.did(action::KEY_ROTATE, subject).in_project(project)])?;
            Ok(KeyChange::Changed(new))
        })
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

fn insert_row(
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

enum Found {
    InForce(KeyRecord),
    Ended(KeyRecord),
    Nothing,
}

/// The key of a project, which is locked.
fn find(c: &mut Connection, project: ProjectId, key: KeyId, at: Timestamp) -> Result<Found, StorageError> {
    if !lock_project(c, project)? {
        return Ok(Found::Nothing);
    }
    let query = dsl::api_keys.filter(dsl::id.eq(key.0)).filter(dsl::project_id.eq(project.0));
    let row = on_backend!(c, c => query.select(KeyRow::as_select()).first(c).optional())?;
    let Some(row) = row else { return Ok(Found::Nothing) };
    let is_in_force = in_force(row.revoked_at, row.expires_at, at);
    let key = row.read()?;
    Ok(if is_in_force { Found::InForce(key) } else { Found::Ended(key) })
}

fn in_force(revoked_at: Option<i64>, expires_at: Option<i64>, at: Timestamp) -> bool {
    revoked_at.is_none() && expires_at.is_none_or(|end| at.as_micros() < end)
}

/// Sees to it that a project may have one more key. Says whether it may.
fn make_room(c: &mut Connection, project: ProjectId, at: Timestamp) -> Result<bool, StorageError> {
    let query = dsl::api_keys.filter(dsl::project_id.eq(project.0)).order(dsl::id).select((
        dsl::id,
        dsl::revoked_at,
        dsl::expires_at,
    ));
    let keys = on_backend!(c, c => query.load::<(i64, Option<i64>, Option<i64>)>(c))?;
    let (current, ended): (Vec<_>, Vec<_>) =
        keys.into_iter().partition(|(_, revoked_at, expires_at)| in_force(*revoked_at, *expires_at, at));
    if current.len() >= MAX_IN_FORCE {
        return Ok(false);
    }
    if let Some((oldest, ..)) = ended.first().filter(|_| current.len() + ended.len() >= MAX_KEYS) {
        let forget = diesel::delete(dsl::api_keys.filter(dsl::id.eq(*oldest)));
        on_backend!(c, c => forget.execute(c))?;
    }
    Ok(true)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct KeyRow {
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
    fn read(self) -> Result<KeyRecord, StorageError> {
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
