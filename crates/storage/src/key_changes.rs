//! Changes of API keys. A key that has ended, revoked or expired, stays as it is.

use diesel::prelude::*;
use domain::{KeyId, Name, ProjectId, Scopes, Timestamp};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::keys::{KeyRecord, KeyRow, NewKey, insert_row, make_room};
use crate::locks::lock_project;
use crate::schema::api_keys::dsl;
use crate::text::numbered;

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
            let Some(old) = find(c, project, key)? else { return Ok(KeyChange::Unknown) };
            if !old.is_in_force(by.at) {
                return Ok(KeyChange::Ended);
            }
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
            let Some(old) = find(c, project, key)? else { return Ok(false) };
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
            let Some(old) = find(c, project, key)? else { return Ok(KeyChange::Unknown) };
            if !old.is_in_force(by.at) {
                return Ok(KeyChange::Ended);
            }
            if !make_room(c, project, by.at)? {
                return Ok(KeyChange::Full);
            }
            let end = old.expires_at.map_or(old_until, |expires_at| expires_at.min(old_until));
            // Without an overlap it is revoked, too: whoever rotates it at the same moment, by a clock that is a little
            // behind, must not find it in force.
            let revoked_at = (old_until <= by.at).then(|| by.at.as_micros());
            let end_old = diesel::update(dsl::api_keys.filter(dsl::id.eq(key.0)))
                .set((dsl::expires_at.eq(end.as_micros()), dsl::revoked_at.eq(revoked_at)));
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

/// The key of a project, which is locked.
fn find(c: &mut Connection, project: ProjectId, key: KeyId) -> Result<Option<KeyRecord>, StorageError> {
    if !lock_project(c, project)? {
        return Ok(None);
    }
    let query = dsl::api_keys.filter(dsl::id.eq(key.0)).filter(dsl::project_id.eq(project.0));
    let row = on_backend!(c, c => query.select(KeyRow::as_select()).first(c).optional())?;
    row.map(KeyRow::read).transpose()
}
