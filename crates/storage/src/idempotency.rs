//! Batches that must not be stored twice: each is noted, with its answer, in the transaction of its events.

use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{ProjectId, Timestamp};

use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::delivery::{Once, Outcome};
use crate::error::StorageError;
use crate::schema::idempotency_keys::{self, dsl};

impl Storage {
    /// Forgets the oldest batches that were noted before an instant, up to a limit. Says how many.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_batches(&self, before: Timestamp, limit: u32) -> Result<usize, StorageError> {
        let oldest = dsl::idempotency_keys
            .filter(dsl::created_at.lt(before.as_micros()))
            .order((dsl::created_at, dsl::id))
            .limit(i64::from(limit))
            .select(dsl::id);
        self.write(|c| {
            let ids = on_backend!(c, c => oldest.load::<i64>(c))?;
            if ids.is_empty() {
                return Ok(0);
            }
            let forgotten = dsl::idempotency_keys.filter(dsl::id.eq_any(ids));
            Ok(on_backend!(c, c => diesel::delete(forgotten).execute(c))?)
        })
    }
}

/// Notes a batch, unless it is known: then its events must not be stored. A writer that is about to note the
/// same batch is waited for.
pub(crate) fn claim(
    c: &mut Connection,
    project: ProjectId,
    once: &Once,
    now: Timestamp,
) -> Result<Outcome, StorageError> {
    let row = (
        dsl::project_id.eq(project.0),
        dsl::name_hash.eq(once.name_hash.as_slice()),
        dsl::body_hash.eq(once.body_hash.as_slice()),
        dsl::created_at.eq(now.as_micros()),
        dsl::answer.eq(&once.answer),
    );
    let is_forgotten = dsl::created_at.lt(once.forgotten_before.as_micros());
    let noted = on_backend!(c, c => {
        let note = diesel::insert_into(idempotency_keys::table)
            .values(row)
            .on_conflict((dsl::project_id, dsl::name_hash))
            .do_update()
            .set((
                dsl::body_hash.eq(excluded(dsl::body_hash)),
                dsl::created_at.eq(excluded(dsl::created_at)),
                dsl::answer.eq(excluded(dsl::answer)),
            ));
        diesel::query_dsl::methods::FilterDsl::filter(note, is_forgotten).execute(c)
    })?;
    if noted > 0 {
        return Ok(Outcome::Stored);
    }
    let query = dsl::idempotency_keys
        .filter(dsl::project_id.eq(project.0))
        .filter(dsl::name_hash.eq(once.name_hash.as_slice()))
        .select((dsl::body_hash, dsl::answer));
    let (body_hash, answer) = on_backend!(c, c => query.first::<(Vec<u8>, String)>(c))?;
    Ok(if body_hash == once.body_hash { Outcome::Replayed(answer) } else { Outcome::Conflict })
}

/// Forgets a batch that was noted in this transaction: it is not stored after all, and may come again.
pub(crate) fn release(c: &mut Connection, project: ProjectId, once: &Once) -> Result<(), StorageError> {
    let note = dsl::idempotency_keys
        .filter(dsl::project_id.eq(project.0))
        .filter(dsl::name_hash.eq(once.name_hash.as_slice()));
    on_backend!(c, c => diesel::delete(note).execute(c))?;
    Ok(())
}
