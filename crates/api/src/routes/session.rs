//! Sessions of browsers: signing in and out.

use actix_web::http::header;
use actix_web::web::{self, Json};
use actix_web::{HttpRequest, HttpResponse};
use domain::object::text;
use domain::{SessionId, Timestamp};
use serde::Serialize;
use storage::SessionRecord;

use super::answer::{Items, no_content};
use super::body::object;
use crate::access::{SignedIn, presented_session};
use crate::app::App;
use crate::auth::session_end;
use crate::problem::Problem;
use crate::schema::projects::SessionParam;
use crate::schema::{AccountProblems, CredentialsBody, SessionProblems};
use crate::sign_in::sign_in;

/// The session of the browser that asks.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SessionBody {
    /// The name of the account.
    #[schema(example = "ann")]
    username: String,
    /// When the session ends if it is not used any more.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Timestamp,
}

/// A session of the account.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct OwnSession {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    id: SessionId,
    /// When it began.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    last_used_at: Timestamp,
    /// When it ends if it is not used any more.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Timestamp,
    /// What the browser calls itself.
    #[schema(max_length = 512, example = "Mozilla/5.0")]
    user_agent: Option<String>,
    /// From which address it began.
    #[schema(example = "192.0.2.1")]
    address: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// Signs in: the answer sets the cookie of a session.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "sign_in",
    tag = "accounts",
    request_body = CredentialsBody,
    responses((status = 200, description = "Signed in", body = SessionBody, headers(("Set-Cookie" = String, description = "`__Host-session` over https, else `session`"))), SessionProblems)
)]
pub(crate) async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    app.origins.check_not_forged(&request)?;
    let mut object = object(&app, payload).await?;
    let username = object.required("username", |field, value| text(field, value).map(str::to_owned));
    let password = object.required("password", |field, value| text(field, value).map(str::to_owned));
    let (username, password) = object.finish(username.zip(password))?;
    let (account, actor) = sign_in(&app, &request, username, password).await?;
    let token = app.random.token()?;
    let user_agent = request.headers().get(header::USER_AGENT);
    let user_agent = user_agent.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (id, generation, hash) = (account.id, account.token_generation, token.hash);
    let storage = app.storage.clone();
    let session =
        web::block(move || storage.create_session(id, generation, &hash, user_agent.as_deref(), &actor));
    let session = session.await??.ok_or(Problem::WrongCredentials)?;
    let cookie = app.origins.session_cookie(&request).set(&token.text).ok_or(Problem::Internal)?;
    let body = SessionBody {
        username: account.username.as_str().to_owned(),
        expires_at: session_end(session.created_at, session.last_used_at),
    };
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie)).json(body))
}

/// Says who is signed in.
#[utoipa::path(
    get,
    path = "/session",
    operation_id = "show_session",
    tag = "accounts",
    security(("session" = [])),
    responses((status = 200, description = "The session", body = SessionBody), AccountProblems)
)]
pub(crate) async fn show(app: web::Data<App>, account: SignedIn) -> Result<Json<SessionBody>, Problem> {
    let (id, current) = (account.id(), account.session.ok_or(Problem::BadToken)?);
    let sessions = web::block(move || app.storage.sessions(id)).await??;
    let session = sessions.into_iter().find(|session| session.id == current).ok_or(Problem::BadToken)?;
    Ok(Json(SessionBody {
        username: account.account.username.as_str().to_owned(),
        expires_at: session_end(session.created_at, session.last_used_at),
    }))
}

/// Signs out: the session ends here and in the browser.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "sign_out",
    tag = "accounts",
    security((), ("session" = [])),
    responses((status = 204, description = "Signed out; also if nobody was signed in"), SessionProblems)
)]
pub(crate) async fn delete(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    app.origins.check_not_forged(&request)?;
    if let Some(hash) = presented_session(&app, &request) {
        let storage = app.storage.clone();
        web::block(move || storage.end_session(&hash)).await??;
    }
    let cookie = app.origins.session_cookie(&request).clear().ok_or(Problem::Internal)?;
    let mut answer = no_content();
    answer.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// Lists the sessions of the account.
#[utoipa::path(
    get,
    path = "/me/sessions",
    operation_id = "list_sessions",
    tag = "accounts",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The sessions, the last used first", body = Items<OwnSession>), AccountProblems)
)]
pub(crate) async fn list(app: web::Data<App>, account: SignedIn) -> Result<Json<Items<OwnSession>>, Problem> {
    let (id, current, now) = (account.id(), account.session, app.clock.now());
    let mut sessions = web::block(move || app.storage.sessions(id)).await??;
    sessions.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
    let alive = sessions
        .into_iter()
        .filter(|session| now < session_end(session.created_at, session.last_used_at))
        .map(|session| own_session(session, current));
    Ok(Json(Items::all(alive)))
}

/// Ends one of the account's sessions.
#[utoipa::path(
    delete,
    path = "/me/sessions/{session}",
    operation_id = "end_session",
    tag = "accounts",
    params(SessionParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The session has ended"), (status = 404, description = "The account has no such session", body = crate::problem::ProblemBody, content_type = "application/problem+json"), AccountProblems)
)]
pub(crate) async fn end(
    app: web::Data<App>,
    account: SignedIn,
    session: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let session: SessionId = session.parse().map_err(|_| Problem::Unknown("session"))?;
    let has_ended = web::block(move || app.storage.end_session_of(account.id(), session, account.actor()));
    if has_ended.await?? { Ok(no_content()) } else { Err(Problem::Unknown("session")) }
}

fn own_session(session: SessionRecord, current: Option<SessionId>) -> OwnSession {
    OwnSession {
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session_end(session.created_at, session.last_used_at),
        user_agent: session.user_agent,
        address: session.address.map(|address| address.to_string()),
        current: Some(session.id) == current,
    }
}
