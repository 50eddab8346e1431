//! API keys, known by their hashes only.

use diesel::OptionalExtension;
use diesel::prelude::*;
use domain::{AccountId, ProjectId, Timestamp};

use crate::backend::on_backend;
use crate::schema::api_keys;
use crate::{Storage, StorageError};

/// An API key that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number.
    pub id: ProjectId,
    /// Whose it is.
    pub account: AccountId,
}

impl Storage {
    /// Keeps a new key of an account by its SHA-256.
    ///
    /// # Errors
    /// The database fails; also if there is no such account or the hash is there already.
    pub fn create_key(
        &self,
        account: AccountId,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<ApiKey, StorageError> {
        let row = (
            api_keys::account_id.eq(account.0),
            api_keys::key_hash.eq(hash.as_slice()),
            api_keys::created_at.eq(now.as_micros()),
            api_keys::last_event_id.eq(0),
        );
        let id = self.write(|c| {
            let insert = diesel::insert_into(api_keys::table).values(row).returning(api_keys::id);
            Ok(on_backend!(c, c => insert.get_result(c))?)
        })?;
        Ok(ApiKey { id: ProjectId(id), account })
    }

    /// The key with this SHA-256, unless it is revoked.
    ///
    /// # Errors
    /// The database fails.
    pub fn key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StorageError> {
        let query = api_keys::table
            .filter(api_keys::key_hash.eq(hash.as_slice()))
            .filter(api_keys::revoked_at.is_null())
            .select((api_keys::id, api_keys::account_id));
        let mut connection = self.connection()?;
        let row = on_backend!(&mut *connection, c => query.first::<(i64, i64)>(c).optional())?;
        Ok(row.map(|(id, account)| ApiKey { id: ProjectId(id), account: AccountId(account) }))
    }

    /// Puts a key out of force; its events stay. Says whether it was in force.
    ///
    /// # Errors
    /// The database fails.
    pub fn revoke_key(&self, hash: &[u8; 32], now: Timestamp) -> Result<bool, StorageError> {
        let in_force = api_keys::table
            .filter(api_keys::key_hash.eq(hash.as_slice()))
            .filter(api_keys::revoked_at.is_null());
        let revoke = diesel::update(in_force).set(api_keys::revoked_at.eq(now.as_micros()));
        let changed = self.write(|c| Ok(on_backend!(c, c => revoke.execute(c))?))?;
        Ok(changed > 0)
    }
}
