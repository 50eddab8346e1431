//! The query parameters, as the document describes them. `domain` reads them.

use utoipa::IntoParams;

/// Which project is asked about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the extractor reads them")]
pub(crate) struct QuestionParams {
    /// The id of the project, beside an access token or a session; an API key names its project itself.
    #[param(example = "1")]
    project: Option<String>,
    /// `none`: as if the project's settings were the default ones.
    settings: Option<SettingsParam>,
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

/// Whether the settings of the project count.
#[derive(utoipa::ToSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the parameter")]
pub(crate) enum SettingsParam {
    /// They do not.
    None,
}

/// What a dashboard covers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct DashboardParams {
    /// First instant, or date (its start); by default 30 days before the end. Without an offset, time of `timezone`.
    #[param(example = "2025-08-01")]
    start_date: Option<String>,
    /// Last instant, or date (its end); by default now. Without an offset, time of `timezone`.
    #[param(example = "2025-08-31")]
    end_date: Option<String>,
    /// IANA time zone of dates, buckets and the heat map, by default UTC. If it is given, each bucket of the time
    /// series also states its `start`.
    #[param(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// Step of the time series: minutely, hourly, daily, weekly or monthly; by default daily.
    #[param(example = "daily")]
    period: Option<String>,
    /// How many entries each top list has at most; by default 5.
    #[param(minimum = 1, maximum = 100)]
    top: Option<u16>,
    /// How many buckets the time series has at most, the newest; by default 50.
    #[param(minimum = 1, maximum = 5000)]
    series_limit: Option<u16>,
    /// Further figures, with commas between them or in several parameters: percentiles, apdex, status_classes,
    /// latency_histogram, comparison, heatmap, consumers, user_agents, hostnames, gaps, coverage.
    #[param(style = Form, explode, example = json!(["percentiles,apdex"]))]
    include: Option<Vec<String>>,
    /// Response time in milliseconds up to which users are satisfied, for the Apdex score; by default 500.
    #[param(exclusive_minimum = 0, example = 500.0)]
    apdex_threshold: Option<f64>,
}

/// Which events count. All conditions must hold; of a repeated parameter any value may fit, and of a repeated
/// `not_` parameter none. An event without the field meets `not_` conditions only.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct FilterParams {
    /// Exactly one of these methods.
    #[param(style = Form, explode, max_items = 50, example = json!(["GET", "HEAD"]))]
    method: Option<Vec<String>>,
    /// None of these methods.
    #[param(style = Form, explode, max_items = 50, example = json!(["OPTIONS"]))]
    not_method: Option<Vec<String>>,
    /// Exactly one of these statuses, 100–599.
    #[param(style = Form, explode, max_items = 50, example = json!([200]))]
    status_code: Option<Vec<u16>>,
    /// None of these statuses.
    #[param(style = Form, explode, max_items = 50, example = json!([404]))]
    not_status_code: Option<Vec<u16>>,
    /// One of these classes of statuses: 1xx, 2xx, 3xx, 4xx, 5xx.
    #[param(style = Form, explode, max_items = 50, example = json!(["4xx", "5xx"]))]
    status_class: Option<Vec<String>>,
    /// None of these classes of statuses.
    #[param(style = Form, explode, max_items = 50, example = json!(["3xx"]))]
    not_status_class: Option<Vec<String>>,
    /// Texts of which the endpoint contains one, literally and in exact case.
    #[param(style = Form, explode, max_items = 50, example = json!(["/users"]))]
    endpoint: Option<Vec<String>>,
    /// Texts of which the endpoint contains none.
    #[param(style = Form, explode, max_items = 50, example = json!(["/health"]))]
    not_endpoint: Option<Vec<String>>,
    /// Exactly one of these endpoints.
    #[param(style = Form, explode, max_items = 50, example = json!(["/users"]))]
    endpoint_exact: Option<Vec<String>>,
    /// None of these endpoints.
    #[param(style = Form, explode, max_items = 50, example = json!(["/"]))]
    not_endpoint_exact: Option<Vec<String>>,
    /// Exactly one of these addresses.
    #[param(style = Form, explode, max_items = 50, example = json!(["192.0.2.1"]))]
    ip: Option<Vec<String>>,
    /// None of these addresses; an event without one is admitted.
    #[param(style = Form, explode, max_items = 50, example = json!(["2001:db8::1"]))]
    not_ip: Option<Vec<String>>,
    /// Exactly one of these consumers.
    #[param(style = Form, explode, max_items = 50, example = json!(["acme"]))]
    consumer: Option<Vec<String>>,
    /// None of these consumers; an event without one is admitted.
    #[param(style = Form, explode, max_items = 50, example = json!(["monitoring"]))]
    not_consumer: Option<Vec<String>>,
    /// Exactly one of these hosts, in exact case.
    #[param(style = Form, explode, max_items = 50, example = json!(["api.example.com"]))]
    hostname: Option<Vec<String>>,
    /// None of these hosts; an event without one is admitted.
    #[param(style = Form, explode, max_items = 50, example = json!(["localhost"]))]
    not_hostname: Option<Vec<String>>,
    /// Texts of which the user agent contains one, literally and in exact case.
    #[param(style = Form, explode, max_items = 50, example = json!(["curl"]))]
    user_agent: Option<Vec<String>>,
    /// Texts of which the user agent contains none; an event without one is admitted.
    #[param(style = Form, explode, max_items = 50, example = json!(["bot"]))]
    not_user_agent: Option<Vec<String>>,
    /// Milliseconds at least.
    #[param(minimum = 0, example = 100.0)]
    process_time_min: Option<f64>,
    /// Milliseconds at most; above the minimum.
    #[param(minimum = 0, example = 1000.0)]
    process_time_max: Option<f64>,
}

/// The kind of a report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; the handler reads it")]
pub(crate) struct FormatParam {
    /// json or pdf.
    #[param(example = "pdf")]
    format: String,
}

/// Which part of the events is listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct LogParams {
    /// First instant, or date (its start). Without an offset, time of `timezone`.
    #[param(example = "2025-08-01")]
    start_date: Option<String>,
    /// Last instant, or date (its end). Without an offset, time of `timezone`.
    #[param(example = "2025-08-31")]
    end_date: Option<String>,
    /// IANA time zone of dates and times without an offset; by default UTC.
    #[param(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// created_at, method, endpoint, ip, process_time or status_code; by default created_at.
    order_by: Option<String>,
    /// asc or desc; by default asc.
    order: Option<String>,
    /// How many events at most; by default 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// How many events are skipped.
    #[param(minimum = 0)]
    offset: Option<i64>,
}
