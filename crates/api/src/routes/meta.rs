//! What the service says about itself.

use actix_web::http::header::{self, Accept, Header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa_swagger_ui::Config;

use crate::problem::Problem;
use crate::schema::{DocumentText, PublicProblems};

/// A sign of life.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Alive {
    /// Always the same.
    #[schema(example = "Analytics service OK")]
    msg: &'static str,
}

/// A sign of life for programs; browsers are sent to the documentation.
#[utoipa::path(
    get,
    path = "/",
    tag = "service",
    responses(
        (status = 200, description = "The service runs", body = Alive),
        (status = 303, description = "To the page, for browsers"),
        PublicProblems
    )
)]
pub(crate) async fn root(request: HttpRequest) -> HttpResponse {
    let prefers_html = Accept::parse(&request).is_ok_and(|accept| {
        let preferred: actix_web::mime::Mime = accept.preference();
        preferred.essence_str() == "text/html"
    });
    if prefers_html {
        return HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs")).finish();
    }
    HttpResponse::Ok().json(Alive { msg: "Analytics service OK" })
}

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "service",
    responses((status = 200, description = "The OpenAPI document", body = Object, content_type = "application/json"), PublicProblems)
)]
pub(crate) async fn openapi_json(document: web::Data<DocumentText>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// An interactive page for this document.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "service",
    responses((status = 303, description = "To the page"), PublicProblems)
)]
pub(crate) async fn docs() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, "/docs/index.html")).finish()
}

/// The files of that page; all of them are in the program.
pub(crate) async fn docs_file(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    let config = Config::new(["/openapi.json"]);
    match utoipa_swagger_ui::serve(&file, config.into()) {
        Ok(Some(file)) => {
            Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()))
        }
        _ => Err(Problem::NotFound),
    }
}
