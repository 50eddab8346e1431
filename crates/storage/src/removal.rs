//! How accounts go. Projects keep an owner: whoever is the last one stays.

use diesel::prelude::*;
use domain::{AccountId, ProjectId, Role};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, load_locked, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::locks::lock_account;
use crate::schema::{accounts, audit, members, projects, sessions};

/// So many projects are named to an account that cannot go.
const MAX_NAMED: i64 = 20;
/// So many entries of one statement.
const ENTRIES_AT_ONCE: usize = 500;

/// What became of an account that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountRemoval {
    /// It is gone, with its sessions and memberships.
    Deleted,
    /// It is the last owner of these projects, of which 20 are named at most; nothing has changed.
    LastOwnerOf(Vec<(ProjectId, String)>),
    /// There is no such account.
    Unknown,
}

impl Storage {
    /// Removes an account, unless it is the last owner of a project.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_account(&self, account: AccountId, by: &Actor) -> Result<AccountRemoval, StorageError> {
        self.write(|c| {
            // While the account is locked nobody makes it an owner of further projects.
            if !lock_account(c, account)? {
                return Ok(AccountRemoval::Unknown);
            }
            lock_owned(c, account)?;
            let last_owner_of = owned_alone(c, account)?;
            if !last_owner_of.is_empty() {
                return Ok(AccountRemoval::LastOwnerOf(last_owner_of));
            }
            remove(c, account, by)?;
            Ok(AccountRemoval::Deleted)
        })
    }
}

fn lock_owned(c: &mut Connection, account: AccountId) -> Result<(), StorageError> {
    let owned = members::table
        .filter(members::account_id.eq(account.0))
        .filter(members::role.eq(Role::Owner.as_str()))
        .select(members::project_id);
    let query = projects::table.filter(projects::id.eq_any(owned)).order(projects::id).select(projects::id);
    load_locked!(c, for_update, query => i64)?;
    Ok(())
}

/// The projects without another owner.
fn owned_alone(c: &mut Connection, account: AccountId) -> Result<Vec<(ProjectId, String)>, StorageError> {
    let other = diesel::alias!(members as other);
    let others = other
        .filter(other.field(members::project_id).eq(members::project_id))
        .filter(other.field(members::account_id).ne(account.0))
        .filter(other.field(members::role).eq(Role::Owner.as_str()));
    let query = members::table
        .inner_join(projects::table)
        .filter(members::account_id.eq(account.0))
        .filter(members::role.eq(Role::Owner.as_str()))
        .filter(diesel::dsl::not(diesel::dsl::exists(others)))
        .order(members::project_id)
        .limit(MAX_NAMED)
        .select((members::project_id, projects::name));
    let rows = on_backend!(c, c => query.load::<(i64, String)>(c))?;
    Ok(rows.into_iter().map(|(project, name)| (ProjectId(project), name)).collect())
}

fn remove(c: &mut Connection, account: AccountId, by: &Actor) -> Result<(), StorageError> {
    let left = diesel::delete(members::table.filter(members::account_id.eq(account.0)))
        .returning((members::project_id, members::role));
    let left = on_backend!(c, c => left.get_results::<(i64, String)>(c))?;
    let ended = diesel::delete(sessions::table.filter(sessions::account_id.eq(account.0)));
    on_backend!(c, c => ended.execute(c))?;
    // What it did in projects is theirs to know; the rest was for its own eyes.
    let own = audit::table.filter(audit::account_id.eq(account.0)).filter(audit::project_id.is_null());
    on_backend!(c, c => diesel::delete(own).execute(c))?;
    let gone = diesel::delete(accounts::table.filter(accounts::id.eq(account.0)));
    let username = on_backend!(c, c => gone.returning(accounts::username).get_result::<String>(c))?;
    let mut entries = vec![by.did(action::ACCOUNT_DELETE, username.as_str()).to_account(account)];
    entries.extend(left.into_iter().map(|(project, role)| {
        let entry = by.did(action::MEMBER_REMOVE, format!("{username}: {role}"));
        entry.in_project(ProjectId(project)).to_account(account)
    }));
    for entries in entries.chunks(ENTRIES_AT_ONCE) {
        enter(c, entries)?;
    }
    Ok(())
}
