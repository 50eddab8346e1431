//! Shared links: a read-only look at a project, or at a part of it, for whoever has the link.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::object::texts;
use domain::{Hidden, LinkFilters, LinkId, Name, ProjectId, Rule, Timestamp, ValidationError, Zone};
use serde::Serialize;
use storage::{Creation, Link, NewLink};

use super::answer::{Items, created, no_content};
use super::body::object;
use super::keys::future;
use crate::access::{Access, Read, Write};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{LinkParam, NewLinkBody, ProjectParam};
use crate::schema::{ChangeProblems, ProjectProblems, ReadProblems};

/// A shared link.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct LinkBody {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    id: LinkId,
    /// Its name.
    #[schema(example = "for the support team")]
    name: String,
    /// The filters that it fixes, each as `name=value`.
    #[schema(value_type = Vec<String>, example = json!(["endpoint=/v1/"]))]
    filters: LinkFilters,
    /// The fields that it does not show: `ip`, `consumer`, `user_agent`.
    #[schema(value_type = Vec<String>, example = json!(["ip"]))]
    hide: Hidden,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    created_at: Timestamp,
    /// From when on it is not good any more.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Option<Timestamp>,
    /// What opens the project, in the answer to its making only: `/app/s/TOKEN`, or the parameter `link=TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "WHhYbWVhbXBsZS1vZi1hbi1pbnZpdGF0aW9uLXRva2Vu")]
    token: Option<String>,
}

impl From<Link> for LinkBody {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            name: link.name.as_str().to_owned(),
            filters: LinkFilters::kept(link.filters),
            hide: link.hidden,
            created_at: link.created_at,
            expires_at: link.expires_at,
            token: None,
        }
    }
}

/// What a caller who knows nothing but a credential has in hand.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SharedBody {
    /// The id of the project.
    #[schema(value_type = String, example = "1")]
    project: ProjectId,
    /// Its name.
    #[schema(example = "Shop API")]
    name: String,
    /// The zone of questions that name none; null: UTC.
    #[schema(value_type = Option<String>, example = "Europe/Berlin")]
    timezone: Option<Zone>,
    /// The filters that the link fixes, but for those by fields that it does not show.
    #[schema(value_type = Vec<String>, example = json!(["endpoint=/v1/"]))]
    filters: LinkFilters,
    /// The fields that the link does not show.
    #[schema(value_type = Vec<String>, example = json!(["ip"]))]
    hide: Hidden,
    /// When the link ends.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Option<Timestamp>,
}

/// Lists the links of a project.
#[utoipa::path(
    get,
    path = "/projects/{project}/links",
    operation_id = "list_links",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The links, at most 100", body = Items<LinkBody>), ProjectProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    access: Access<Write>,
) -> Result<Json<Items<LinkBody>>, Problem> {
    let links = web::block(move || app.storage.links(access.project)).await??;
    Ok(Json(Items::all(links)))
}

/// Makes a link.
#[utoipa::path(
    post,
    path = "/projects/{project}/links",
    operation_id = "create_link",
    tag = "projects",
    params(ProjectParam),
    request_body = NewLinkBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The link", body = LinkBody, headers(("Location" = String, description = "Its place"))), ChangeProblems)
)]
pub(crate) async fn create(
    app: web::Data<App>,
    access: Access<Write>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let name = object.required("name", Name::from_field);
    let filters = object.optional("filters", |field, value| {
        LinkFilters::parse(field, &texts(field, value, LinkFilters::MAX)?)
    });
    let hidden = object.optional("hide", |field, value| {
        let names = texts(field, value, Hidden::NAMES.len())?;
        names.into_iter().try_fold(Hidden::NOTHING, Hidden::with).map_err(|_| {
            ValidationError::new(field, Rule::Format, "must name some of ip, consumer, user_agent")
        })
    });
    let expires_at = object.optional("expires_at", future(app.clock.now())).value();
    let name = object.finish(name)?;
    let (project, token) = (access.project, app.random.token()?);
    let link = NewLink {
        name,
        hash: token.hash,
        filters: filters.value().unwrap_or_default().into_pairs(),
        hidden: hidden.value().unwrap_or_default(),
        expires_at,
    };
    match web::block(move || app.storage.create_link(project, &link, access.actor())).await?? {
        Creation::Created(link) => {
            let location = format!("/projects/{project}/links/{}", link.id);
            Ok(created(&location, &LinkBody { token: Some(token.text), ..link.into() }))
        }
        Creation::Unknown => Err(Problem::UnknownProject),
        Creation::Full => Err(Problem::Conflict("The project has as many links as it may".to_owned())),
    }
}

/// Shows a link, without its token.
#[utoipa::path(
    get,
    path = "/projects/{project}/links/{link}",
    operation_id = "show_link",
    tag = "projects",
    params(ProjectParam, LinkParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The link", body = LinkBody), ProjectProblems)
)]
pub(crate) async fn show(
    app: web::Data<App>,
    access: Access<Write>,
    path: web::Path<(String, String)>,
) -> Result<Json<LinkBody>, Problem> {
    let id = id(&path)?;
    let links = web::block(move || app.storage.links(access.project)).await??;
    let link = links.into_iter().find(|link| link.id == id).ok_or(Problem::Unknown("link"))?;
    Ok(Json(link.into()))
}

/// Ends a link.
#[utoipa::path(
    delete,
    path = "/projects/{project}/links/{link}",
    operation_id = "delete_link",
    tag = "projects",
    params(ProjectParam, LinkParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The link is not good any more"), ProjectProblems)
)]
pub(crate) async fn delete(
    app: web::Data<App>,
    access: Access<Write>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let id = id(&path)?;
    let is_gone = web::block(move || app.storage.delete_link(access.project, id, access.actor())).await??;
    if is_gone { Ok(no_content()) } else { Err(Problem::Unknown("link")) }
}

/// Says what a credential opens: the project, and the part of it that a link shows.
#[utoipa::path(
    get,
    path = "/shared",
    tag = "insights",
    security(("bearer" = [], "api_key" = []), ("bearer" = []), ("session" = []), ("api_key" = []), ("link" = [])),
    responses((status = 200, description = "What is open", body = SharedBody), ReadProblems)
)]
pub(crate) async fn shared(app: web::Data<App>, access: Access<Read>) -> Result<Json<SharedBody>, Problem> {
    let project = access.project;
    let project = web::block(move || app.storage.project(project)).await??.ok_or(Problem::UnknownProject)?;
    let (hide, link) = (access.hidden(), access.link);
    Ok(Json(SharedBody {
        project: project.id,
        name: project.name.as_str().to_owned(),
        timezone: access.settings.timezone,
        hide,
        expires_at: link.as_ref().and_then(|link| link.expires_at),
        filters: LinkFilters::kept(link.map(|link| link.filters).unwrap_or_default()).shown(hide),
    }))
}

fn id(path: &web::Path<(String, String)>) -> Result<LinkId, Problem> {
    path.1.parse().map_err(|_| Problem::Unknown("link"))
}
