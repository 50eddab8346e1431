//! The bodies of requests, read up to a limit.

use actix_web::web;
use domain::{Document, Object, Rule, ValidationError};

use crate::app::App;
use crate::body::Body;
use crate::problem::Problem;

/// The longest body of a request that changes what is kept: a form, or a small JSON document.
pub(super) const MAX_FORM_BYTES: usize = 16 * 1024;

/// A small body.
pub(super) async fn small(app: &App, payload: web::Payload) -> Result<web::Bytes, Problem> {
    Ok(Body::new(payload.into_inner(), app.body_pace).all(MAX_FORM_BYTES).await?)
}

/// A JSON body in its wire form.
pub(super) fn json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        if error.classify() == serde_json::error::Category::Data {
            let detail = "must be a JSON object";
            ValidationError::new("body", Rule::Type, detail).into()
        } else {
            Problem::MalformedJson(error.to_string())
        }
    })
}

/// Any JSON of a small body.
pub(super) fn document(bytes: &[u8]) -> Result<Document, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::MalformedJson(error.to_string()))
}

/// The JSON object of a small body.
pub(super) async fn object(app: &App, payload: web::Payload) -> Result<Object, Problem> {
    let bytes = small(app, payload).await?;
    Ok(Object::of(document(&bytes)?)?)
}
