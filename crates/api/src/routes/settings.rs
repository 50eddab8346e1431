//! The settings of a project: one document.

use actix_web::http::header;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use domain::{ProjectSettings, Rule, ValidationError};
use storage::SettingsChange;

use super::body::small;
use crate::access::{Access, ReadAll, Write};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{IfMatch, ProjectParam};
use crate::schema::{ChangeProblems, ProjectProblems};

/// Shows the settings of a project.
#[utoipa::path(
    get,
    path = "/projects/{project}/settings",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = []), ("api_key" = [])),
    responses((status = 200, description = "The whole document", body = ProjectSettings, headers(("ETag" = String, description = "Its version, for `If-Match`"))), ProjectProblems)
)]
pub(crate) async fn show(app: web::Data<App>, access: Access<ReadAll>) -> Result<HttpResponse, Problem> {
    let settings = web::block(move || app.storage.settings(access.project)).await??;
    let (settings, version) = settings.ok_or(Problem::UnknownProject)?;
    Ok(document(&settings, version))
}

/// Puts another document in the place of the settings; fields that are absent have their default.
#[utoipa::path(
    put,
    path = "/projects/{project}/settings",
    tag = "projects",
    params(ProjectParam, IfMatch),
    request_body = ProjectSettings,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The document as it is kept", body = ProjectSettings, headers(("ETag" = String, description = "Its version"))), (status = 412, description = "The settings have been changed meanwhile; nothing is stored", body = crate::problem::ProblemBody, content_type = "application/problem+json"), ChangeProblems)
)]
pub(crate) async fn replace(
    app: web::Data<App>,
    access: Access<Write>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let expected = if_match(&request)?;
    let bytes = small(&app, payload).await?;
    let json = serde_json::from_slice(&bytes).map_err(|error| Problem::MalformedJson(error.to_string()))?;
    let settings = ProjectSettings::from_json(json)?;
    let (settings, change) = web::block(move || {
        let change = app.storage.put_settings(access.project, &settings, expected, access.actor())?;
        app.keys.forget();
        Ok::<_, Problem>((settings, change))
    })
    .await??;
    match change {
        SettingsChange::Stored(version) => Ok(document(&settings, version)),
        SettingsChange::Conflict(_) => Err(Problem::Changed),
        SettingsChange::Unknown => Err(Problem::UnknownProject),
    }
}

fn document(settings: &ProjectSettings, version: i64) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, format!("\"{version}\""))).json(settings)
}

/// The version that the header `If-Match` names; `None` if there is no such header, or it admits any.
fn if_match(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let Some(value) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')?.parse().ok());
    let fault = || {
        let detail = "must be the ETag of an answer, or *";
        Problem::from(ValidationError::new("If-Match", Rule::Format, detail))
    };
    version.map(Some).ok_or_else(fault)
}
