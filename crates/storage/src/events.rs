//! Events: appended in batches, read back in the order of arrival.

use diesel::prelude::*;
use domain::{
    ClientAddress, Duration, Extras, KeyId, Method, RequestEvent, StatusCode, StoredEvent, Timestamp,
};

use crate::backend::{Connection, write_transaction};
use crate::schema::{api_keys, events};
use crate::{Storage, StorageError};

/// Rows of one statement: 14 values each, and SQLite binds at most 32,766.
const ROWS_PER_INSERT: usize = 500;
/// Below this, single inserts win on SQLite: their statement is prepared once, that of several rows each time.
const SQLITE_SINGLE_ROWS: usize = 64;

#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct NewRow<'a> {
    key_id: i64,
    id: i64,
    created_at: i64,
    method: &'a str,
    endpoint: &'a str,
    ip: Option<&'a [u8]>,
    process_time_us: i64,
    status_code: i16,
    route: Option<&'a str>,
    user_agent: Option<&'a str>,
    hostname: Option<&'a str>,
    consumer: Option<&'a str>,
    request_bytes: Option<i64>,
    response_bytes: Option<i64>,
}

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
        let mut connection = self.connection()?;
        let one_by_one = matches!(*connection, Connection::Sqlite(_)) && batch.len() < SQLITE_SINGLE_ROWS;
        let _turn = self.turn_to_write();
        let unknown = write_transaction!(&mut *connection, c => {
            let mut unknown = Vec::new();
            let mut rows = Vec::with_capacity(batch.len());
            for group in by_key.chunk_by(|a, b| a.0 == b.0) {
                let Some((key, _)) = group.first() else { continue };
                let count = i64::try_from(group.len()).unwrap_or(i64::MAX);
                let last = diesel::update(api_keys::table.filter(api_keys::id.eq(key.0)))
                    .set(api_keys::last_event_id.eq(api_keys::last_event_id + count))
                    .returning(api_keys::last_event_id)
                    .get_result::<i64>(c)
                    .optional()?;
                match last {
                    Some(last) => {
                        rows.extend((last - count + 1..).zip(group).map(|(id, (_, event))| new_row(*key, id, event)));
                    }
                    None => unknown.push(*key),
                }
            }
            if one_by_one {
                for row in &rows {
                    diesel::insert_into(events::table).values(row).execute(c)?;
                }
            } else {
                for part in rows.chunks(ROWS_PER_INSERT) {
                    diesel::insert_into(events::table).values(part).execute(c)?;
                }
            }
            Ok::<_, StorageError>(unknown)
        })?;
        Ok(unknown)
    }
}

fn new_row(key: KeyId, id: i64, event: &RequestEvent) -> NewRow<'_> {
    let extras = event.extras();
    // Checked types hold nothing beyond the limits of the columns.
    let size = |bytes: Option<u64>| bytes.and_then(|bytes| i64::try_from(bytes).ok());
    NewRow {
        key_id: key.0,
        id,
        created_at: event.created_at().as_micros(),
        method: event.method().as_str(),
        endpoint: event.endpoint(),
        ip: event.ip_bytes(),
        process_time_us: event.process_time().as_micros().cast_signed(),
        status_code: event.status_code().get().cast_signed(),
        route: extras.and_then(|extras| extras.route.as_deref()),
        user_agent: extras.and_then(|extras| extras.user_agent.as_deref()),
        hostname: extras.and_then(|extras| extras.hostname.as_deref()),
        consumer: extras.and_then(|extras| extras.consumer.as_deref()),
        request_bytes: extras.and_then(|extras| size(extras.request_bytes)),
        response_bytes: extras.and_then(|extras| size(extras.response_bytes)),
    }
}

/// Number, time, method, endpoint, address, duration and status of a row.
pub(crate) type CoreRow = (i64, i64, String, String, Option<Vec<u8>>, i64, i16);
/// The optional fields of a row.
pub(crate) type ExtraRow =
    (Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>, Option<i64>);

/// The rows of a key with numbers of a range, in order.
#[diesel::dsl::auto_type]
pub(crate) fn rows_of(key: KeyId, first_id: i64, last_id: i64) -> _ {
    let key: i64 = key.0;
    events::table
        .filter(events::key_id.eq(key))
        .filter(events::id.between(first_id, last_id))
        .order(events::id)
        .select((
            (
                events::id,
                events::created_at,
                events::method,
                events::endpoint,
                events::ip,
                events::process_time_us,
                events::status_code,
            ),
            (
                events::route,
                events::user_agent,
                events::hostname,
                events::consumer,
                events::request_bytes,
                events::response_bytes,
            ),
        ))
}

/// The event of a row.
pub(crate) fn stored_event(key: KeyId, (core, optional): (CoreRow, ExtraRow)) -> Result<StoredEvent, StorageError> {
    let id = core.0;
    let event = event(core).map_err(|column| StorageError::Damaged { key: key.0, id, column })?;
    Ok(StoredEvent { id, event: event.with_extras(extras(optional)) })
}

/// The event of a row, or the column that breaks a rule.
fn event(row: CoreRow) -> Result<RequestEvent, &'static str> {
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
fn extras(row: ExtraRow) -> Extras {
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
