//! The ledger of ingest: numbers of events by key, hour of arrival and verdict.

use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{KeyId, Ledger, Tally, TimeRange, Timestamp};

use crate::backend::{Connection, on_backend};
use crate::schema::ingest_ledger::{self, dsl};
use crate::{Storage, StorageError};

impl Storage {
    /// What arrived for a key in the hours that start in a range.
    ///
    /// # Errors
    /// The database fails.
    pub fn ledger(&self, key: KeyId, range: TimeRange) -> Result<Ledger, StorageError> {
        let query = dsl::ingest_ledger
            .filter(dsl::key_id.eq(key.0))
            .filter(dsl::hour.between(range.start().as_micros(), range.end().as_micros()))
            .order((dsl::hour, dsl::verdict))
            .select((dsl::hour, dsl::verdict, dsl::events));
        let mut connection = self.connection()?;
        let rows = on_backend!(&mut *connection, c => query.load::<(i64, String, i64)>(c))?;
        Ok(Ledger::of(rows.into_iter().filter_map(|(hour, verdict, events)| {
            // Nothing else is ever written.
            Some((Timestamp::from_micros(hour)?, verdict.parse().ok()?, u64::try_from(events).ok()?))
        })))
    }
}

/// Adds numbers to the ledger, one statement for each key, hour and verdict. In their order, so that no two
/// writers wait for each other in a circle.
pub(crate) fn add(c: &mut Connection, tally: &Tally) -> Result<(), StorageError> {
    for (key, hour, verdict, events) in tally.iter() {
        let row = (
            dsl::key_id.eq(key.0),
            dsl::hour.eq(hour.as_micros()),
            dsl::verdict.eq(verdict.to_string()),
            dsl::events.eq(i64::try_from(events).unwrap_or(i64::MAX)),
        );
        on_backend!(c, c => diesel::insert_into(ingest_ledger::table)
            .values(row)
            .on_conflict((dsl::key_id, dsl::hour, dsl::verdict))
            .do_update()
            .set(dsl::events.eq(dsl::events + excluded(dsl::events)))
            .execute(c))?;
    }
    Ok(())
}
