//! The OpenAPI document, put together from what the routes say about themselves.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::problem::ProblemBody;
use crate::routes::{accounts, batch, dashboard, ledger, logs, meta, track};

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
        accounts::me,
        accounts::generate_key,
        track::track,
        batch::track_batch,
        ledger::ledger,
        logs::raw_logs,
        dashboard::dashboard,
        dashboard::report,
    ),
    components(schemas(ProblemBody)),
    modifiers(&SecuritySchemes)
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
    }
}
