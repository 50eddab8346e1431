//! What the same database held before the upgrade.

use domain::{AccountId, Timestamp};
use rusqlite::{Connection, Row};
use storage::TokenHash;
use tests::old_database;

/// What a query finds in the same database before the upgrade.
pub(super) fn before<T>(query: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let connection: Connection = old_database::in_memory();
    let mut query = connection.prepare(query).unwrap();
    query.query_map([], |row| read(row)).unwrap().map(Result::unwrap).collect()
}

/// An API key as it was.
pub(super) struct OldKey {
    pub(super) id: i64,
    pub(super) account: AccountId,
    pub(super) hash: TokenHash,
    pub(super) created_at: Timestamp,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) last_event_id: i64,
    pub(super) sealed_id: i64,
    pub(super) segments_version: i64,
}

/// All of them, in the order of their numbers.
pub(super) fn old_keys() -> Vec<OldKey> {
    let time = |micros: i64| Timestamp::from_micros(micros).unwrap();
    before("SELECT * FROM api_keys ORDER BY id", |row| {
        Ok(OldKey {
            id: row.get("id")?,
            account: AccountId(row.get("account_id")?),
            hash: row.get("key_hash")?,
            created_at: time(row.get("created_at")?),
            revoked_at: row.get::<_, Option<i64>>("revoked_at")?.map(time),
            last_event_id: row.get("last_event_id")?,
            sealed_id: row.get("sealed_id")?,
            segments_version: row.get("segments_version")?,
        })
    })
}
