//! The extractors: what a handler needs stands in its signature.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use domain::{
    AccountId, Caller, Dashboard, Hidden, LinkFilters, Params, Permission, ProjectId, ProjectSettings, Quota,
    Rule, SessionId, ValidationError,
};
use futures_util::future::Either;
use storage::{Account, Actor, KeyGrant, Link};

use super::person::{Identity, Person};
use super::presented::{Presented, token_hash};
use super::project::{Credentials, Named};
use crate::app::App;
use crate::body::skip_received;
use crate::problem::Problem;
use crate::random::TokenHash;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A permission as a type.
pub(crate) trait Need {
    /// The permission.
    const PERMISSION: Permission;
    /// Whom the audit log names; `()` where nothing is audited.
    type By;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident by $by:ty),+ $(,)?) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Need for $name {
            const PERMISSION: Permission = Permission::$name;
            type By = $by;
        }
    )+};
}

needs! {
    /// [`Permission::Ingest`]
    Ingest by (),
    /// [`Permission::Read`]
    Read by Actor,
    /// [`Permission::ReadAll`]
    ReadAll by Actor,
    /// [`Permission::Write`]
    Write by Actor,
    /// [`Permission::Manage`]
    Manage by Actor,
}

/// A project that is open to this request, for what `N` needs.
pub(crate) struct Access<N: Need> {
    /// The project.
    pub(crate) project: ProjectId,
    /// Who asks.
    pub(crate) caller: Caller,
    /// How the project is set.
    pub(crate) settings: ProjectSettings,
    /// The shared link, where it is one that opens the project.
    pub(crate) link: Option<Box<Link>>,
    by: N::By,
}

impl<N: Need<By = Actor>> Access<N> {
    /// Who does what this request asks for, for the audit log.
    pub(crate) const fn actor(&self) -> &Actor {
        &self.by
    }
}

impl<N: Need> Access<N> {
    /// What the project may take in.
    pub(crate) const fn quota(&self) -> Quota {
        self.settings.quota
    }
}

impl Access<Read> {
    /// The question that the parameters ask, as far as this caller may ask it: with the filters of the link, and in
    /// the zone that the project is set to if it names none.
    ///
    /// # Errors
    /// The link fixes or hides what the question is about.
    pub(crate) fn question(&self, params: Params) -> Result<Params, ValidationError> {
        let params = match &self.link {
            Some(link) => LinkFilters::kept(link.filters.clone()).restrict(link.hidden, params)?,
            None => params,
        };
        let uses_settings = params.read("settings", |field, text| match text {
            "none" => Ok(false),
            _ => Err(ValidationError::new(field, Rule::Format, "must be none, or absent")),
        })?;
        let zone = self.settings.timezone.filter(|_| uses_settings.unwrap_or(true));
        match zone.filter(|_| params.get("timezone").is_none()) {
            Some(zone) => Ok(params.with([("timezone".to_owned(), zone.name().to_owned())])),
            None => Ok(params),
        }
    }

    /// What the caller does not get to see.
    pub(crate) fn hidden(&self) -> Hidden {
        self.link.as_ref().map(|link| link.hidden).unwrap_or_default()
    }

    /// Takes out of figures what the caller does not get to see.
    pub(crate) fn conceal(&self, dashboard: &mut Dashboard) {
        if let Some(link) = &self.link {
            link.hidden.conceal(dashboard);
            LinkFilters::kept(link.filters.clone()).conceal(dashboard);
        }
    }
}

/// What is sent to a project, and leave to send it there.
pub(crate) struct Upload {
    /// The leave.
    pub(crate) access: Access<Ingest>,
    /// The body, unread.
    pub(crate) payload: Payload,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Either<Ready<Result<Self, Problem>>, Extracted<Self>>;

    /// Looks at the header `X-API-Key` only. Every event passes here: a key that is known is answered at once.
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        let access = match ingest_key(request) {
            Ok((app, hash)) => match app.keys.known(&hash) {
                Some(grant) => ingest(grant.as_deref()),
                None => {
                    let app = app.clone();
                    return Either::Right(Box::pin(async move {
                        match app.keys.find(hash).await {
                            Ok(grant) => upload(ingest(grant.as_deref()), payload).await,
                            Err(error) => upload(Err(error.into()), payload).await,
                        }
                    }));
                }
            },
            Err(problem) => Err(problem),
        };
        match access {
            Ok(access) => Either::Left(ready(Ok(Self { access, payload }))),
            refused => Either::Right(Box::pin(upload(refused, payload))),
        }
    }
}

async fn upload(access: Result<Access<Ingest>, Problem>, payload: Payload) -> Result<Upload, Problem> {
    match access {
        Ok(access) => Ok(Upload { access, payload }),
        Err(problem) => {
            skip_received(payload).await;
            Err(problem)
        }
    }
}

fn ingest_key(request: &HttpRequest) -> Result<(&web::Data<App>, TokenHash), Problem> {
    let app = request.app_data::<web::Data<App>>().ok_or(Problem::Internal)?;
    let key = request.headers().get("x-api-key").filter(|key| !key.is_empty()).ok_or(Problem::MissingKey)?;
    Ok((app, token_hash(key.as_bytes()).ok_or(Problem::InvalidKey)?))
}

fn ingest(grant: Option<&KeyGrant>) -> Result<Access<Ingest>, Problem> {
    let grant = grant.ok_or(Problem::InvalidKey)?;
    let caller = Caller::Key(grant.key, grant.scopes);
    if !caller.may(Permission::Ingest) {
        return Err(Problem::Forbidden(caller, Permission::Ingest));
    }
    Ok(Access { project: grant.project, caller, settings: grant.settings.clone(), link: None, by: () })
}

macro_rules! open_with_any_credential {
    ($($need:ident),+) => {$(
        impl FromRequest for Access<$need> {
            type Error = Problem;
            type Future = Extracted<Self>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move { open(&request).await })
            }
        }
    )+};
}

open_with_any_credential!(Read, ReadAll, Write, Manage);

async fn open<N: Need<By = Actor>>(request: &HttpRequest) -> Result<Access<N>, Problem> {
    let app = app(request)?;
    let params = params(request)?;
    let presented = Presented::of(request, &params, app.origins.session_cookie(request))?;
    let now = app.clock.now();
    let identity = Identity::of(&presented, &app.tokens, now)?;
    if let Some(Identity::Session(_)) = identity {
        app.origins.check_not_forged(request)?;
    }
    let grant = match presented.key {
        Some(key) => {
            let hash = token_hash(key.as_bytes()).ok_or(Problem::InvalidKey)?;
            Some(app.keys.find(hash).await?.ok_or(Problem::InvalidKey)?)
        }
        None => None,
    };
    let named = match (request.match_info().get("project"), &presented.project) {
        (Some(id), _) => Named::InPath(id.parse().ok()),
        (None, Some(id)) => Named::ByParameter(id.parse().ok()),
        (None, None) => Named::No,
    };
    let credentials = Credentials { identity, grant, link: presented.link, named };
    let storage = app.storage.clone();
    let opened = web::block(move || credentials.open(&storage, N::PERMISSION, now)).await??;
    if let Some(person) = &opened.person {
        recognise(&app, request, person);
    }
    let by = actor(&app, request, opened.person.as_ref());
    let (project, caller, settings) = (opened.project, opened.caller, opened.settings);
    Ok(Access { project, caller, settings, link: opened.link.map(Box::new), by })
}

/// An account that has signed in, by an access token or in a browser.
pub(crate) struct SignedIn {
    /// The account.
    pub(crate) account: Account,
    /// The session, if it is one by which the request came.
    pub(crate) session: Option<SessionId>,
    actor: Actor,
}

impl SignedIn {
    /// The number of the account.
    pub(crate) const fn id(&self) -> AccountId {
        self.account.id
    }

    /// Who does what this request asks for, for the audit log.
    pub(crate) const fn actor(&self) -> &Actor {
        &self.actor
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { sign_in(&request).await })
    }
}

async fn sign_in(request: &HttpRequest) -> Result<SignedIn, Problem> {
    let app = app(request)?;
    let presented = Presented::of(request, &params(request)?, app.origins.session_cookie(request))?;
    let now = app.clock.now();
    let identity = Identity::of(&presented, &app.tokens, now)?.ok_or(Problem::BadToken)?;
    if let Identity::Session(_) = identity {
        app.origins.check_not_forged(request)?;
    }
    let storage = app.storage.clone();
    let person = web::block(move || identity.confirm(&storage, now)).await??.ok_or(Problem::BadToken)?;
    recognise(&app, request, &person);
    let actor = actor(&app, request, Some(&person));
    Ok(SignedIn { account: person.account, session: person.session, actor })
}

/// An account that looks after the service.
pub(crate) struct Administrator(pub(crate) SignedIn);

impl FromRequest for Administrator {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let signed_in = sign_in(&request).await?;
            if signed_in.account.is_admin { Ok(Self(signed_in)) } else { Err(Problem::NotAdministrator) }
        })
    }
}

/// The query parameters.
pub(crate) struct QueryParams(pub(crate) Params);

impl FromRequest for QueryParams {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(params(request).map(Self))
    }
}

fn params(request: &HttpRequest) -> Result<Params, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map_err(|_| {
        let detail = "must be an encoded query string";
        ValidationError::new("query", Rule::Format, detail)
    })?;
    Ok(pairs.into_inner().into_iter().collect())
}

fn app(request: &HttpRequest) -> Result<web::Data<App>, Problem> {
    request.app_data::<web::Data<App>>().cloned().ok_or(Problem::Internal)
}

/// Where an account is at work, strangers do not keep it from signing in.
fn recognise(app: &App, request: &HttpRequest, person: &Person) {
    app.throttle.recognise(person.account.username.as_str(), app.origins.caller(request));
}

fn actor(app: &App, request: &HttpRequest, person: Option<&Person>) -> Actor {
    Actor {
        account: person.map(|person| person.account.id),
        name: person.map(|person| person.account.username.as_str().to_owned()).unwrap_or_default(),
        address: app.origins.caller(request),
        at: app.clock.now(),
    }
}

/// The hash of the session that a request's cookie names, whether it is one or not.
pub(crate) fn presented_session(app: &App, request: &HttpRequest) -> Option<TokenHash> {
    app.origins
        .session_cookie(request)
        .token(request.headers())
        .and_then(|token| token_hash(token.as_bytes()))
}
