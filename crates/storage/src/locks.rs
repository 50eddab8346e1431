//! Locks on accounts and projects, for changes that depend on what others may be changing.
//!
//! Whoever takes several locks takes those on accounts first, then those on projects in ascending order, then touches
//! the rest: so no two wait for each other in a circle.

use diesel::prelude::*;
use domain::{AccountId, ProjectId};

use crate::backend::{Connection, load_locked};
use crate::error::StorageError;
use crate::schema::{accounts, projects};

/// Nobody else changes the account, its sessions or its memberships until the transaction ends. Says whether there is
/// such an account.
pub(crate) fn lock_account(c: &mut Connection, account: AccountId) -> Result<bool, StorageError> {
    let query = accounts::table.filter(accounts::id.eq(account.0)).select(accounts::id);
    Ok(!load_locked!(c, for_update, query => i64)?.is_empty())
}

/// The account stays until the transaction ends. Says whether there is such an account.
pub(crate) fn keep_account(c: &mut Connection, account: AccountId) -> Result<bool, StorageError> {
    let query = accounts::table.filter(accounts::id.eq(account.0)).select(accounts::id);
    Ok(!load_locked!(c, for_key_share, query => i64)?.is_empty())
}

/// Nobody else changes the project, or what belongs to it, until the transaction ends. Says whether there is such a
/// project.
pub(crate) fn lock_project(c: &mut Connection, project: ProjectId) -> Result<bool, StorageError> {
    let query = projects::table.filter(projects::id.eq(project.0)).select(projects::id);
    Ok(!load_locked!(c, for_update, query => i64)?.is_empty())
}

/// The project stays until the transaction ends. Says whether there is such a project.
pub(crate) fn keep_project(c: &mut Connection, project: ProjectId) -> Result<bool, StorageError> {
    let query = projects::table.filter(projects::id.eq(project.0)).select(projects::id);
    Ok(!load_locked!(c, for_key_share, query => i64)?.is_empty())
}
