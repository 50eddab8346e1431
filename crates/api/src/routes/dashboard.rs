//! Dashboards and reports.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Json};
use domain::{Dashboard, DashboardQuery, Params, Rule, ValidationError};
use reporting::ReportContext;

use crate::access::{Access, QueryParams, Read};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::report::ReportBody;
use crate::schema::{DashboardParams, FilterParams, FormatParam, QuestionParams, ReadProblems};

/// The figures of a time range.
#[utoipa::path(
    get,
    path = "/dashboard",
    tag = "insights",
    params(QuestionParams, DashboardParams, FilterParams),
    security(("bearer" = [], "api_key" = []), ("bearer" = []), ("session" = []), ("api_key" = []), ("link" = [])),
    responses((status = 200, description = "The figures", body = Dashboard), ReadProblems)
)]
pub(crate) async fn dashboard(
    app: web::Data<App>,
    access: Access<Read>,
    params: QueryParams,
) -> Result<Json<Dashboard>, Problem> {
    let query = DashboardQuery::from_params(&access.question(params.0)?, app.clock.now())?;
    let figures = app.ask(move |app| {
        let mut dashboard = app.datasets.dashboard(access.project, &query)?;
        access.conceal(&mut dashboard);
        Ok::<_, Problem>(dashboard)
    });
    Ok(Json(figures.await?))
}

/// The same figures as a document to download.
#[utoipa::path(
    get,
    path = "/report",
    tag = "insights",
    params(QuestionParams, FormatParam, DashboardParams, FilterParams),
    security(("bearer" = [], "api_key" = []), ("bearer" = []), ("session" = []), ("api_key" = []), ("link" = [])),
    responses(
        (
            status = 200,
            description = "The report",
            content((ReportBody = "application/json"), ("application/pdf")),
            headers(("Content-Disposition" = String, description = "`attachment` with a name for the file"))
        ),
        ReadProblems
    )
)]
pub(crate) async fn report(
    app: web::Data<App>,
    access: Access<Read>,
    params: QueryParams,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let mut checks = domain::Checks::default();
    let params = access.question(params.0)?;
    let format = checks.take(ReportFormat::from_params(&params));
    let query = checks.take(DashboardQuery::from_params(&params, now));
    let (format, query) = checks.finish(format.zip(query))?;
    let hidden = access.hidden();
    let context = ReportContext {
        generated_at: now,
        range: query.filter.range,
        zone: query.zone,
        filters: query.filter.describe().into_iter().filter(|condition| hidden.shows(condition)).collect(),
    };
    let document = app.ask(move |app| {
        let mut dashboard = app.datasets.dashboard(access.project, &query)?;
        access.conceal(&mut dashboard);
        let document = match format {
            ReportFormat::Json => reporting::json_report(&dashboard, &context),
            ReportFormat::Pdf => reporting::pdf_report(&dashboard, &context),
        };
        document.map_err(|error| {
            tracing::error!(error = %error, "cannot make a report");
            Problem::Internal
        })
    });
    let document = document.await?;
    let (media_type, file) = match format {
        ReportFormat::Json => ("application/json", "attachment; filename=\"api_stats_report.json\""),
        ReportFormat::Pdf => ("application/pdf", "attachment; filename=\"api_stats_report.pdf\""),
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::CONTENT_DISPOSITION, file))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(document))
}

#[derive(Clone, Copy)]
enum ReportFormat {
    Json,
    Pdf,
}

impl ReportFormat {
    fn from_params(params: &Params) -> Result<Self, ValidationError> {
        match params.get("format") {
            Some("json") => Ok(Self::Json),
            Some("pdf") => Ok(Self::Pdf),
            Some(_) => Err(ValidationError::new("format", Rule::Format, "must be json or pdf")),
            None => Err(ValidationError::new("format", Rule::Missing, "is required: json or pdf")),
        }
    }
}
