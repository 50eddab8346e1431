//! Conditions whose shape depends on how many values a filter has.

use diesel::backend::Backend;
use diesel::dsl::{NotEq, Or};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use domain::{ClientAddress, EventFilter, StatusCode};

use crate::schema::events;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Both databases have it, literal and in exact case; `LIKE` means different things to them.
    fn replace(text: Text, part: Text, by: Text) -> Text;
}

/// A condition on events.
pub(super) type Condition<'a, DB> = Box<dyn BoxableExpression<events::table, DB, SqlType = Bool> + 'a>;
type Contains<'a, C> = NotEq<replace<C, &'a str, &'a str>, C>;

/// That the text contains one of the parts; `None` without parts. Null contains none.
pub(super) fn contains_any<'a, C, DB>(column: C, parts: &'a [String]) -> Option<Condition<'a, DB>>
where
    DB: Backend + 'a,
    C: Expression<SqlType = Text> + Copy + 'a,
    Contains<'a, C>: BoxableExpression<events::table, DB, SqlType = Bool> + 'a,
    Or<Condition<'a, DB>, Condition<'a, DB>>: BoxableExpression<events::table, DB, SqlType = Bool> + 'a,
{
    // A text contains a part if it changes when the part is taken out.
    let contains =
        |part: &'a String| -> Condition<'a, DB> { Box::new(replace(column, part.as_str(), "").ne(column)) };
    parts.iter().map(contains).reduce(|any, one| Box::new(any.or(one)))
}

/// The codes that the filter admits, by themselves and by their class.
pub(super) fn statuses(filter: &EventFilter) -> Vec<i16> {
    let codes = (StatusCode::MIN..=StatusCode::MAX).filter_map(StatusCode::new);
    let admitted = codes.filter(|code| {
        filter.status_codes.admits(|one| one == code)
            && filter.status_classes.admits(|class| *class == code.class())
    });
    admitted.map(|code| code.get().cast_signed()).collect()
}

/// Addresses as they are stored.
pub(super) fn stored(addresses: &[ClientAddress]) -> Vec<&[u8]> {
    addresses.iter().map(|address| address.as_bytes().as_slice()).collect()
}
