//! The commit of what has gathered: events, ledger and idempotency in one transaction.

use std::collections::BTreeMap;

use domain::{ProjectId, Tally, Timestamp, Verdict};

use crate::backend::Connection;
use crate::database::Storage;
use crate::delivery::{Incoming, Outcome};
use crate::error::StorageError;
use crate::idempotency::{claim, release};
use crate::insert::{Row, insert};
use crate::ledger;
use crate::locks::keep_project;
use crate::numbers::reserve;
use crate::pending::Pending;
use crate::quota::refuse_what_is_over;

/// What came for one project.
#[derive(Default)]
struct Group<'p, 'a> {
    pending: Vec<&'p mut Pending<'a>>,
    refused: Vec<(Timestamp, Verdict, u64)>,
}

impl Storage {
    /// Stores deliveries of any projects, all of them or none and durably, numbers their events within their projects
    /// in the order given, and enters into the ledger what became of them, along with `refused`.
    ///
    /// # Errors
    /// The database fails; then nothing is stored.
    pub fn commit(
        &self,
        incoming: &[Incoming],
        refused: &Tally,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, StorageError> {
        let mut pending: Vec<_> = incoming.iter().map(Pending::of).collect();
        self.write(|c| {
            // Names, then projects, then the ledger, each in ascending order: so no two writers wait for each other
            // in a circle.
            claim_names(c, &mut pending, now)?;
            let mut by_project: BTreeMap<ProjectId, Group<'_, '_>> = BTreeMap::new();
            for one in &mut pending {
                by_project.entry(one.project).or_default().pending.push(one);
            }
            for (project, hour, verdict, events) in refused.iter() {
                by_project.entry(project).or_default().refused.push((hour, verdict, events));
            }
            let (mut rows, mut tally) = (Vec::new(), Tally::default());
            for (project, mut group) in by_project {
                if !store(c, project, &mut group.pending, &mut rows, now)? {
                    give_up(c, group.pending)?;
                    continue;
                }
                group.pending.iter().for_each(|one| one.record(&mut tally, now));
                for (hour, verdict, events) in group.refused {
                    tally.record(project, hour, verdict, events);
                }
            }
            insert(c, &rows)?;
            ledger::add(c, &tally)
        })?;
        Ok(pending.into_iter().map(|one| one.outcome).collect())
    }
}

fn claim_names(c: &mut Connection, pending: &mut [Pending<'_>], now: Timestamp) -> Result<(), StorageError> {
    let mut named: Vec<_> =
        pending.iter_mut().filter_map(|one| one.delivery.once().map(|once| (once, one))).collect();
    named.sort_by_key(|(once, one)| (one.project, once.name_hash));
    for (once, one) in named {
        one.outcome = claim(c, one.project, once, now)?;
    }
    Ok(())
}

/// Numbers the events of a project and adds their rows. Says whether there is such a project.
fn store<'a>(
    c: &mut Connection,
    project: ProjectId,
    group: &mut [&mut Pending<'a>],
    rows: &mut Vec<Row<'a>>,
    now: Timestamp,
) -> Result<bool, StorageError> {
    if !refuse_what_is_over(c, project, group, now)? {
        return Ok(false);
    }
    let stored = group.iter().filter(|one| one.outcome == Outcome::Stored);
    let events: Vec<_> = stored.flat_map(|one| one.delivery.events()).collect();
    let Some(newest) = events.last() else { return keep_project(c, project) };
    let Some(first) = reserve(c, project, events.len(), newest.created_at())? else { return Ok(false) };
    rows.extend((first..).zip(events).map(|(id, event)| Row::new(project, id, event)));
    Ok(true)
}

/// The project does not exist (any more): nothing of it stays, and nothing is remembered.
fn give_up(c: &mut Connection, group: Vec<&mut Pending<'_>>) -> Result<(), StorageError> {
    for one in group {
        if let Some(once) = one.delivery.once().filter(|_| one.outcome == Outcome::Stored) {
            release(c, one.project, once)?;
        }
        one.outcome = Outcome::UnknownProject;
    }
    Ok(())
}
