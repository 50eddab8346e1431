//! The query parameters, as the document describes them. `domain` reads them.

use utoipa::IntoParams;

use super::choices::{
    AddressText, DirectionName, FormatName, MethodName, Milliseconds, MomentText, NoSettings, OrderName,
    PartName, PeriodName, PlainText, StatusClassName, StatusNumber, TimeZoneName,
};

/// Which project is asked about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the extractor reads them")]
pub(crate) struct QuestionParams {
    /// The id of the project, beside an access token or a session; an API key names its project itself.
    #[param(example = "1")]
    project: Option<String>,
    /// `none`: as if the project's settings were the default ones.
    #[param(inline)]
    settings: Option<NoSettings>,
}

/// Which project is asked about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; the extractor reads it")]
pub(crate) struct ProjectChoice {
    /// The id of the project, beside an access token or a session; an API key names its project itself.
    #[param(example = "1")]
    project: Option<String>,
}

/// What a dashboard covers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct DashboardParams {
    /// First instant, or date (its start); by default 30 days before the end. Without an offset, time of `timezone`.
    #[param(inline, example = "2025-08-01")]
    start_date: Option<MomentText>,
    /// Last instant, or date (its end); by default now. Without an offset, time of `timezone`.
    #[param(inline, example = "2025-08-31")]
    end_date: Option<MomentText>,
    /// IANA time zone of dates, buckets and the heat map, by default UTC. If it is given, each bucket of the time
    /// series also states its `start`.
    #[param(inline, example = "Europe/Berlin")]
    timezone: Option<TimeZoneName>,
    /// Step of the time series; by default daily.
    #[param(inline, example = "daily")]
    period: Option<PeriodName>,
    /// How many entries each top list has at most; by default 5.
    #[param(minimum = 1, maximum = 100, example = 10)]
    top: Option<u16>,
    /// How many buckets the time series has at most, the newest; by default 50.
    #[param(minimum = 1, maximum = 5000, example = 100)]
    series_limit: Option<u16>,
    /// Further figures, in several parameters, or in one with commas between them.
    #[param(inline, style = Form, explode, example = json!(["percentiles", "apdex"]))]
    include: Option<Vec<PartName>>,
    /// Response time in milliseconds up to which users are satisfied, for the Apdex score; by default 500.
    #[param(minimum = 0.001, maximum = 1_000_000_000_000.0, example = 500.0)]
    apdex_threshold: Option<f64>,
}

/// Which events count. All conditions must hold; of a repeated parameter any value may fit, and of a repeated
/// `not_` parameter none. An event without the field meets `not_` conditions only.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct FilterParams {
    /// Exactly one of these methods.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["GET", "HEAD"]))]
    method: Option<Vec<MethodName>>,
    /// None of these methods.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["OPTIONS"]))]
    not_method: Option<Vec<MethodName>>,
    /// Exactly one of these statuses, 100–599.
    #[param(inline, style = Form, explode, max_items = 50, example = json!([200]))]
    status_code: Option<Vec<StatusNumber>>,
    /// None of these statuses.
    #[param(inline, style = Form, explode, max_items = 50, example = json!([404]))]
    not_status_code: Option<Vec<StatusNumber>>,
    /// One of these classes of statuses.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["4xx", "5xx"]))]
    status_class: Option<Vec<StatusClassName>>,
    /// None of these classes of statuses.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["3xx"]))]
    not_status_class: Option<Vec<StatusClassName>>,
    /// Texts of which the endpoint contains one, literally and in exact case.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["/users"]))]
    endpoint: Option<Vec<PlainText>>,
    /// Texts of which the endpoint contains none.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["/health"]))]
    not_endpoint: Option<Vec<PlainText>>,
    /// Exactly one of these endpoints.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["/users"]))]
    endpoint_exact: Option<Vec<PlainText>>,
    /// None of these endpoints.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["/"]))]
    not_endpoint_exact: Option<Vec<PlainText>>,
    /// Exactly one of these addresses.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["192.0.2.1"]))]
    ip: Option<Vec<AddressText>>,
    /// None of these addresses; an event without one is admitted.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["2001:db8::1"]))]
    not_ip: Option<Vec<AddressText>>,
    /// Exactly one of these consumers.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["acme"]))]
    consumer: Option<Vec<PlainText>>,
    /// None of these consumers; an event without one is admitted.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["monitoring"]))]
    not_consumer: Option<Vec<PlainText>>,
    /// Exactly one of these hosts, in exact case.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["api.example.com"]))]
    hostname: Option<Vec<PlainText>>,
    /// None of these hosts; an event without one is admitted.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["localhost"]))]
    not_hostname: Option<Vec<PlainText>>,
    /// Texts of which the user agent contains one, literally and in exact case.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["curl"]))]
    user_agent: Option<Vec<PlainText>>,
    /// Texts of which the user agent contains none; an event without one is admitted.
    #[param(inline, style = Form, explode, max_items = 50, example = json!(["bot"]))]
    not_user_agent: Option<Vec<PlainText>>,
    /// Milliseconds at least.
    #[param(inline, example = 100.0)]
    process_time_min: Option<Milliseconds>,
    /// Milliseconds at most; above the minimum.
    #[param(inline, example = 1000.0)]
    process_time_max: Option<Milliseconds>,
}

/// The kind of a report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; the handler reads it")]
pub(crate) struct FormatParam {
    /// JSON, or a document to print.
    #[param(inline, example = "pdf")]
    format: FormatName,
}

/// Which part of the events is listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct LogParams {
    /// First instant, or date (its start). Without an offset, time of `timezone`.
    #[param(inline, example = "2025-08-01")]
    start_date: Option<MomentText>,
    /// Last instant, or date (its end). Without an offset, time of `timezone`.
    #[param(inline, example = "2025-08-31")]
    end_date: Option<MomentText>,
    /// IANA time zone of dates and times without an offset; by default UTC.
    #[param(inline, example = "Europe/Berlin")]
    timezone: Option<TimeZoneName>,
    /// What they are sorted by, ties by id; by default created_at.
    #[param(inline)]
    order_by: Option<OrderName>,
    /// In which direction; by default asc.
    #[param(inline)]
    order: Option<DirectionName>,
    /// How many events at most; by default 100.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u16>,
    /// How many events are skipped.
    #[param(minimum = 0, example = 0)]
    offset: Option<i64>,
}
