//! What single values may be, as the document says it: lists of words from where `domain` reads them, so that the two
//! cannot differ, and forms of texts.

use std::borrow::Cow;

use domain::{
    EventFilter, Hidden, LinkFilters, LogOrder, Method, Name, Part, Period, SortOrder, StatusClass, Username,
};
use utoipa::openapi::schema::{AnyOf, AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// No control characters: no stored text has any.
const PLAIN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";
/// The same, and no blanks at the ends.
const NAME: &str =
    r"^[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$";
/// `*`, or texts in quotation marks with commas between them.
const VERSIONS: &str = r#"^(\*|(W/)?"[!#-+\--~]*"(, ?(W/)?"[!#-+\--~]*")*)$"#;

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
    MomentText: any_of([KnownFormat::Date, KnownFormat::DateTime], None);
    /// A client's address.
    AddressText: any_of([KnownFormat::Ipv4, KnownFormat::Ipv6], None);
    /// A client's address, or what clients write where there is none.
    EventAddress: any_of([KnownFormat::Ipv4, KnownFormat::Ipv6], words(["", " ", "null", "NULL", "None"]));
    /// The name of a project, a key or a link.
    NameText: name(Name::MAX_CHARS);
    /// The name of an account.
    UsernameText: name(Username::MAX_CHARS);
    /// The name of a time zone.
    TimeZoneName: text().format(custom("time-zone")).min_length(Some(1)).max_length(Some(64)).build();
    /// Where a part of a list begins: what an answer has named.
    CursorText: text().format(custom("cursor")).min_length(Some(1)).max_length(Some(64)).build();
    /// A text to look for.
    PlainText: text().pattern(Some(PLAIN)).build();
    /// A filter that a link fixes.
    ConditionText: text().format(custom("condition")).pattern(Some(condition())).max_length(Some(LinkFilters::MAX_CHARS)).build();
    /// The value of `If-Match`: any, or versions of a document as `ETag` names them.
    VersionText: text().pattern(Some(VERSIONS)).build();
    /// A number of milliseconds.
    Milliseconds: number(Type::Number).minimum(Some(0)).maximum(Some(1_000_000_000_000_i64)).build();
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A form that JSON Schema has no name for; its own documentation says what it is.
fn custom(name: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(name.to_owned()))
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

fn any_of(formats: [KnownFormat; 2], words: impl Into<Option<utoipa::openapi::Object>>) -> AnyOf {
    let formats = formats.map(|format| text().format(Some(SchemaFormat::KnownFormat(format))).build());
    formats.into_iter().chain(words.into()).fold(AnyOfBuilder::new(), AnyOfBuilder::item).build()
}

fn condition() -> String {
    format!(r"^({})=[^\u0000-\u001F\u007F-\u009F]+$", EventFilter::PARAMETERS.join("|"))
}
