//! Which pages of other origins may use the service (Cross-Origin Resource Sharing).

use actix_cors::{Cors, CorsError};
use actix_web::ResponseError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::VARY;
use actix_web::middleware::Next;
use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::Problem;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// What a page may send.
const ALLOWED: [&str; 6] =
    ["authorization", "x-api-key", "content-type", "idempotency-key", "if-match", "if-none-match"];
/// What a page may read.
const EXPOSED: [&str; 5] = ["x-request-id", "etag", "retry-after", "idempotency-replayed", "x-as-of"];
/// Lets every origin in.
const ANY: &str = "*";
/// How long a browser need not ask again, in seconds.
const MAX_AGE: usize = 3600;

/// The origins whose pages are let in: none by default. As a list, or as one text with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    fn checked(origins: Vec<String>) -> Result<Self, String> {
        if let [only] = origins.as_slice()
            && only == ANY
        {
            return Ok(Self(origins));
        }
        for origin in &origins {
            if !is_origin(origin) {
                return Err(format!(
                    "{origin:?} is no origin; it must be like https://a.example or http://a.example:8080, or * alone"
                ));
            }
        }
        Ok(Self(origins))
    }

    /// Whether pages of other origins are let in at all.
    pub(crate) fn are_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What answers their browsers. Cookies are never let through.
    pub(crate) fn cors(&self) -> Cors {
        let cors = Cors::default()
            .allowed_methods(METHODS)
            .allowed_headers(ALLOWED)
            .expose_headers(EXPOSED)
            .max_age(MAX_AGE);
        if self.0.iter().any(|origin| origin == ANY) {
            return cors.allow_any_origin().send_wildcard();
        }
        self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<String>),
            Text(String),
        }
        let origins = match Form::deserialize(deserializer)? {
            Form::List(origins) => origins,
            Form::Text(text) => text.split(',').map(|origin| origin.trim().to_owned()).collect(),
        };
        let origins = origins.into_iter().filter(|origin| !origin.is_empty()).collect();
        Self::checked(origins).map_err(serde::de::Error::custom)
    }
}

/// As browsers write it: lower case, without a path, a name or the scheme's own port.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let own_port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    uri.host().is_some_and(|host| !host.is_empty())
        && uri.port_u16() != Some(own_port)
        && !text.contains(['@', '*'])
        && !text.chars().any(char::is_uppercase)
        && text.matches('/').count() == 2
        && uri.query().is_none()
}

/// Says as a problem why a page of another origin may not do what its browser asks for.
pub(crate) async fn refuse(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let refusal = response.response().error().and_then(|error| error.as_error::<CorsError>());
    Ok(match refusal.map(|error| Problem::CrossOrigin(error.to_string())) {
        Some(problem) => {
            let headers = response.headers().clone();
            let mut response = response.into_response(problem.error_response()).map_into_right_body();
            for value in headers.get_all(VARY) {
                response.headers_mut().append(VARY, value.clone());
            }
            response
        }
        None => response.map_into_left_body(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Origins, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn origins_are_a_list_or_a_text_with_commas() {
        let both = Origins(vec!["https://a.example".to_owned(), "http://b.example:8080".to_owned()]);
        assert_eq!(read(r#"["https://a.example", "http://b.example:8080"]"#).unwrap(), both);
        assert_eq!(read(r#""https://a.example, http://b.example:8080,""#).unwrap(), both);
        assert_eq!(read(r#""http://[::1]:3000""#).unwrap().0, ["http://[::1]:3000"]);
        assert_eq!(read(r#""*""#).unwrap().0, ["*"]);
        assert!(!read(r#""""#).unwrap().are_any());
        assert!(!read("[]").unwrap().are_any());
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for text in [
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/path",
            "https://a.example?x",
            "https://a.example:443",
            "http://a.example:80",
            "https://A.example",
            "https://user@a.example",
            "https://*.example",
            "ftp://a.example",
            "null",
            "*, https://a.example",
        ] {
            assert!(read(&format!("{text:?}")).is_err(), "{text}");
        }
    }
}
