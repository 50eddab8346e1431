//! The OpenAPI document, put together from what the routes say about themselves.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::problem::ProblemBody;
use crate::routes::{
    accounts, audit, batch, dashboard, invitations, keys, ledger, links, logs, me, members, meta, projects,
    service, service_invitations, session, settings, track,
};
use crate::schema::links::Links;

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "API Analytics",
        description = "Tracks the requests of web APIs and shows what happened: traffic, latency, errors, clients.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        meta::root,
        meta::openapi_json,
        meta::docs,
        accounts::register,
        accounts::token,
        accounts::generate_key,
        me::show,
        me::set_password,
        me::delete,
        session::create,
        session::show,
        session::delete,
        session::list,
        session::end,
        audit::of_account,
        service_invitations::list,
        service_invitations::create,
        service_invitations::show,
        service_invitations::delete,
        invitations::accept,
        track::track,
        batch::track_batch,
        ledger::ledger,
        logs::raw_logs,
        dashboard::dashboard,
        dashboard::report,
        links::shared,
        projects::list,
        projects::create,
        projects::show,
        projects::rename,
        projects::delete,
        settings::show,
        settings::replace,
        keys::list,
        keys::create,
        keys::show,
        keys::update,
        keys::revoke,
        keys::rotate,
        members::list,
        members::update,
        members::remove,
        invitations::list,
        invitations::create,
        invitations::show,
        invitations::delete,
        links::list,
        links::create,
        links::show,
        links::delete,
        audit::of_project,
        service::show,
    ),
    components(schemas(ProblemBody)),
    tags(
        (name = "events", description = "Sending what was observed."),
        (name = "insights", description = "Asking about it: figures, reports, single events."),
        (name = "projects", description = "What owns events, and who may do what with it."),
        (name = "accounts", description = "Who asks: accounts, sessions, access tokens."),
        (name = "service", description = "The service itself.")
    ),
    modifiers(&SecuritySchemes, &Links)
)]
struct Document;

/// The document as JSON.
pub(crate) fn json() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json()
}

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
        let session = ApiKey::Cookie(ApiKeyValue::with_description(
            "session",
            "Set by `POST /session`; over https its name is `__Host-session`.",
        ));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
        let link = ApiKey::Query(ApiKeyValue::with_description("link", "The token of a shared link."));
        components.add_security_scheme("link", SecurityScheme::ApiKey(link));
    }
}
