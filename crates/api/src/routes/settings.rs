//! The settings of a project: one document.

use actix_web::http::header::{self, EntityTag};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use domain::{ProjectSettings, Rule, ValidationError};
use storage::SettingsChange;

use super::body::{document, small};
use crate::access::{Access, ReadAll, Write};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{IfMatch, ProjectParam};
use crate::schema::{ChangeProblems, ProjectProblems};

/// A version that no settings have.
const NO_VERSION: i64 = -1;

/// Shows the settings of a project.
#[utoipa::path(
    get,
    path = "/projects/{project}/settings",
    operation_id = "show_settings",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = []), ("api_key" = [])),
    responses((status = 200, description = "The whole document", body = ProjectSettings, headers(("ETag" = String, description = "Its version, for `If-Match`"))), ProjectProblems)
)]
pub(crate) async fn show(app: web::Data<App>, access: Access<ReadAll>) -> Result<HttpResponse, Problem> {
    let settings = web::block(move || app.storage.settings(access.project)).await??;
    let (settings, version) = settings.ok_or(Problem::UnknownProject)?;
    Ok(answer(&settings, version))
}

/// Puts another document in the place of the settings; fields that are absent have their default.
#[utoipa::path(
    put,
    path = "/projects/{project}/settings",
    operation_id = "replace_settings",
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
    let settings = ProjectSettings::from_json(document(&bytes)?)?;
    let (settings, change) = web::block(move || {
        let change = app.storage.put_settings(access.project, &settings, expected, access.actor())?;
        app.keys.forget();
        Ok::<_, Problem>((settings, change))
    })
    .await??;
    match change {
        SettingsChange::Stored(version) => Ok(answer(&settings, version)),
        SettingsChange::Conflict(_) => Err(Problem::Changed),
        SettingsChange::Unknown => Err(Problem::UnknownProject),
    }
}

fn answer(settings: &ProjectSettings, version: i64) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, format!("\"{version}\""))).json(settings)
}

/// The version that the header `If-Match` asks for; `None` if there is no such header, or it admits any.
fn if_match(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let mut tags = Vec::new();
    for value in request.headers().get_all(header::IF_MATCH) {
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(None);
        }
        let listed: Option<Vec<_>> =
            text.split(',').map(|text| text.trim().parse::<EntityTag>().ok()).collect();
        tags.extend(listed.ok_or_else(|| {
            let detail = "must be the ETag of an answer, a list of such, or *";
            ValidationError::new("If-Match", Rule::Format, detail)
        })?);
    }
    if tags.is_empty() {
        return Ok(None);
    }
    // Versions only grow: of those that the client has seen, no other than the highest can be the present one. What
    // no answer has said is the version of nothing.
    let versions = tags.iter().filter(|tag| !tag.weak).filter_map(|tag| tag.tag().parse().ok());
    Ok(Some(versions.max().unwrap_or(NO_VERSION)))
}
