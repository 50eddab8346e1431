//! The account that asks: who it is, its password, its end.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::Password;
use domain::object::text;
use serde::Serialize;
use storage::AccountRemoval;

use super::answer::no_content;
use super::body::object;
use crate::access::SignedIn;
use crate::app::App;
use crate::auth::Standing;
use crate::problem::Problem;
use crate::schema::{AccountProblems, NewPasswordBody, PasswordBody, PasswordProblems};
use crate::sign_in::confirm_password;

/// An account's public face.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Profile {
    /// The account's name.
    #[schema(example = "ann")]
    pub(super) username: String,
}

/// Says who the user is.
#[utoipa::path(
    get,
    path = "/me/",
    operation_id = "show_account",
    tag = "accounts",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The user", body = Profile), AccountProblems)
)]
pub(crate) async fn show(account: SignedIn) -> Json<Profile> {
    Json(Profile { username: account.account.username.as_str().to_owned() })
}

/// Sets a new password. All other sessions and all access tokens end.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "accounts",
    request_body = NewPasswordBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The password is the new one"), PasswordProblems)
)]
pub(crate) async fn set_password(
    app: web::Data<App>,
    account: SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let old = object.required("old", |field, value| text(field, value).map(str::to_owned));
    let new = object.required("new", |field, value| Password::parse_field(field, text(field, value)?));
    let (old, new) = object.finish(old.zip(new))?;
    confirm_password(&app, &account, old).await?;
    let hash = app.passwords.slot(Standing::Usual)?.hash(new).await?;
    web::block(move || app.storage.set_password(account.id(), &hash, account.session, account.actor()))
        .await??;
    Ok(no_content())
}

/// Ends the account. One that is the last owner of a project cannot go: no project is left without an owner.
#[utoipa::path(
    delete,
    path = "/me/",
    operation_id = "delete_account",
    tag = "accounts",
    request_body = PasswordBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account is gone"), (status = 409, description = "The account is the last owner of projects, which are named", body = crate::problem::ProblemBody, content_type = "application/problem+json"), PasswordProblems)
)]
pub(crate) async fn delete(
    app: web::Data<App>,
    account: SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let password = object.required("password", |field, value| text(field, value).map(str::to_owned));
    let password = object.finish(password)?;
    confirm_password(&app, &account, password).await?;
    match web::block(move || app.storage.delete_account(account.id(), account.actor())).await?? {
        AccountRemoval::Deleted => Ok(no_content()),
        AccountRemoval::Unknown => Err(Problem::BadToken),
        AccountRemoval::LastOwnerOf(projects) => {
            let named: Vec<String> =
                projects.iter().map(|(id, name)| format!("{name:?} (id {id})")).collect();
            Err(Problem::Conflict(format!(
                "The account is the last owner of {}; give them another owner, or remove them, first",
                named.join(", ")
            )))
        }
    }
}
