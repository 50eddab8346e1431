//! Accounts as programs make and use them: registration, access tokens, a project with a key in one step.

use actix_web::HttpRequest;
use actix_web::web::{self, Json};
use domain::{Credentials, CredentialsInput, Name, Rule, Scopes, ValidationError};
use serde::Serialize;
use storage::{Actor, Creation, NewKey};

use super::body::{json, small};
use super::me::Profile;
use crate::access::{QueryParams, SignedIn};
use crate::app::App;
use crate::auth::Claims;
use crate::auth::Standing;
use crate::config::Registration;
use crate::problem::Problem;
use crate::random::{hash, prefix};
use crate::schema::{
    CredentialsBody, GenerateProblems, InvitationToken, RegisterProblems, TokenForm, TokenProblems,
};
use crate::sign_in::sign_in;

/// An access token.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TokenAnswer {
    /// The token, for the header `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.signature")]
    access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds until it expires.
    #[schema(example = 5400)]
    expires_in: u64,
}

/// Creates an account. The first one of a service looks after it.
#[utoipa::path(
    post,
    path = "/register",
    tag = "accounts",
    params(InvitationToken),
    request_body = CredentialsBody,
    responses((status = 200, description = "The account exists now", body = Profile), RegisterProblems)
)]
pub(crate) async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    params: QueryParams,
    payload: web::Payload,
) -> Result<Json<Profile>, Problem> {
    let invitation = params.0.get("invitation").map(|token| hash(token.as_bytes()));
    match app.registration {
        Registration::Closed => return Err(Problem::RegistrationClosed),
        Registration::Invited if invitation.is_none() => return Err(Problem::InvitationNeeded),
        Registration::Invited | Registration::Open => {}
    }
    let bytes = small(&app, payload).await?;
    let Credentials { username, password } = json::<CredentialsInput>(&bytes)?.try_into()?;
    let address = app.origins.caller(&request);
    let slot = app.passwords.slot(Standing::Anybody)?;
    let turn = app.throttle.register(address)?;
    let hash = slot.hash(password).await?;
    drop(turn);
    let by = Actor { account: None, name: username.as_str().to_owned(), address, at: app.clock.now() };
    let (storage, name) = (app.storage.clone(), username.clone());
    let made = web::block(move || storage.create_account(&name, &hash, invitation.as_ref(), &by));
    match made.await?? {
        storage::Registration::Created(_) => Ok(Json(Profile { username: username.as_str().to_owned() })),
        storage::Registration::NameTaken => Err(Problem::UsernameTaken),
        storage::Registration::InvalidInvitation => Err(Problem::BadInvitation),
    }
}

/// Exchanges name and password for an access token.
#[utoipa::path(
    post,
    path = "/token",
    tag = "accounts",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A token", body = TokenAnswer), TokenProblems)
)]
pub(crate) async fn token(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<Json<TokenAnswer>, Problem> {
    let bytes = small(&app, payload).await?;
    let (username, password) = form(&bytes)?;
    let (account, _) = sign_in(&app, &request, username, password).await?;
    let claims =
        Claims { username: account.username, account: account.id, generation: account.token_generation };
    let access_token = app.tokens.issue(&claims, app.clock.now()).map_err(|error| {
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

/// Makes a project with one API key for sending events; the key is shown this once.
#[utoipa::path(
    post,
    path = "/generate_key",
    tag = "projects",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The key", body = String, content_type = "application/json", example = json!("Zm9vYmFyLWV4YW1wbGUtb2YtYS1rZXktd2l0aC00My1j")), GenerateProblems)
)]
pub(crate) async fn generate_key(app: web::Data<App>, account: SignedIn) -> Result<Json<String>, Problem> {
    let token = app.random.token()?;
    let key = NewKey {
        name: Name::parse("name", "API")?,
        hash: token.hash,
        prefix: prefix(&token.text),
        scopes: Scopes::INGEST,
        expires_at: None,
    };
    let made = web::block(move || {
        let made = app.storage.generate_project(account.id(), &key, account.actor())?;
        app.keys.forget();
        Ok::<_, Problem>(made)
    });
    match made.await?? {
        Creation::Created(_) => Ok(Json(token.text)),
        Creation::Unknown => Err(Problem::BadToken),
        Creation::Full => Err(Problem::Conflict("The account owns as many projects as it may".to_owned())),
    }
}
