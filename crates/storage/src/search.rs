//! Raw-log search: every filter and every order of the contract.

use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::{KeyId, LogOrder, LogQuery, SortOrder, StoredEvent};

use crate::backend::on_backend;
use crate::events::{CoreRow, ExtraRow, event, extras};
use crate::schema::events;
use crate::{Storage, StorageError};

#[diesel::declare_sql_function]
extern "SQL" {
    /// Both databases have it, literal and in exact case; `LIKE` means different things to them.
    fn replace(text: Text, part: Text, by: Text) -> Text;
}

impl Storage {
    /// One page of a key's events.
    ///
    /// # Errors
    /// The database fails, or a row is damaged.
    pub fn search(&self, key: KeyId, query: &LogQuery) -> Result<Vec<StoredEvent>, StorageError> {
        let mut connection = self.connection()?;
        let rows: Vec<(CoreRow, ExtraRow)> = on_backend!(&mut *connection, c => {
            let filter = &query.filter;
            let mut page = events::table
                .filter(events::key_id.eq(key.0))
                .filter(events::created_at.between(
                    filter.range.start().as_micros(),
                    filter.range.end().as_micros(),
                ))
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
                .limit(query.limit)
                .offset(query.offset)
                .into_boxed();
            if let Some(method) = filter.method {
                page = page.filter(events::method.eq(method.as_str()));
            }
            if let Some(status) = filter.status_code {
                page = page.filter(events::status_code.eq(status.get().cast_signed()));
            }
            if let Some(part) = &filter.endpoint_contains {
                // A text contains a part if it changes when the part is taken out.
                page = page.filter(replace(events::endpoint, part.as_str(), "").ne(events::endpoint));
            }
            if let Some(ip) = filter.ip {
                page = page.filter(events::ip.eq(ip.as_bytes().to_vec()));
            }
            if let Some(min) = filter.process_time_min {
                page = page.filter(events::process_time_us.ge(min.as_micros().cast_signed()));
            }
            if let Some(max) = filter.process_time_max {
                page = page.filter(events::process_time_us.le(max.as_micros().cast_signed()));
            }
            macro_rules! sorted {
                ($($column:expr),+) => {
                    match query.order {
                        SortOrder::Ascending => page$(.then_order_by($column.asc()))+,
                        SortOrder::Descending => page$(.then_order_by($column.desc()))+,
                    }
                };
            }
            let page = match query.order_by {
                LogOrder::CreatedAt => sorted!(events::created_at, events::id),
                LogOrder::Method => sorted!(events::method, events::id),
                LogOrder::Endpoint => sorted!(events::endpoint, events::id),
                // Null first on both databases.
                LogOrder::Ip => sorted!(events::ip.is_not_null(), events::ip, events::id),
                LogOrder::ProcessTime => sorted!(events::process_time_us, events::id),
                LogOrder::StatusCode => sorted!(events::status_code, events::id),
            };
            page.load(c)
        })?;
        rows.into_iter()
            .map(|(core, optional)| {
                let id = core.0;
                let event = event(core).map_err(|column| StorageError::Damaged { key: key.0, id, column })?;
                Ok(StoredEvent { id, event: event.with_extras(extras(optional)) })
            })
            .collect()
    }
}
