//! The bodies of requests, read up to a limit.

use actix_web::web;
use domain::{Document, Object, Rule, ValidationError};

use crate::problem::Problem;

/// The longest body of a request that changes what is kept: a form, or a small JSON document.
pub(super) const MAX_FORM_BYTES: usize = 16 * 1024;

/// The body, up to a limit.
pub(super) async fn body(payload: web::Payload, limit: usize) -> Result<web::Bytes, Problem> {
    match payload.to_bytes_limited(limit).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(Problem::MalformedJson(error.to_string())),
        Err(_) => Err(Problem::TooLarge(limit)),
    }
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
pub(super) async fn object(payload: web::Payload) -> Result<Object, Problem> {
    let bytes = body(payload, MAX_FORM_BYTES).await?;
    Ok(Object::of(document(&bytes)?)?)
}
