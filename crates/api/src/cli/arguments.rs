//! Values of arguments, checked as they are read.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use domain::{Moment, Name, Scope, Timestamp, Username, ValidationError, Zone};

/// The name of an account.
pub(super) fn username(text: &str) -> Result<Username, String> {
    Username::parse(text).map_err(|error| said(&error))
}

/// The name of something else.
pub(super) fn name(text: &str) -> Result<Name, String> {
    Name::parse("name", text).map_err(|error| said(&error))
}

/// An instant, or a date, which means its start in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    Moment::from_field("time", text).map(|moment| moment.first(Zone::UTC)).map_err(|error| said(&error))
}

/// What a key is good for.
pub(super) fn scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)).try_map(|name| name.parse::<Scope>())
}

/// The rule without the field: the argument is named beside it.
fn said(error: &ValidationError) -> String {
    let details = error.errors().iter().map(|error| error.detail.as_ref());
    details.collect::<Vec<_>>().join("; ")
}
