//! Members of projects and their roles. A project that has an owner never loses the last one.

use diesel::prelude::*;
use domain::{AccountId, ProjectId, Role, Timestamp, Username};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::locks::{keep_account, lock_project};
use crate::schema::accounts;
use crate::schema::members::{self, dsl};
use crate::stored;

/// So many members a project may have, those included that are invited.
pub(crate) const MAX_MEMBERS: i64 = 1000;

/// An account that belongs to a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub username: Username,
    /// What it may do.
    pub role: Role,
    /// Since when it is a member.
    pub created_at: Timestamp,
}

/// What became of a change of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// It is done.
    Changed,
    /// The account is no member.
    Unknown,
    /// It is the last owner; nothing has changed.
    LastOwner,
}

impl Storage {
    /// The members of a project, in the order of their accounts.
    ///
    /// # Errors
    /// The database fails.
    pub fn members(&self, project: ProjectId) -> Result<Vec<Member>, StorageError> {
        let query = dsl::members
            .inner_join(accounts::table)
            .filter(dsl::project_id.eq(project.0))
            .order(dsl::account_id)
            .select((dsl::account_id, accounts::username, dsl::role, dsl::created_at));
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.load::<(i64, String, String, i64)>(c))?;
        let read = |(account, username, role, created_at): (i64, String, String, i64)| {
            let row = stored::Row { table: "members", id: project.0 };
            Ok(Member {
                account: AccountId(account),
                username: row.username(&username)?,
                role: row.known("role", &role)?,
                created_at: row.time("created_at", created_at)?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// The role of an account in a project, if it is a member.
    ///
    /// # Errors
    /// The database fails.
    pub fn membership(&self, project: ProjectId, account: AccountId) -> Result<Option<Role>, StorageError> {
        role_of(&mut *self.read()?, project, account)
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_role(
        &self,
        project: ProjectId,
        account: AccountId,
        role: Role,
        by: &Actor,
    ) -> Result<MemberChange, StorageError> {
        self.write(|c| {
            let old = match changeable(c, project, account)? {
                Some(old) if old == Role::Owner && role != Role::Owner => {
                    if !has_other_owner(c, project, account)? {
                        return Ok(MemberChange::LastOwner);
                    }
                    old
                }
                Some(old) => old,
                None => return Ok(MemberChange::Unknown),
            };
            if old != role {
                update_role(c, project, account, role)?;
                note(c, by, action::MEMBER_ROLE, project, account, role)?;
            }
            Ok(MemberChange::Changed)
        })
    }

    /// Makes an account a member no more; also for who leaves.
    ///
    /// # Errors
    /// The database fails.
    pub fn remove_member(
        &self,
        project: ProjectId,
        account: AccountId,
        by: &Actor,
    ) -> Result<MemberChange, StorageError> {
        self.write(|c| {
            let Some(role) = changeable(c, project, account)? else { return Ok(MemberChange::Unknown) };
            if role == Role::Owner && !has_other_owner(c, project, account)? {
                return Ok(MemberChange::LastOwner);
            }
            let remove = diesel::delete(dsl::members.find((project.0, account.0)));
            on_backend!(c, c => remove.execute(c))?;
            note(c, by, action::MEMBER_REMOVE, project, account, role)?;
            Ok(MemberChange::Changed)
        })
    }
}

/// Makes an account a member, in a project that is new or locked.
pub(crate) fn insert_member(
    c: &mut Connection,
    project: ProjectId,
    account: AccountId,
    role: Role,
    at: Timestamp,
) -> Result<(), StorageError> {
    let row = (
        dsl::project_id.eq(project.0),
        dsl::account_id.eq(account.0),
        dsl::role.eq(role.as_str()),
        dsl::created_at.eq(at.as_micros()),
    );
    on_backend!(c, c => diesel::insert_into(members::table).values(row).execute(c))?;
    Ok(())
}

/// Makes an account a member of a project that is locked, or gives it a higher role than it has. Says which role it
/// has then.
pub(crate) fn join(
    c: &mut Connection,
    project: ProjectId,
    account: AccountId,
    role: Role,
    by: &Actor,
) -> Result<Role, StorageError> {
    match role_of(c, project, account)? {
        Some(old) if old >= role => return Ok(old),
        Some(_) => update_role(c, project, account, role)?,
        None => insert_member(c, project, account, role, by.at)?,
    }
    note(c, by, action::MEMBER_JOIN, project, account, role)?;
    Ok(role)
}

/// The role of a member of a project, which is locked, and whose account stays.
fn changeable(
    c: &mut Connection,
    project: ProjectId,
    account: AccountId,
) -> Result<Option<Role>, StorageError> {
    if keep_account(c, account)? && lock_project(c, project)? {
        role_of(c, project, account)
    } else {
        Ok(None)
    }
}

fn role_of(c: &mut Connection, project: ProjectId, account: AccountId) -> Result<Option<Role>, StorageError> {
    let query = dsl::members.find((project.0, account.0)).select(dsl::role);
    let role = on_backend!(c, c => query.first::<String>(c).optional())?;
    let row = stored::Row { table: "members", id: project.0 };
    role.map(|role| row.known("role", &role)).transpose()
}

fn has_other_owner(c: &mut Connection, project: ProjectId, account: AccountId) -> Result<bool, StorageError> {
    let others = dsl::members
        .filter(dsl::project_id.eq(project.0))
        .filter(dsl::account_id.ne(account.0))
        .filter(dsl::role.eq(Role::Owner.as_str()))
        .select(dsl::account_id);
    Ok(on_backend!(c, c => others.first::<i64>(c).optional())?.is_some())
}

fn update_role(
    c: &mut Connection,
    project: ProjectId,
    account: AccountId,
    role: Role,
) -> Result<(), StorageError> {
    let update = diesel::update(dsl::members.find((project.0, account.0))).set(dsl::role.eq(role.as_str()));
    on_backend!(c, c => update.execute(c))?;
    Ok(())
}

fn note(
    c: &mut Connection,
    by: &Actor,
    action: &'static str,
    project: ProjectId,
    account: AccountId,
    role: Role,
) -> Result<(), StorageError> {
    let query = accounts::table.filter(accounts::id.eq(account.0)).select(accounts::username);
    let username = on_backend!(c, c => query.first::<String>(c))?;
    let subject = format!("{username}: {}", role.as_str());
    enter(c, [&by.did(action, subject).in_project(project).to_account(account)])
}
