//! Who asks: extractors for API keys, users, and keys that belong to the user.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use domain::{AccountId, Params, ProjectId, Username};
use storage::ApiKey;

use crate::app::App;
use crate::auth::{FIRST_GENERATION, key_hash};
use crate::problem::Problem;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The longest token that is looked at.
const MAX_TOKEN: usize = 4096;

fn app(request: &HttpRequest) -> Result<web::Data<App>, Problem> {
    request.app_data::<web::Data<App>>().cloned().ok_or(Problem::Internal)
}

/// The key of the header `X-API-Key`.
pub(crate) struct Tenant(pub(crate) ApiKey);

impl FromRequest for Tenant {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { tenant(&request).await.map(Self) })
    }
}

async fn tenant(request: &HttpRequest) -> Result<ApiKey, Problem> {
    let app = app(request)?;
    let key = request.headers().get("x-api-key").ok_or(Problem::MissingKey)?;
    if key.is_empty() {
        return Err(Problem::MissingKey);
    }
    let hash = key_hash(key.as_bytes()).ok_or(Problem::InvalidKey)?;
    if let Some(key) = app.keys.get(&hash) {
        return Ok(key);
    }
    let storage = app.storage.clone();
    let key = web::block(move || storage.key(&hash)).await??.ok_or(Problem::InvalidKey)?;
    app.keys.insert(hash, key);
    Ok(key)
}

/// The user of the bearer token.
pub(crate) struct User {
    pub(crate) account: AccountId,
    pub(crate) username: Username,
}

impl FromRequest for User {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { user(&request).await })
    }
}

async fn user(request: &HttpRequest) -> Result<User, Problem> {
    let app = app(request)?;
    let token = bearer(request).ok_or(Problem::BadToken)?;
    let claims = app.tokens.verify(token, app.clock.now()).ok_or(Problem::BadToken)?;
    let (storage, name) = (app.storage.clone(), claims.username.clone());
    let account = web::block(move || storage.account(&name)).await??.ok_or(Problem::BadToken)?;
    if claims.account != account.id || claims.generation != FIRST_GENERATION {
        return Err(Problem::BadToken);
    }
    Ok(User { account: account.id, username: claims.username })
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_TOKEN).then(|| token.trim())
}

/// A key that belongs to the user who asks.
pub(crate) struct OwnedKey(pub(crate) ProjectId);

impl FromRequest for OwnedKey {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let user = user(&request).await?;
            let key = tenant(&request).await?;
            if key.account == user.account { Ok(Self(key.id)) } else { Err(Problem::ForeignKey) }
        })
    }
}

/// The query parameters.
pub(crate) struct QueryParams(pub(crate) Params);

impl FromRequest for QueryParams {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        std::future::ready(match pairs {
            Ok(pairs) => Ok(Self(pairs.into_inner().into_iter().collect())),
            Err(_) => Err(domain::ValidationError::new(
                "query",
                domain::Rule::Format,
                "must be an encoded query string",
            )
            .into()),
        })
    }
}
