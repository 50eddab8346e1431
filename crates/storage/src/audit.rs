//! The audit log: who did what, when, from where.

use diesel::prelude::*;
use domain::{AccountId, AuditId, ClientAddress, ProjectId, Timestamp};

use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::locks::lock_account;
use crate::schema::audit::{self, dsl};
use crate::schema::members;
use crate::stored;
use crate::text::clean;

/// Names of what is done.
pub mod action;

/// So many failed sign-ins of an account are kept, the newest.
const MAX_FAILED_SIGN_INS: i64 = 100;
/// The longest name of an actor and the longest subject, in characters.
const MAX_ACTOR: usize = 60;
const MAX_SUBJECT: usize = 200;

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account that is signed in, if any is.
    pub account: Option<AccountId>,
    /// Its name, or what it goes by: `command line`.
    pub name: String,
    /// Where the request came from.
    pub address: Option<ClientAddress>,
    /// When.
    pub at: Timestamp,
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it was done.
    pub at: Timestamp,
    /// In which project.
    pub project: Option<ProjectId>,
    /// Whom it concerns: another account, or else the one that did it.
    pub account: Option<AccountId>,
    /// The name of who did it.
    pub actor: String,
    /// What was done: one of [`action`], or of a newer version.
    pub action: String,
    /// To what.
    pub subject: String,
    /// From where.
    pub address: Option<ClientAddress>,
}

impl Actor {
    /// An entry that says what this actor did.
    #[must_use]
    pub fn did(&self, action: &str, subject: impl Into<String>) -> AuditEntry {
        AuditEntry {
            at: self.at,
            project: None,
            account: self.account,
            actor: self.name.clone(),
            action: action.to_owned(),
            subject: subject.into(),
            address: self.address,
        }
    }
}

impl AuditEntry {
    /// The same, done in a project.
    #[must_use]
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// The same, done to an account.
    #[must_use]
    pub fn to_account(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }
}

impl Storage {
    /// The entries of a project below a number, and failures to sign in as one of its members; the newest first.
    ///
    /// # Errors
    /// The database fails, or an entry is damaged.
    pub fn audit(
        &self,
        project: ProjectId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<(AuditId, AuditEntry)>, StorageError> {
        let members =
            members::table.filter(members::project_id.eq(project.0)).select(members::account_id.nullable());
        let is_failure = dsl::action.eq(action::SIGN_IN_FAIL).and(dsl::account_id.eq_any(members));
        let query = dsl::audit
            .filter(dsl::project_id.eq(project.0).or(is_failure.assume_not_null()))
            .filter(dsl::id.lt(before.map_or(i64::MAX, |id| id.0)))
            .order(dsl::id.desc())
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.load::<Row>(c))?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The entries that concern an account, below a number, the newest first.
    ///
    /// # Errors
    /// The database fails, or an entry is damaged.
    pub fn audit_of(
        &self,
        account: AccountId,
        before: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<(AuditId, AuditEntry)>, StorageError> {
        let query = dsl::audit
            .filter(dsl::account_id.eq(account.0))
            .filter(dsl::id.lt(before.map_or(i64::MAX, |id| id.0)))
            .order(dsl::id.desc())
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.load::<Row>(c))?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Enters what was done without a change of anything else. Of the failed sign-ins of an account (and of those
    /// under names of none) only the newest 100 stay.
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&self, entry: &AuditEntry) -> Result<(), StorageError> {
        let is_failed_sign_in = entry.action == action::SIGN_IN_FAIL;
        self.write(|c| {
            if let Some(account) = entry.account.filter(|_| is_failed_sign_in) {
                lock_account(c, account)?;
            }
            enter(c, [entry])?;
            if is_failed_sign_in { forget_failed_sign_ins(c, entry.account) } else { Ok(()) }
        })
    }

    /// Forgets the oldest entries that were made before an instant, up to a limit. Says how many.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_audit(&self, before: Timestamp, limit: u32) -> Result<usize, StorageError> {
        // By number, not by time: numbers ascend with time, but for the difference between the clocks of processes.
        let oldest = dsl::audit.order(dsl::id).limit(limit.into()).select((dsl::id, dsl::at));
        self.write(|c| {
            let oldest = on_backend!(c, c => oldest.load::<(i64, i64)>(c))?;
            let old = oldest.into_iter().filter(|(_, at)| *at < before.as_micros());
            let ids: Vec<_> = old.map(|(id, _)| id).collect();
            if ids.is_empty() {
                return Ok(0);
            }
            Ok(on_backend!(c, c => diesel::delete(dsl::audit.filter(dsl::id.eq_any(ids))).execute(c))?)
        })
    }
}

/// Enters what was done, in the transaction that does it.
pub(crate) fn enter<'a>(
    c: &mut Connection,
    entries: impl IntoIterator<Item = &'a AuditEntry>,
) -> Result<(), StorageError> {
    let rows: Vec<_> = entries.into_iter().map(NewRow::of).collect();
    on_backend!(c, c => diesel::insert_into(audit::table).values(&rows).execute(c))?;
    Ok(())
}

fn forget_failed_sign_ins(c: &mut Connection, account: Option<AccountId>) -> Result<(), StorageError> {
    on_backend!(c, c => {
        let failed = dsl::audit.filter(dsl::action.eq(action::SIGN_IN_FAIL)).into_boxed();
        let failed = match account {
            Some(account) => failed.filter(dsl::account_id.eq(account.0)),
            None => failed.filter(dsl::account_id.is_null()),
        };
        let too_many = failed.order(dsl::id.desc()).offset(MAX_FAILED_SIGN_INS).select(dsl::id);
        let ids = too_many.limit(MAX_FAILED_SIGN_INS).load::<i64>(c)?;
        if !ids.is_empty() {
            diesel::delete(dsl::audit.filter(dsl::id.eq_any(ids))).execute(c)?;
        }
    });
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
struct NewRow<'a> {
    at: i64,
    project_id: Option<i64>,
    account_id: Option<i64>,
    actor: String,
    action: &'a str,
    subject: String,
    address: Option<&'a [u8]>,
}

impl<'a> NewRow<'a> {
    fn of(entry: &'a AuditEntry) -> Self {
        Self {
            at: entry.at.as_micros(),
            project_id: entry.project.map(|project| project.0),
            account_id: entry.account.map(|account| account.0),
            actor: clean(&entry.actor, MAX_ACTOR),
            action: &entry.action,
            subject: clean(&entry.subject, MAX_SUBJECT),
            address: entry.address.as_ref().map(|address| address.as_bytes().as_slice()),
        }
    }
}

#[derive(Queryable)]
struct Row {
    id: i64,
    at: i64,
    project_id: Option<i64>,
    account_id: Option<i64>,
    actor: String,
    action: String,
    subject: String,
    address: Option<Vec<u8>>,
}

impl Row {
    fn read(self) -> Result<(AuditId, AuditEntry), StorageError> {
        let row = stored::Row { table: "audit", id: self.id };
        let entry = AuditEntry {
            at: row.time("at", self.at)?,
            project: self.project_id.map(ProjectId),
            account: self.account_id.map(AccountId),
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            address: row.address(self.address)?,
        };
        Ok((AuditId(self.id), entry))
    }
}
