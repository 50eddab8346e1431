//! The table of routes.

pub(crate) mod accounts;
mod answer;
pub(crate) mod audit;
pub(crate) mod batch;
mod body;
pub(crate) mod dashboard;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod links;
pub(crate) mod logs;
pub(crate) mod me;
pub(crate) mod members;
pub(crate) mod meta;
pub(crate) mod projects;
pub(crate) mod service;
pub(crate) mod service_invitations;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod track;

use actix_web::{FromRequest, Handler, Resource, Responder, Route, guard, web};

use crate::problem::Problem;

/// Every path, its methods and their handlers. What a caller needs stands in the handler's signature.
pub(crate) fn configure(routes: &mut web::ServiceConfig) {
    routes
        // The base API.
        .service(resource("/", [get(meta::root)]))
        .service(resource("/register", [post(accounts::register)]))
        .service(resource("/token", [post(accounts::token)]))
        .service(resource("/generate_key", [post(accounts::generate_key)]))
        .service(resource("/track", [post(track::track)]))
        .service(resource("/track/batch", [post(batch::track_batch)]))
        .service(resource("/raw_logs", [get(logs::raw_logs)]))
        .service(resource("/dashboard", [get(dashboard::dashboard)]))
        .service(resource("/report", [get(dashboard::report)]))
        .service(resource("/ingest/ledger", [get(ledger::ledger)]))
        .service(resource("/shared", [get(links::shared)]))
        // Who asks.
        .service(resource("/session", [get(session::show), post(session::create), delete(session::delete)]))
        .service(resource("/me", [get(me::show), delete(me::delete)]))
        .service(resource("/me/password", [post(me::set_password)]))
        .service(resource("/me/sessions", [get(session::list)]))
        .service(resource("/me/sessions/{session}", [delete(session::end)]))
        .service(resource("/me/audit", [get(audit::of_account)]))
        .service(resource(
            "/invitations",
            [get(service_invitations::list), post(service_invitations::create)],
        ))
        .service(resource("/invitations/accept", [post(invitations::accept)]))
        .service(resource(
            "/invitations/{invitation}",
            [get(service_invitations::show), delete(service_invitations::delete)],
        ))
        // Projects.
        .service(resource("/projects", [get(projects::list), post(projects::create)]))
        .service(resource(
            "/projects/{project}",
            [get(projects::show), patch(projects::rename), delete(projects::delete)],
        ))
        .service(resource("/projects/{project}/settings", [get(settings::show), put(settings::replace)]))
        .service(resource("/projects/{project}/keys", [get(keys::list), post(keys::create)]))
        .service(resource(
            "/projects/{project}/keys/{key}",
            [get(keys::show), patch(keys::update), delete(keys::revoke)],
        ))
        .service(resource("/projects/{project}/keys/{key}/rotate", [post(keys::rotate)]))
        .service(resource("/projects/{project}/members", [get(members::list)]))
        .service(resource(
            "/projects/{project}/members/{account}",
            [patch(members::update), delete(members::remove)],
        ))
        .service(resource(
            "/projects/{project}/invitations",
            [get(invitations::list), post(invitations::create)],
        ))
        .service(resource(
            "/projects/{project}/invitations/{invitation}",
            [get(invitations::show), delete(invitations::delete)],
        ))
        .service(resource("/projects/{project}/links", [get(links::list), post(links::create)]))
        .service(resource("/projects/{project}/links/{link}", [get(links::show), delete(links::delete)]))
        .service(resource("/projects/{project}/audit", [get(audit::of_project)]))
        // The service itself.
        .service(resource("/service", [get(service::show)]))
        .service(resource("/openapi.json", [get(meta::openapi_json)]))
        .service(resource("/docs", [get(meta::docs)]))
        .service(resource("/docs/{file}", [get(meta::docs_file)]))
        .app_data(web::PayloadConfig::new(body::MAX_FORM_BYTES))
        .default_service(web::to(|| async { Err::<(), _>(Problem::NotFound) }));
}

/// A route with the methods that it answers to, as the header `Allow` names them.
type Method = (&'static str, Route);

fn resource<const N: usize>(path: &'static str, methods: [Method; N]) -> Resource {
    let allowed = methods.each_ref().map(|(names, _)| *names).join(", ");
    let refuse = move || {
        let allowed = allowed.clone();
        async move { Err::<(), _>(Problem::MethodNotAllowed(allowed)) }
    };
    methods
        .into_iter()
        .fold(web::resource(path), |resource, (_, route)| resource.route(route))
        .default_service(web::to(refuse))
}

macro_rules! methods {
    ($($name:ident: $names:literal, $route:expr;)+) => {$(
        fn $name<F, Args>(handler: F) -> Method
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            ($names, $route.to(handler))
        }
    )+};
}

methods! {
    // With `HEAD` (RFC 9110, section 9.3.2).
    get: "GET, HEAD", web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
    post: "POST", web::post();
    put: "PUT", web::put();
    patch: "PATCH", web::patch();
    delete: "DELETE", web::delete();
}
