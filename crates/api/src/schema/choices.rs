//! What single values may be, as the document says it: lists of words from where `domain` reads them, so that the two
//! cannot differ, and forms of texts.

use std::borrow::Cow;

use domain::{EventFilter, Hidden, LogOrder, Method, Name, Part, Period, SortOrder, StatusClass, Username};
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// No control characters: no stored text has any.
const PLAIN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";
/// The same, and no blanks at the ends.
const NAME: &str =
    r"^[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$";

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $schema:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                Schema::from($schema).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

values! {
    /// A method, in exact upper case.
    MethodName: words(Method::ALL.map(Method::as_str));
    /// A class of statuses.
    StatusClassName: words(StatusClass::ALL.map(StatusClass::as_str));
    /// A status.
    StatusNumber: number(Type::Integer).minimum(Some(100)).maximum(Some(599)).build();
    /// The step of a time series.
    PeriodName: words(Period::ALL.map(Period::as_str));
    /// What raw logs are sorted by.
    OrderName: words(LogOrder::ALL.map(|(name, _)| name));
    /// In which direction.
    DirectionName: words(SortOrder::ALL.map(|(name, _)| name));
    /// A figure that is given only when asked for.
    PartName: words(Part::ALL.map(Part::as_str));
    /// What a link may hide.
    HiddenName: words(Hidden::NAMES);
    /// The kind of a report.
    FormatName: words(["json", "pdf"]);
    /// That the settings of a project do not count.
    NoSettings: words(["none"]);
    /// How a body is compressed.
    EncodingName: words(["gzip", "identity"]);
    /// An instant, or a date.
    MomentText: any_of([KnownFormat::Date, KnownFormat::DateTime]);
    /// A client's address.
    AddressText: any_of([KnownFormat::Ipv4, KnownFormat::Ipv6]);
    /// The name of a project, a key or a link.
    NameText: name(Name::MAX_CHARS);
    /// The name of an account.
    UsernameText: name(Username::MAX_CHARS);
    /// A text to look for.
    PlainText: text().pattern(Some(PLAIN)).build();
    /// A filter that a link fixes.
    ConditionText: text().pattern(Some(condition())).max_length(Some(512)).build();
    /// A number of milliseconds.
    Milliseconds: number(Type::Number).minimum(Some(0)).maximum(Some(1_000_000_000_000_i64)).build();
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn name(max_chars: usize) -> utoipa::openapi::Object {
    text().pattern(Some(NAME)).min_length(Some(1)).max_length(Some(max_chars)).build()
}

fn number(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

fn words<const N: usize>(words: [&'static str; N]) -> utoipa::openapi::Object {
    text().enum_values(Some(words)).build()
}

fn any_of(formats: [KnownFormat; 2]) -> utoipa::openapi::schema::AnyOf {
    formats
        .into_iter()
        .fold(AnyOfBuilder::new(), |all, format| {
            all.item(text().format(Some(SchemaFormat::KnownFormat(format))).build())
        })
        .build()
}

fn condition() -> String {
    format!(r"^({})=[^\u0000-\u001F\u007F-\u009F]+$", EventFilter::PARAMETERS.join("|"))
}
