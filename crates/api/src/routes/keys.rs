//! The API keys of a project.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::object::{instant, integer, texts};
use domain::{KeyId, Name, ProjectId, Rule, Scope, Scopes, Timestamp, ValidationError};
use serde::Serialize;
use serde_json::Value;
use storage::{Creation, KeyChange, KeyChanges, KeyRecord, NewKey, NewSecret, Storage};

use super::answer::{Items, Page, created, no_content};
use super::body::object;
use crate::access::{Access, Manage, QueryParams};
use crate::app::App;
use crate::problem::Problem;
use crate::random::prefix;
use crate::schema::projects::{KeyChangesBody, KeyParam, NewKeyBody, PageParams, ProjectParam, RotationBody};
use crate::schema::{ChangeProblems, ProjectProblems};

/// Longest time in which an old key is good beside the new one: 30 days.
const MAX_OVERLAP_MINUTES: u32 = 30 * 24 * 60;

/// An API key.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct KeyBody {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    id: KeyId,
    /// Its name.
    #[schema(example = "web servers")]
    name: String,
    /// Its first characters; null for keys of an older version, of which nothing is known.
    #[schema(example = "Zm9vYmFy")]
    prefix: Option<String>,
    /// What it is good for.
    #[schema(value_type = Vec<Scope>, example = json!(["ingest"]))]
    scopes: Scopes,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    created_at: Timestamp,
    /// From when on it is not good any more.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    revoked_at: Option<Timestamp>,
    /// The key itself, in the answer to its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "WHhYbWVhbXBsZS1vZi1hbi1pbnZpdGF0aW9uLXRva2Vu")]
    key: Option<String>,
}

impl From<KeyRecord> for KeyBody {
    fn from(key: KeyRecord) -> Self {
        Self {
            id: key.id,
            name: key.name.as_str().to_owned(),
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            key: None,
        }
    }
}

/// Lists the keys of a project, revoked ones too.
#[utoipa::path(
    get,
    path = "/projects/{project}/keys",
    operation_id = "list_keys",
    tag = "projects",
    params(ProjectParam, PageParams),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The keys, in the order of their ids", body = Items<KeyBody>), ProjectProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    access: Access<Manage>,
    params: QueryParams,
) -> Result<Json<Items<KeyBody>>, Problem> {
    let page = Page::from_params(&params.0)?;
    let (project, after, limit) = (access.project, page.after.map(KeyId), page.to_read());
    let rows = web::block(move || app.storage.keys(project, after, limit)).await??;
    Ok(Json(Items::part(rows, &page, |key| key.id.to_string())))
}

/// Makes a key; it is shown this once.
#[utoipa::path(
    post,
    path = "/projects/{project}/keys",
    operation_id = "create_key",
    tag = "projects",
    params(ProjectParam),
    request_body = NewKeyBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The key", body = KeyBody, headers(("Location" = String, description = "Its place"))), ChangeProblems)
)]
pub(crate) async fn create(
    app: web::Data<App>,
    access: Access<Manage>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let name = object.required("name", Name::from_field);
    let scopes = object.optional("scopes", scopes).value().unwrap_or(Scopes::INGEST);
    let expires_at = object.optional("expires_at", future(app.clock.now())).value();
    let name = object.finish(name)?;
    let (project, token) = (access.project, app.random.token()?);
    let key = NewKey { name, hash: token.hash, prefix: prefix(&token.text), scopes, expires_at };
    let made = web::block(move || {
        let made = app.storage.create_key(project, &key, access.actor())?;
        app.keys.forget();
        Ok::<_, Problem>(made)
    });
    match made.await?? {
        Creation::Created(key) => Ok(made_key(project, key, token.text)),
        Creation::Full => Err(full()),
        Creation::Unknown => Err(Problem::UnknownProject),
    }
}

/// Shows a key, without its text.
#[utoipa::path(
    get,
    path = "/projects/{project}/keys/{key}",
    operation_id = "show_key",
    tag = "projects",
    params(ProjectParam, KeyParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The key", body = KeyBody), ProjectProblems)
)]
pub(crate) async fn show(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
) -> Result<Json<KeyBody>, Problem> {
    let key = id(&path)?;
    // The first one after those that come before it.
    let rows = web::block(move || app.storage.keys(access.project, Some(KeyId(key.0 - 1)), 1)).await??;
    let found = rows.into_iter().find(|row| row.id == key).ok_or(Problem::Unknown("key"))?;
    Ok(Json(found.into()))
}

/// Changes the name, the scopes or the end of a key.
#[utoipa::path(
    patch,
    path = "/projects/{project}/keys/{key}",
    operation_id = "update_key",
    tag = "projects",
    params(ProjectParam, KeyParam),
    request_body = KeyChangesBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The key", body = KeyBody), ChangeProblems)
)]
pub(crate) async fn update(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<Json<KeyBody>, Problem> {
    let key = id(&path)?;
    let mut object = object(&app, payload).await?;
    let changes = KeyChanges {
        name: object.optional("name", Name::from_field).value(),
        scopes: object.optional("scopes", scopes).value(),
        expires_at: object.optional("expires_at", instant).change(),
    };
    let changes = object.finish(Some(changes))?;
    let changed =
        on_key(&app, move |storage| storage.update_key(access.project, key, &changes, access.actor()));
    Ok(Json(changed_key(changed.await?)?.into()))
}

/// Revokes a key. Its events stay.
#[utoipa::path(
    delete,
    path = "/projects/{project}/keys/{key}",
    operation_id = "revoke_key",
    tag = "projects",
    params(ProjectParam, KeyParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The key is not good any more: here at once, in other processes within ten seconds"), ProjectProblems)
)]
pub(crate) async fn revoke(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let key = id(&path)?;
    let is_revoked =
        on_key(&app, move |storage| storage.revoke_key(access.project, key, access.actor())).await?;
    if is_revoked { Ok(no_content()) } else { Err(Problem::Unknown("key")) }
}

/// Makes a new key in the place of one that stays good for a while.
#[utoipa::path(
    post,
    path = "/projects/{project}/keys/{key}/rotate",
    operation_id = "rotate_key",
    tag = "projects",
    params(ProjectParam, KeyParam),
    request_body = RotationBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The new key", body = KeyBody, headers(("Location" = String, description = "Its place"))), ChangeProblems)
)]
pub(crate) async fn rotate(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let key = id(&path)?;
    let mut object = object(&app, payload).await?;
    let overlap =
        object.optional("overlap_minutes", |field, value| integer(field, value, 0..=MAX_OVERLAP_MINUTES));
    let minutes = object.finish(Some(overlap.value().unwrap_or(0)))?;
    // Of the same instant as the entry in the audit log: that is what "at once" is measured by.
    let old_until = access.actor().at.plus_minutes(minutes);
    let (project, token) = (access.project, app.random.token()?);
    let secret = NewSecret { hash: token.hash, prefix: prefix(&token.text) };
    let rotated =
        on_key(&app, move |storage| storage.rotate_key(project, key, &secret, old_until, access.actor()));
    Ok(made_key(project, changed_key(rotated.await?)?, token.text))
}

fn changed_key(change: KeyChange) -> Result<KeyRecord, Problem> {
    match change {
        KeyChange::Changed(key) => Ok(key),
        KeyChange::Full => Err(full()),
        KeyChange::Ended => Err(Problem::Conflict("The key is revoked or has expired".to_owned())),
        KeyChange::Unknown => Err(Problem::Unknown("key")),
    }
}

fn full() -> Problem {
    Problem::Conflict("The project has as many keys as it may".to_owned())
}

/// Changes keys; afterwards this process asks for each anew.
async fn on_key<T: Send + 'static>(
    app: &web::Data<App>,
    change: impl FnOnce(&Storage) -> Result<T, storage::StorageError> + Send + 'static,
) -> Result<T, Problem> {
    let app = app.clone();
    web::block(move || {
        let changed = change(&app.storage)?;
        app.keys.forget();
        Ok(changed)
    })
    .await?
}

fn made_key(project: ProjectId, key: KeyRecord, text: String) -> HttpResponse {
    let location = format!("/projects/{project}/keys/{}", key.id);
    created(&location, &KeyBody { key: Some(text), ..key.into() })
}

fn id(path: &web::Path<(String, String)>) -> Result<KeyId, Problem> {
    path.1.parse().map_err(|_| Problem::Unknown("key"))
}

fn scopes(field: &'static str, value: &Value) -> Result<Scopes, ValidationError> {
    let names = texts(field, value, Scope::ALL.len())?;
    let scopes: Result<Vec<Scope>, _> = names.into_iter().map(str::parse).collect();
    scopes.ok().and_then(Scopes::of).ok_or_else(|| {
        ValidationError::new(field, Rule::Format, "must name at least one of ingest, read, and nothing else")
    })
}

/// An instant that is still to come.
pub(super) fn future(now: Timestamp) -> impl Fn(&'static str, &Value) -> Result<Timestamp, ValidationError> {
    move |field, value| {
        let at = instant(field, value)?;
        let fault = || ValidationError::new(field, Rule::Range, "must be in the future");
        if at > now { Ok(at) } else { Err(fault()) }
    }
}
