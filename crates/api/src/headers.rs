//! What every answer says to browsers and caches: one table, whose defaults are the strictest.

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// On every answer.
const ALWAYS: [(HeaderName, &str); 2] =
    [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "no-referrer")];

/// On every page. Swagger UI styles its elements one by one and draws icons from `data:`.
const ON_PAGES: [(HeaderName, &str); 2] = [
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

/// Who may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caching {
    /// Nobody.
    Never,
    /// The one who asked, who asks again whether it is still true.
    Question,
    /// Anybody, for a short while.
    Public,
}

impl Caching {
    /// The table: a path that is not in it is never kept.
    fn of(path: &str) -> Self {
        match path {
            "/dashboard" | "/raw_logs" | "/ingest/ledger" => Self::Question,
            "/openapi.json" | "/docs" => Self::Public,
            _ if path.starts_with("/docs/") => Self::Public,
            _ => Self::Never,
        }
    }

    const fn cache_control(self) -> &'static str {
        match self {
            Self::Never => "no-store",
            Self::Question => "private, no-cache",
            Self::Public => "public, max-age=300",
        }
    }

    /// The headers of a request that make another answer of it.
    const fn vary(self) -> Option<&'static str> {
        match self {
            Self::Question => Some("Authorization, X-API-Key, Cookie"),
            Self::Never | Self::Public => None,
        }
    }
}

/// Completes the answer to a request; what a handler has set stays.
pub(crate) fn complete<B>(response: &mut ServiceResponse<B>) {
    let caching = caching(response.request().path(), response.status());
    set(response.headers_mut(), caching);
}

/// Completes an answer that belongs to no path.
pub(crate) fn harden(headers: &mut HeaderMap) {
    set(headers, Caching::Never);
}

/// An error is about this one request.
fn caching(path: &str, status: StatusCode) -> Caching {
    if status.is_client_error() || status.is_server_error() { Caching::Never } else { Caching::of(path) }
}

fn set(headers: &mut HeaderMap, caching: Caching) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching.cache_control()));
        if let Some(vary) = caching.vary() {
            headers.append(header::VARY, HeaderValue::from_static(vary));
        }
    }
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().to_ascii_lowercase().starts_with(b"text/html"));
    if is_page {
        for (name, value) in ON_PAGES {
            if !headers.contains_key(&name) {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_nobody_thought_of_is_never_kept() {
        for path in ["/", "/track", "/me", "/projects/1", "/docsx", "/raw_logs/1", ""] {
            assert_eq!(caching(path, StatusCode::OK), Caching::Never, "{path}");
        }
    }

    #[test]
    fn errors_are_never_kept() {
        for path in ["/dashboard", "/openapi.json", "/docs/none"] {
            assert_eq!(caching(path, StatusCode::NOT_FOUND), Caching::Never, "{path}");
            assert_ne!(caching(path, StatusCode::OK), Caching::Never, "{path}");
            assert_ne!(caching(path, StatusCode::NOT_MODIFIED), Caching::Never, "{path}");
        }
    }

    #[test]
    fn what_a_handler_has_set_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("Text/HTML; charset=utf-8"));
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        set(&mut headers, Caching::Question);
        assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert_eq!(headers.get(header::VARY), None);
        assert_eq!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap(), "sandbox");
        assert_eq!(headers.get(header::CROSS_ORIGIN_OPENER_POLICY).unwrap(), "same-origin");
    }
}
