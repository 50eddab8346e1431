#![allow(dead_code, unused_variables, missing_docs)]
use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use domain::ClientAddress;
pub(crate) struct Origins;
impl Origins {
    pub(crate) fn caller(&self, request: &HttpRequest) -> Option<ClientAddress> {
        None
    }
    pub(crate) fn session_cookie(&self, request: &HttpRequest, token: &str) -> HeaderValue {
        HeaderValue::from_static("")
    }
    pub(crate) fn ended_session_cookie(&self, request: &HttpRequest) -> HeaderValue {
        HeaderValue::from_static("")
    }
}
