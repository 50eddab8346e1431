//! Accounts and their password hashes.

use diesel::OptionalExtension;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use domain::{AccountId, Timestamp, Username};

use crate::backend::on_backend;
use crate::schema::accounts;
use crate::{Storage, StorageError};

/// An account as it is kept.
#[derive(Clone)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// bcrypt hash of its password.
    pub password_hash: String,
}

impl Storage {
    /// Creates an account; `None` if the name is taken.
    ///
    /// # Errors
    /// The database fails.
    pub fn create_account(
        &self,
        username: &Username,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StorageError> {
        let row = (
            accounts::username.eq(username.as_str()),
            accounts::password_hash.eq(password_hash),
            accounts::created_at.eq(now.as_micros()),
        );
        let insert = diesel::insert_into(accounts::table).values(row).returning(accounts::id);
        let created = self.write(|c| Ok(on_backend!(c, c => insert.get_result(c))?));
        match created {
            Ok(id) => Ok(Some(AccountId(id))),
            Err(StorageError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The account with this name, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn account(&self, username: &Username) -> Result<Option<Account>, StorageError> {
        let query = accounts::table
            .filter(accounts::username.eq(username.as_str()))
            .select((accounts::id, accounts::password_hash));
        let mut connection = self.connection()?;
        let row = on_backend!(&mut *connection, c => query.first::<(i64, String)>(c).optional())?;
        Ok(row.map(|(id, password_hash)| Account { id: AccountId(id), password_hash }))
    }
}
