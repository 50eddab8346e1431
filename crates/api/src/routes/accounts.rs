//! Accounts: registration, log-in, API keys.

use actix_web::web::{self, Json};
use domain::{Credentials, CredentialsInput, Rule, Username, ValidationError};
use serde::Serialize;

use super::{MAX_FORM_BYTES, json};
use crate::app::App;
use crate::body::Body;
use crate::extract::User;
use crate::problem::Problem;
use crate::schema::{CredentialsBody, RegisterProblems, TokenForm, TokenProblems, UserProblems};

/// An account's public face.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Profile {
    /// The account's name.
    username: String,
}

/// An access token.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TokenAnswer {
    /// The token, for the header `Authorization: Bearer …`.
    access_token: String,
    /// Always `bearer`.
    token_type: &'static str,
    /// Seconds until it expires.
    expires_in: u64,
}

/// Creates an account.
#[utoipa::path(
    post,
    path = "/register",
    tag = "accounts",
    request_body = CredentialsBody,
    responses((status = 200, description = "The account exists now", body = Profile), RegisterProblems)
)]
pub(crate) async fn register(app: web::Data<App>, payload: web::Payload) -> Result<Json<Profile>, Problem> {
    let bytes = Body::new(payload, app.body_pace).all(MAX_FORM_BYTES).await?;
    let Credentials { username, password } = json::<CredentialsInput>(&bytes)?.try_into()?;
    let hash = app.passwords.hash(password).await?;
    let (storage, name, now) = (app.storage.clone(), username.clone(), app.clock.now());
    let created = web::block(move || storage.create_account(&name, &hash, now)).await??;
    created.ok_or(Problem::UsernameTaken)?;
    Ok(Json(Profile { username: username.as_str().to_owned() }))
}

/// Exchanges name and password for an access token.
#[utoipa::path(
    post,
    path = "/token",
    tag = "accounts",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A token", body = TokenAnswer), TokenProblems)
)]
pub(crate) async fn token(app: web::Data<App>, payload: web::Payload) -> Result<Json<TokenAnswer>, Problem> {
    let bytes = Body::new(payload, app.body_pace).all(MAX_FORM_BYTES).await?;
    let (username, password) = form(&bytes)?;
    let account = match Username::parse(&username) {
        Ok(name) => {
            let storage = app.storage.clone();
            web::block(move || storage.account(&name)).await??
        }
        Err(_) => None,
    };
    let hash = account.map(|account| account.password_hash);
    if !app.passwords.verify(password, hash).await? {
        return Err(Problem::WrongCredentials);
    }
    let access_token = app.tokens.issue(&username).map_err(|error| {
        tracing::error!(error = %error, "cannot sign a token");
        Problem::Internal
    })?;
    Ok(Json(TokenAnswer { access_token, token_type: "bearer", expires_in: app.tokens.seconds() }))
}

/// `username` and `password` of a form; other fields are ignored.
fn form(bytes: &[u8]) -> Result<(String, String), Problem> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let fields = web::Query::<Vec<(String, String)>>::from_query(text).map(web::Query::into_inner);
    let fields: domain::Params = fields.unwrap_or_default().into_iter().collect();
    let mut checks = domain::Checks::default();
    let mut field = |name: &'static str| {
        let missing = || ValidationError::new(name, Rule::Missing, "is required");
        checks.take(fields.get(name).map(str::to_owned).ok_or_else(missing))
    };
    let pair = field("username").zip(field("password"));
    Ok(checks.finish(pair)?)
}

/// Says who the user is.
#[utoipa::path(
    get,
    path = "/me/",
    tag = "accounts",
    security(("bearer" = [])),
    responses((status = 200, description = "The user", body = Profile), UserProblems)
)]
pub(crate) async fn me(user: User) -> Json<Profile> {
    Json(Profile { username: user.username.as_str().to_owned() })
}

/// Makes an API key; it is shown this once.
#[utoipa::path(
    post,
    path = "/generate_key",
    tag = "accounts",
    security(("bearer" = [])),
    responses((status = 200, description = "The key", body = String), UserProblems)
)]
pub(crate) async fn generate_key(app: web::Data<App>, user: User) -> Result<Json<String>, Problem> {
    let key = app.random.token().map_err(|error| {
        tracing::error!(error = %error, "cannot make a key");
        Problem::Internal
    })?;
    let (storage, hash, now) = (app.storage.clone(), key.hash, app.clock.now());
    web::block(move || storage.create_key(user.account, &hash, now)).await??;
    Ok(Json(key.text))
}
