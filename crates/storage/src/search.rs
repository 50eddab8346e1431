//! Raw-log search: every filter and every order of the contract.

mod conditions;

use diesel::prelude::*;
use domain::{KeyId, LogOrder, LogQuery, Method, SortOrder, StoredEvent};

use crate::backend::on_backend;
use crate::events::{CoreRow, ExtraRow, event, extras};
use crate::schema::events;
use crate::{Storage, StorageError};
use conditions::{contains_any, replace, statuses, stored};

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
            if !filter.methods.is_unrestricted() {
                let admitted = Method::ALL.into_iter().filter(|method| filter.methods.admits(|one| one == method));
                page = page.filter(events::method.eq_any(admitted.map(Method::as_str)));
            }
            if !(filter.status_codes.is_unrestricted() && filter.status_classes.is_unrestricted()) {
                page = page.filter(events::status_code.eq_any(statuses(filter)));
            }
            if !filter.endpoints.any_of.is_empty() {
                page = page.filter(events::endpoint.eq_any(&filter.endpoints.any_of));
            }
            if !filter.endpoints.none_of.is_empty() {
                page = page.filter(events::endpoint.ne_all(&filter.endpoints.none_of));
            }
            if let Some(any) = contains_any(events::endpoint, &filter.endpoint_parts.any_of) {
                page = page.filter(any);
            }
            for part in &filter.endpoint_parts.none_of {
                page = page.filter(replace(events::endpoint, part.as_str(), "").eq(events::endpoint));
            }
            if !filter.ips.any_of.is_empty() {
                page = page.filter(events::ip.eq_any(stored(&filter.ips.any_of)));
            }
            if !filter.ips.none_of.is_empty() {
                page = page.filter(events::ip.is_null().or(events::ip.ne_all(stored(&filter.ips.none_of))));
            }
            if !filter.consumers.any_of.is_empty() {
                page = page.filter(events::consumer.eq_any(&filter.consumers.any_of));
            }
            if !filter.consumers.none_of.is_empty() {
                let others = events::consumer.ne_all(&filter.consumers.none_of);
                page = page.filter(events::consumer.is_null().or(others));
            }
            if !filter.hostnames.any_of.is_empty() {
                page = page.filter(events::hostname.eq_any(&filter.hostnames.any_of));
            }
            if !filter.hostnames.none_of.is_empty() {
                let others = events::hostname.ne_all(&filter.hostnames.none_of);
                page = page.filter(events::hostname.is_null().or(others));
            }
            let user_agent = events::user_agent.assume_not_null();
            if let Some(any) = contains_any(user_agent, &filter.user_agent_parts.any_of) {
                page = page.filter(any);
            }
            for part in &filter.user_agent_parts.none_of {
                let without = replace(user_agent, part.as_str(), "").eq(user_agent);
                page = page.filter(events::user_agent.is_null().or(without));
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
