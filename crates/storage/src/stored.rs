//! Values of rows as domain types. Each was checked before it was written: what cannot be read is damage, and no
//! default takes its place.

use std::str::FromStr;

use domain::{ClientAddress, Document, Name, ProjectSettings, Timestamp, Username};

use crate::error::StorageError;

/// The row that a value comes from.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// The name of its table.
    pub(crate) table: &'static str,
    /// Its number.
    pub(crate) id: i64,
}

impl Row {
    pub(crate) const fn damaged(self, column: &'static str) -> StorageError {
        StorageError::DamagedRow { table: self.table, id: self.id, column }
    }

    pub(crate) fn time(self, column: &'static str, micros: i64) -> Result<Timestamp, StorageError> {
        Timestamp::from_micros(micros).ok_or(self.damaged(column))
    }

    pub(crate) fn time_if_any(
        self,
        column: &'static str,
        micros: Option<i64>,
    ) -> Result<Option<Timestamp>, StorageError> {
        micros.map(|micros| self.time(column, micros)).transpose()
    }

    pub(crate) fn count(self, column: &'static str, number: i64) -> Result<u64, StorageError> {
        u64::try_from(number).map_err(|_| self.damaged(column))
    }

    pub(crate) fn name(self, text: &str) -> Result<Name, StorageError> {
        Name::parse("name", text).map_err(|_| self.damaged("name"))
    }

    pub(crate) fn username(self, text: &str) -> Result<Username, StorageError> {
        Username::parse(text).map_err(|_| self.damaged("username"))
    }

    /// A role or scopes.
    pub(crate) fn known<T: FromStr>(self, column: &'static str, text: &str) -> Result<T, StorageError> {
        text.parse().map_err(|_| self.damaged(column))
    }

    pub(crate) fn address(self, bytes: Option<Vec<u8>>) -> Result<Option<ClientAddress>, StorageError> {
        let address = bytes.map(|bytes| <[u8; 16]>::try_from(bytes).map(ClientAddress::from_bytes));
        address.transpose().map_err(|_| self.damaged("address"))
    }

    pub(crate) fn settings(self, json: &str) -> Result<ProjectSettings, StorageError> {
        let document: Document = serde_json::from_str(json).map_err(|_| self.damaged("settings"))?;
        ProjectSettings::from_json(document).map_err(|_| self.damaged("settings"))
    }
}
