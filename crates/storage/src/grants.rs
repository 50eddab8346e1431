//! What API keys open: the look-up that stands before every event. Not for changing keys.

use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::{KeyId, ProjectId, ProjectSettings, Scopes, Timestamp};

use crate::backend::{Connection, load_locked, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::schema::{api_keys, projects};
use crate::stored;

const MICROS_PER_MINUTE: i64 = 60_000_000;
/// So many keys of one statement: bounds its values.
const KEYS_AT_ONCE: usize = 1000;

/// What a key opens that is not revoked. Whether it has expired is for the caller to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    /// The key.
    pub key: KeyId,
    /// The project that it opens.
    pub project: ProjectId,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The settings of the project.
    pub settings: ProjectSettings,
}

impl Storage {
    /// What the keys with these hashes open; those that do not exist or are revoked are left out. One project that is
    /// damaged is an error of its own keys only.
    ///
    /// # Errors
    /// The database fails.
    #[expect(clippy::type_complexity, reason = "a list of pairs")]
    pub fn grants(
        &self,
        hashes: &[TokenHash],
    ) -> Result<Vec<(TokenHash, Result<KeyGrant, StorageError>)>, StorageError> {
        let mut connection = self.look_up()?;
        let mut grants = Vec::new();
        for row in load_grants(&mut connection, hashes)? {
            // A hash of another length equals none of those that were asked for.
            let Ok(hash) = TokenHash::try_from(row.hash.as_slice()) else { continue };
            grants.push((hash, row.read()));
        }
        Ok(grants)
    }

    /// Notes when keys were used, to the minute; never that they were used earlier than is known.
    ///
    /// # Errors
    /// The database fails.
    pub fn touch_keys(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StorageError> {
        let mut last: BTreeMap<i64, i64> = BTreeMap::new();
        for (key, at) in uses {
            let minute = at.as_micros().div_euclid(MICROS_PER_MINUTE) * MICROS_PER_MINUTE;
            let known = last.entry(key.0).or_insert(minute);
            *known = minute.max(*known);
        }
        let mut by_minute: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (key, minute) in &last {
            by_minute.entry(*minute).or_default().push(*key);
        }
        let keys: Vec<i64> = last.into_keys().collect();
        self.write(|c| {
            // All of them in ascending order first, so that no two processes wait for each other in a circle.
            for keys in keys.chunks(KEYS_AT_ONCE) {
                let query = api_keys::table
                    .filter(api_keys::id.eq_any(keys))
                    .order(api_keys::id)
                    .select(api_keys::id);
                load_locked!(c, for_update, query => i64)?;
            }
            for (minute, keys) in by_minute {
                for keys in keys.chunks(KEYS_AT_ONCE) {
                    let earlier = api_keys::table
                        .filter(api_keys::id.eq_any(keys))
                        .filter(api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(minute)));
                    let touch = diesel::update(earlier).set(api_keys::last_used_at.eq(minute));
                    on_backend!(c, c => touch.execute(c))?;
                }
            }
            Ok(())
        })
    }
}

#[diesel::dsl::auto_type]
fn in_force() -> _ {
    api_keys::table.inner_join(projects::table).filter(api_keys::revoked_at.is_null()).select((
        api_keys::key_hash,
        api_keys::id,
        api_keys::project_id,
        api_keys::scopes,
        api_keys::expires_at,
        projects::settings,
    ))
}

/// PostgreSQL gets all hashes as one array. For SQLite a list of them would be another statement for each length, whose
/// making costs ten times the look-up: it gets one after the other, and the transaction takes its locks once.
fn load_grants(connection: &mut Connection, hashes: &[TokenHash]) -> Result<Vec<GrantRow>, StorageError> {
    match connection {
        Connection::Sqlite(c) => diesel::Connection::transaction(c, |c| {
            let mut rows = Vec::new();
            for hash in hashes {
                rows.extend(in_force().filter(api_keys::key_hash.eq(hash.as_slice())).load::<GrantRow>(c)?);
            }
            Ok(rows)
        }),
        Connection::Postgres(c) => {
            let hashes: Vec<&[u8]> = hashes.iter().map(TokenHash::as_slice).collect();
            Ok(in_force().filter(api_keys::key_hash.eq_any(hashes)).load(c)?)
        }
    }
}

#[derive(Queryable)]
struct GrantRow {
    hash: Vec<u8>,
    id: i64,
    project_id: i64,
    scopes: String,
    expires_at: Option<i64>,
    settings: String,
}

impl GrantRow {
    fn read(self) -> Result<KeyGrant, StorageError> {
        let key = stored::Row { table: "api_keys", id: self.id };
        let project = stored::Row { table: "projects", id: self.project_id };
        Ok(KeyGrant {
            key: KeyId(self.id),
            project: ProjectId(self.project_id),
            scopes: key.known("scopes", &self.scopes)?,
            expires_at: key.time_if_any("expires_at", self.expires_at)?,
            settings: project.settings(&self.settings)?,
        })
    }
}
