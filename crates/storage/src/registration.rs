//! How accounts come.

use diesel::prelude::*;
use diesel::result::Error;
use domain::{AccountId, ProjectId, Role, Username};

use crate::accounts::{Account, AccountRow, has_accounts};
use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::invitations::{Invitation, find_open, use_up};
use crate::locks::lock_project;
use crate::members::join;
use crate::schema::accounts;

/// What became of an account that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// It is there.
    Created(Account),
    /// Another one has the name.
    NameTaken,
    /// The invitation is not known, used or expired.
    InvalidInvitation,
}

impl Storage {
    /// Makes an account. The first one is administrator of the service, also if several come at once. An invitation
    /// is used up; one to a project makes the account a member.
    ///
    /// # Errors
    /// The database fails.
    pub fn create_account(
        &self,
        username: &Username,
        password_hash: &str,
        invitation: Option<&TokenHash>,
        by: &Actor,
    ) -> Result<Registration, StorageError> {
        let created = self.write(|c| {
            let invitation = match invitation {
                Some(hash) => match find_open(c, hash, by.at)? {
                    Some(invitation) => Some(invitation),
                    None => return Ok(Registration::InvalidInvitation),
                },
                None => None,
            };
            let Some(account) = insert(c, username, password_hash, by)? else {
                return Ok(Registration::NameTaken);
            };
            if let Some(invitation) = invitation
                && !accept(c, &invitation, account.id, by)?
            {
                // It was open a moment ago. The account goes with it.
                return Err(StorageError::Query(Error::RollbackTransaction));
            }
            Ok(Registration::Created(account))
        });
        match created {
            Err(StorageError::Query(Error::RollbackTransaction)) => Ok(Registration::InvalidInvitation),
            created => created,
        }
    }
}

/// `None` if the name is taken.
fn insert(
    c: &mut Connection,
    username: &Username,
    password_hash: &str,
    by: &Actor,
) -> Result<Option<Account>, StorageError> {
    let mut is_first = !has_accounts(c)?;
    if is_first {
        c.lock_accounts()?;
        is_first = !has_accounts(c)?;
    }
    let row = (
        accounts::username.eq(username.as_str()),
        accounts::password_hash.eq(password_hash),
        accounts::created_at.eq(by.at.as_micros()),
        accounts::is_admin.eq(is_first),
    );
    let created = on_backend!(c, c => {
        let insert = diesel::insert_into(accounts::table).values(row).on_conflict_do_nothing();
        insert.returning(AccountRow::as_returning()).get_result(c).optional()
    })?;
    let Some(account) = created.map(AccountRow::read).transpose()? else { return Ok(None) };
    enter(c, [&by.did(action::ACCOUNT_CREATE, username.as_str()).to_account(account.id)])?;
    Ok(Some(account))
}

/// Uses up the invitation of a new account. Says whether it was open still.
fn accept(
    c: &mut Connection,
    invitation: &Invitation,
    account: AccountId,
    by: &Actor,
) -> Result<bool, StorageError> {
    let project: Option<(ProjectId, Role)> = invitation.project;
    if let Some((project, _)) = project
        && !lock_project(c, project)?
    {
        return Ok(false);
    }
    if !use_up(c, invitation.id, account, by.at)? {
        return Ok(false);
    }
    if let Some((project, role)) = project {
        join(c, project, account, role, by)?;
    }
    Ok(true)
}
