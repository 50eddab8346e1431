//! Accounts, their passwords and their rank. How they come is the business of `registration`, how they go of
//! `removal`.

use diesel::prelude::*;
use domain::{AccountId, SessionId, Timestamp, Username};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::schema::{accounts, sessions};
use crate::stored;

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub username: Username,
    /// bcrypt hash of its password.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Bearer tokens of another generation are void.
    pub token_generation: i64,
    /// Whether it is an administrator of the service.
    pub is_admin: bool,
}

impl std::fmt::Debug for Account {
    /// Without the hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Storage {
    /// Whether there is any account.
    ///
    /// # Errors
    /// The database fails.
    pub fn has_accounts(&self) -> Result<bool, StorageError> {
        has_accounts(&mut *self.read()?)
    }

    /// The account with this name, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn account_by_name(&self, username: &Username) -> Result<Option<Account>, StorageError> {
        let query = accounts::table.filter(accounts::username.eq(username.as_str()));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => {
            query.select(AccountRow::as_select()).first(c).optional()
        })?;
        row.map(AccountRow::read).transpose()
    }

    /// The account with this number, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn account(&self, account: AccountId) -> Result<Option<Account>, StorageError> {
        let query = accounts::table.filter(accounts::id.eq(account.0));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => {
            query.select(AccountRow::as_select()).first(c).optional()
        })?;
        row.map(AccountRow::read).transpose()
    }

    /// Accounts in the order of their numbers, those above a number.
    ///
    /// # Errors
    /// The database fails.
    pub fn accounts(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, StorageError> {
        let query = accounts::table
            .filter(accounts::id.gt(after.map_or(0, |id| id.0)))
            .order(accounts::id)
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.select(AccountRow::as_select()).load(c))?;
        rows.into_iter().map(AccountRow::read).collect()
    }

    /// Gives an account a new password, and with it a new token generation, which is returned: bearer tokens issued
    /// before are void. Its sessions end, but for the one that is kept. `None` if there is no such account.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_password(
        &self,
        account: AccountId,
        hash: &str,
        keep: Option<SessionId>,
        by: &Actor,
    ) -> Result<Option<i64>, StorageError> {
        let change = diesel::update(accounts::table.filter(accounts::id.eq(account.0)))
            .set((
                accounts::password_hash.eq(hash),
                accounts::token_generation.eq(accounts::token_generation + 1),
            ))
            .returning((accounts::token_generation, accounts::username));
        let others = sessions::table
            .filter(sessions::account_id.eq(account.0))
            .filter(sessions::id.ne(keep.map_or(0, |session| session.0)));
        self.write(|c| {
            let changed = on_backend!(c, c => change.get_result::<(i64, String)>(c).optional())?;
            let Some((generation, username)) = changed else { return Ok(None) };
            on_backend!(c, c => diesel::delete(others).execute(c))?;
            enter(c, [&by.did(action::ACCOUNT_PASSWORD, username).to_account(account)])?;
            Ok(Some(generation))
        })
    }

    /// Puts another hash of the same password in the place of `old`, if that is still the one. Says whether it was.
    ///
    /// # Errors
    /// The database fails.
    pub fn renew_password_hash(
        &self,
        account: AccountId,
        old: &str,
        new: &str,
    ) -> Result<bool, StorageError> {
        let same = accounts::table.filter(accounts::id.eq(account.0)).filter(accounts::password_hash.eq(old));
        let renew = diesel::update(same).set(accounts::password_hash.eq(new));
        self.write(|c| Ok(on_backend!(c, c => renew.execute(c))? == 1))
    }

    /// Makes an account an administrator of the service, or takes that from it. Says whether there is such an
    /// account.
    ///
    /// # Errors
    /// The database fails.
    pub fn set_admin(&self, account: AccountId, is_admin: bool, by: &Actor) -> Result<bool, StorageError> {
        let change = diesel::update(accounts::table.filter(accounts::id.eq(account.0)))
            .set(accounts::is_admin.eq(is_admin))
            .returning(accounts::username);
        self.write(|c| {
            let changed = on_backend!(c, c => change.get_result::<String>(c).optional())?;
            let Some(username) = changed else { return Ok(false) };
            let rank = if is_admin { "administrator" } else { "no administrator" };
            let entry = by.did(action::ACCOUNT_ADMIN, format!("{username}: {rank}")).to_account(account);
            enter(c, [&entry])?;
            Ok(true)
        })
    }
}

pub(crate) fn has_accounts(c: &mut Connection) -> Result<bool, StorageError> {
    let any = accounts::table.select(accounts::id).limit(1);
    Ok(on_backend!(c, c => any.first::<i64>(c).optional())?.is_some())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(crate) struct AccountRow {
    id: i64,
    username: String,
    password_hash: String,
    created_at: i64,
    token_generation: i64,
    is_admin: bool,
}

impl AccountRow {
    pub(crate) fn read(self) -> Result<Account, StorageError> {
        let row = stored::Row { table: "accounts", id: self.id };
        Ok(Account {
            id: AccountId(self.id),
            username: row.username(&self.username)?,
            password_hash: self.password_hash,
            created_at: row.time("created_at", self.created_at)?,
            token_generation: self.token_generation,
            is_admin: self.is_admin,
        })
    }
}
