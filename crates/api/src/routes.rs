//! The table of routes.

pub(crate) mod accounts;
pub(crate) mod batch;
pub(crate) mod dashboard;
pub(crate) mod ledger;
pub(crate) mod logs;
pub(crate) mod meta;
pub(crate) mod track;

use actix_web::{Resource, Route, guard, web};

use crate::problem::Problem;

/// The longest body of a registration or log-in.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Every path, its method and its handler.
pub(crate) fn configure(routes: &mut web::ServiceConfig) {
    routes
        .service(resource("/", "GET, HEAD", read().to(meta::root)))
        .service(resource("/register", "POST", web::post().to(accounts::register)))
        .service(resource("/token", "POST", web::post().to(accounts::token)))
        .service(resource("/me", "GET, HEAD", read().to(accounts::me)))
        .service(resource("/generate_key", "POST", web::post().to(accounts::generate_key)))
        .service(resource("/track", "POST", web::post().to(track::track)))
        .service(resource("/track/batch", "POST", web::post().to(batch::track_batch)))
        .service(resource("/ingest/ledger", "GET, HEAD", read().to(ledger::ledger)))
        .service(resource("/raw_logs", "GET, HEAD", read().to(logs::raw_logs)))
        .service(resource("/dashboard", "GET, HEAD", read().to(dashboard::dashboard)))
        .service(resource("/report", "GET, HEAD", read().to(dashboard::report)))
        .service(resource("/openapi.json", "GET, HEAD", read().to(meta::openapi_json)))
        .service(resource("/docs", "GET, HEAD", read().to(meta::docs)))
        .service(resource("/docs/{file}", "GET, HEAD", read().to(meta::docs_file)))
        .app_data(web::PayloadConfig::new(MAX_FORM_BYTES))
        .default_service(web::to(|| async { Err::<(), _>(Problem::NotFound) }));
}

/// A route for reading: `GET`, and `HEAD` with it (RFC 9110, section 9.3.2).
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn resource(path: &'static str, methods: &'static str, route: Route) -> Resource {
    web::resource(path)
        .route(route)
        .default_service(web::to(move || async move { Err::<(), _>(Problem::MethodNotAllowed(methods)) }))
}

/// A JSON body in its wire form.
fn json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        if error.classify() == serde_json::error::Category::Data {
            let detail = "must be a JSON object";
            domain::ValidationError::new("body", domain::Rule::Type, detail).into()
        } else {
            Problem::MalformedJson(error.to_string())
        }
    })
}
