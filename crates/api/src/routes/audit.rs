//! Audit logs: who did what when, from where.

use actix_web::web::{self, Json};
use domain::{AuditId, ClientAddress, Timestamp};
use serde::Serialize;
use storage::AuditEntry;

use super::answer::{Items, Page};
use crate::access::{Access, Manage, QueryParams, SignedIn};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{PageParams, ProjectParam};
use crate::schema::{AccountProblems, ProjectProblems};

/// Something that was done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct AuditBody {
    /// Its number.
    #[schema(value_type = String, example = "1")]
    id: AuditId,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    at: Timestamp,
    /// By whom: the name of an account, or `command line`.
    #[schema(example = "ann")]
    actor: String,
    /// What.
    #[schema(example = "key.create")]
    action: String,
    /// To what.
    #[schema(example = "web servers")]
    subject: String,
    /// From which address; null where others did it to the account that asks.
    #[schema(value_type = Option<String>, example = "192.0.2.1")]
    address: Option<String>,
}

impl From<(AuditId, AuditEntry)> for AuditBody {
    fn from((id, entry): (AuditId, AuditEntry)) -> Self {
        Self {
            id,
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            address: entry.address.map(|address: ClientAddress| address.to_string()),
        }
    }
}

/// What was done to a project, the newest first.
#[utoipa::path(
    get,
    path = "/projects/{project}/audit",
    operation_id = "project_audit",
    tag = "projects",
    params(ProjectParam, PageParams),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The entries", body = Items<AuditBody>), ProjectProblems)
)]
pub(crate) async fn of_project(
    app: web::Data<App>,
    access: Access<Manage>,
    params: QueryParams,
) -> Result<Json<Items<AuditBody>>, Problem> {
    let page = Page::from_params(&params.0)?;
    let (before, limit) = (page.after.map(AuditId), page.to_read());
    let rows = web::block(move || app.storage.audit(access.project, before, limit)).await??;
    Ok(Json(Items::part(rows, &page, |(id, _)| id.to_string())))
}

/// What the account did, and what was tried in its name; the newest first.
#[utoipa::path(
    get,
    path = "/me/audit",
    operation_id = "account_audit",
    tag = "accounts",
    params(PageParams),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The entries", body = Items<AuditBody>), AccountProblems)
)]
pub(crate) async fn of_account(
    app: web::Data<App>,
    account: SignedIn,
    params: QueryParams,
) -> Result<Json<Items<AuditBody>>, Problem> {
    let page = Page::from_params(&params.0)?;
    let (before, limit) = (page.after.map(AuditId), page.to_read());
    let (id, own) = (account.id(), account.account.username.as_str().to_owned());
    let mut rows = web::block(move || app.storage.audit_of(id, before, limit)).await??;
    // From where others do what concerns this account is no business of its.
    for (_, entry) in rows.iter_mut().filter(|(_, entry)| entry.actor != own) {
        entry.address = None;
    }
    Ok(Json(Items::part(rows, &page, |(id, _)| id.to_string())))
}
