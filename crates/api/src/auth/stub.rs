#![allow(dead_code, unused_variables, missing_docs, clippy::all)]
use crate::origins::Origins;
use crate::problem::Problem;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use domain::Timestamp;
pub(crate) fn session_token(headers: &HeaderMap) -> Option<&str> {
    None
}
pub(crate) fn session_is_alive(a: Timestamp, b: Timestamp, c: Timestamp) -> bool {
    true
}
pub(crate) fn session_needs_touch(b: Timestamp, c: Timestamp) -> bool {
    true
}
pub(crate) fn session_end(a: Timestamp, b: Timestamp) -> Timestamp {
    b
}
pub(crate) fn check_same_origin(request: &HttpRequest, origins: &Origins) -> Result<(), Problem> {
    Ok(())
}
pub(crate) const SESSION_IDLE_DAYS: u32 = 7;
pub(crate) const SESSION_MAX_DAYS: u32 = 30;
