//! Events: appended in batches, read back in the order of arrival.

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use domain::{
    ClientAddress, Duration, Extras, KeyId, Method, RequestEvent, StatusCode, TimeRange, Timestamp,
};

use crate::backend::on_backend;
use crate::insert::{Row, insert};
use crate::numbers::reserve;
use crate::schema::events;
use crate::{Storage, StorageError};

impl Storage {
    /// Stores events of any keys, all or nothing and durably, and numbers them within their keys in the order
    /// given. Keys that do not exist are returned; their events are not stored.
    ///
    /// # Errors
    /// The database fails; then nothing is stored.
    pub fn append(&self, batch: &[(KeyId, RequestEvent)]) -> Result<Vec<KeyId>, StorageError> {
        let mut by_key: Vec<&(KeyId, RequestEvent)> = batch.iter().collect();
        // Stable, and the same order of keys for every writer, so that none waits for another in a circle.
        by_key.sort_by_key(|(key, _)| *key);
        self.connection()?.write(|c| {
            let mut unknown = Vec::new();
            let mut rows = Vec::with_capacity(batch.len());
            for group in by_key.chunk_by(|a, b| a.0 == b.0) {
                let Some((key, _)) = group.first() else { continue };
                match reserve(c, *key, group.len())? {
                    Some(first) => {
                        rows.extend((first..).zip(group).map(|(id, (_, event))| Row::new(*key, id, event)));
                    }
                    None => unknown.push(*key),
                }
            }
            insert(c, &rows)?;
            Ok(unknown)
        })
    }

    /// Hands the events of a key and range to `visit`, in no particular order and without their optional
    /// fields.
    ///
    /// # Errors
    /// The database fails, or a row is damaged; then some events may have been visited.
    pub fn scan(
        &self,
        key: KeyId,
        range: TimeRange,
        mut visit: impl FnMut(RequestEvent),
    ) -> Result<(), StorageError> {
        let query = events::table
            .filter(events::key_id.eq(key.0))
            .filter(events::created_at.between(range.start().as_micros(), range.end().as_micros()))
            .select((
                events::id,
                events::created_at,
                events::method,
                events::endpoint,
                events::ip,
                events::process_time_us,
                events::status_code,
            ));
        let mut connection = self.connection()?;
        on_backend!(&mut *connection, c => {
            for row in query.load_iter::<CoreRow, DefaultLoadingMode>(c)? {
                let row = row?;
                let id = row.0;
                visit(event(row).map_err(|column| StorageError::Damaged { key: key.0, id, column })?);
            }
        });
        Ok(())
    }
}

/// Number, time, method, endpoint, address, duration and status of a row.
pub(crate) type CoreRow = (i64, i64, String, String, Option<Vec<u8>>, i64, i16);
/// The optional fields of a row.
pub(crate) type ExtraRow =
    (Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>);

/// The event of a row, or the column that breaks a rule.
pub(crate) fn event(row: CoreRow) -> Result<RequestEvent, &'static str> {
    let (_, created_at, method, endpoint, ip, process_time_us, status_code) = row;
    let ip = ip.map(|bytes| <[u8; 16]>::try_from(bytes).map(ClientAddress::from_bytes)).transpose();
    RequestEvent::new(
        Timestamp::from_micros(created_at).ok_or("created_at")?,
        method.parse::<Method>().map_err(|()| "method")?,
        endpoint,
        ip.map_err(|_| "ip")?,
        u64::try_from(process_time_us).ok().and_then(Duration::from_micros).ok_or("process_time_us")?,
        u16::try_from(status_code).ok().and_then(StatusCode::new).ok_or("status_code")?,
    )
    .ok_or("endpoint")
}

/// The optional fields of a row; sizes below zero cannot occur.
pub(crate) fn extras(row: ExtraRow) -> Extras {
    let (route, user_agent, hostname, consumer, request_bytes, response_bytes) = row;
    let size = |bytes: Option<i64>| bytes.and_then(|bytes| u64::try_from(bytes).ok());
    Extras {
        route,
        user_agent,
        hostname,
        consumer,
        request_bytes: size(request_bytes),
        response_bytes: size(response_bytes),
    }
}
