//! Projects: the list of one's own, and each by itself.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::{Caller, Name, ProjectId, Role, Timestamp};
use serde::Serialize;
use storage::{Creation, Project, ProjectRemoval};

use super::answer::{Items, Page, created, no_content};
use super::body::object;
use crate::access::{Access, Manage, QueryParams, ReadAll, SignedIn};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{NameBody, PageParams, ProjectParam};
use crate::schema::{AccountProblems, ChangeProblems, ProjectProblems};

/// A project.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ProjectBody {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    id: ProjectId,
    /// Its name; names need not be unique.
    #[schema(example = "Shop API")]
    name: String,
    /// What the account that asks may do; null for API keys, which have no role.
    role: Option<Role>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2025-08-01T00:00:00Z")]
    created_at: Timestamp,
    /// The time of the event that arrived last.
    #[schema(value_type = Option<String>, format = DateTime, example = "2025-08-20T12:00:00Z")]
    last_event_at: Option<Timestamp>,
    /// How many events it holds.
    #[schema(example = 1_000_000)]
    events: u64,
}

impl From<(Project, Option<Role>)> for ProjectBody {
    fn from((project, role): (Project, Option<Role>)) -> Self {
        Self {
            id: project.id,
            name: project.name.as_str().to_owned(),
            role,
            created_at: project.created_at,
            last_event_at: project.last_event_at,
            events: project.last_event_id.unsigned_abs(),
        }
    }
}

/// Lists the projects that the account is a member of.
#[utoipa::path(
    get,
    path = "/projects",
    operation_id = "list_projects",
    tag = "projects",
    params(PageParams),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The projects, in the order of their ids", body = Items<ProjectBody>), AccountProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    account: SignedIn,
    params: QueryParams,
) -> Result<Json<Items<ProjectBody>>, Problem> {
    let page = Page::from_params(&params.0)?;
    let (after, limit, id) = (page.after.map(ProjectId), page.to_read(), account.id());
    let rows = web::block(move || app.storage.projects_of(id, after, limit)).await??;
    let rows = rows.into_iter().map(|(project, role)| (project, Some(role))).collect();
    Ok(Json(Items::part(rows, &page, |(project, _)| project.id.to_string())))
}

/// Makes a project, which the account owns.
#[utoipa::path(
    post,
    path = "/projects",
    operation_id = "create_project",
    tag = "projects",
    request_body = NameBody,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 201, description = "The project", body = ProjectBody, headers(("Location" = String, description = "Its place"))),
        ChangeProblems
    )
)]
pub(crate) async fn create(
    app: web::Data<App>,
    account: SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let name = name(&app, payload).await?;
    let made = web::block(move || app.storage.create_project(&name, Some(account.id()), account.actor()));
    match made.await?? {
        Creation::Created(project) => {
            let location = format!("/projects/{}", project.id);
            Ok(created(&location, &ProjectBody::from((project, Some(Role::Owner)))))
        }
        Creation::Full => Err(Problem::Conflict("The account owns as many projects as it may".to_owned())),
        Creation::Unknown => Err(Problem::BadToken),
    }
}

/// Shows a project.
#[utoipa::path(
    get,
    path = "/projects/{project}",
    operation_id = "show_project",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = []), ("api_key" = [])),
    responses((status = 200, description = "The project", body = ProjectBody), ProjectProblems)
)]
pub(crate) async fn show(app: web::Data<App>, access: Access<ReadAll>) -> Result<Json<ProjectBody>, Problem> {
    let (project, role) = (access.project, role(access.caller));
    let project = web::block(move || app.storage.project(project)).await??.ok_or(Problem::UnknownProject)?;
    Ok(Json((project, role).into()))
}

/// Gives a project another name.
#[utoipa::path(
    patch,
    path = "/projects/{project}",
    operation_id = "rename_project",
    tag = "projects",
    params(ProjectParam),
    request_body = NameBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The project", body = ProjectBody), ChangeProblems)
)]
pub(crate) async fn rename(
    app: web::Data<App>,
    access: Access<Manage>,
    payload: web::Payload,
) -> Result<Json<ProjectBody>, Problem> {
    let name = name(&app, payload).await?;
    let role = role(access.caller);
    let project = web::block(move || {
        app.storage.rename_project(access.project, &name, access.actor())?;
        app.storage.project(access.project)
    });
    Ok(Json((project.await??.ok_or(Problem::UnknownProject)?, role).into()))
}

/// Ends a project: its keys take nothing in from now on, and everything of it is removed.
#[utoipa::path(
    delete,
    path = "/projects/{project}",
    operation_id = "delete_project",
    tag = "projects",
    params(ProjectParam),
    request_body(content = NameBody, description = "The project's name once more, against mistakes"),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The project is gone"), ChangeProblems)
)]
pub(crate) async fn delete(
    app: web::Data<App>,
    access: Access<Manage>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let name = name(&app, payload).await?;
    let removal = web::block(move || {
        let removal = app.storage.delete_project_named(access.project, &name, access.actor())?;
        app.keys.forget();
        app.names.forget(access.project);
        Ok::<_, Problem>(removal)
    });
    match removal.await?? {
        ProjectRemoval::Deleted => Ok(no_content()),
        ProjectRemoval::OtherName => {
            Err(Problem::Conflict("The project has another name; nothing is removed".to_owned()))
        }
        ProjectRemoval::Unknown => Err(Problem::UnknownProject),
    }
}

const fn role(caller: Caller) -> Option<Role> {
    match caller {
        Caller::Member(_, role) => Some(role),
        Caller::Key(..) | Caller::Link(_) => None,
    }
}

/// `{"name"}`
async fn name(app: &App, payload: web::Payload) -> Result<Name, Problem> {
    let mut object = object(app, payload).await?;
    let name = object.required("name", Name::from_field);
    Ok(object.finish(name)?)
}
