//! Quotas of a day. They hold across processes: what is stored already is read while the project is locked.

use std::collections::BTreeSet;

use diesel::prelude::*;
use domain::{ProjectId, Timestamp, Verdict};

use crate::backend::{Connection, on_backend};
use crate::delivery::Outcome;
use crate::error::StorageError;
use crate::idempotency::{claim, release};
use crate::locks::lock_project;
use crate::pending::Pending;
use crate::schema::ingest_ledger::dsl;
use crate::stored;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Refuses the deliveries of a project with which it would take in more events today than it may, in the order given.
/// Their names are not used up: whoever has the same name in the same commit is judged anew. Says whether there is
/// such a project; without a quota nothing is asked.
pub(crate) fn refuse_what_is_over(
    c: &mut Connection,
    project: ProjectId,
    group: &mut [&mut Pending<'_>],
    now: Timestamp,
) -> Result<bool, StorageError> {
    let has_quota = |one: &&mut Pending<'_>| one.events_per_day.is_some() && one.outcome == Outcome::Stored;
    if !group.iter().any(has_quota) {
        return Ok(true);
    }
    if !lock_project(c, project)? {
        return Ok(false);
    }
    let mut stored = stored_today(c, project, now)?;
    let mut released = BTreeSet::new();
    for one in group {
        let once = one.delivery.once();
        if let Some(once) = once.filter(|once| released.contains(&once.name_hash)) {
            one.outcome = claim(c, project, once, now)?;
        }
        if one.outcome != Outcome::Stored {
            continue;
        }
        let events = one.delivery.events().len() as u64;
        let sum = stored.saturating_add(events);
        if events == 0 || one.events_per_day.is_none_or(|quota| sum <= quota) {
            stored = sum;
            continue;
        }
        one.outcome = Outcome::OverQuota;
        if let Some(once) = once {
            release(c, project, once)?;
            released.insert(once.name_hash);
        }
    }
    Ok(true)
}

/// How many events of a project are stored that arrived on the day of an instant, UTC.
fn stored_today(c: &mut Connection, project: ProjectId, now: Timestamp) -> Result<u64, StorageError> {
    let start = now.as_micros().div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
    let query = dsl::ingest_ledger
        .filter(dsl::project_id.eq(project.0))
        .filter(dsl::hour.ge(start).and(dsl::hour.lt(start + MICROS_PER_DAY)))
        .filter(dsl::verdict.eq(Verdict::Stored.to_string()))
        .select(dsl::events);
    let row = stored::Row { table: "ingest_ledger", id: project.0 };
    let mut sum = 0_u64;
    for events in on_backend!(c, c => query.load::<i64>(c))? {
        sum = sum.saturating_add(row.count("events", events)?);
    }
    Ok(sum)
}
