//! Where a request comes from, and where the browser believes to be: through the proxies that are trusted.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use domain::ClientAddress;

use crate::auth::{Forgery, SessionCookie, check_not_forged};
use crate::client_address::TrustedProxies;
use crate::header_value::only;
use crate::origin::{Origin, Scheme};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What the operator says about the way to the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// The proxies whose headers are believed.
    pub(crate) proxies: TrustedProxies,
    /// The service's own origin, if it is set.
    pub(crate) public: Option<Origin>,
}

impl Origins {
    /// The address of the caller.
    pub(crate) fn caller(&self, request: &HttpRequest) -> Option<ClientAddress> {
        Some(self.proxies.caller(request.headers(), peer(request)?))
    }

    /// The origin of the service as the browser sees it; `None` if the request does not say which host it is for.
    pub(crate) fn own(&self, request: &HttpRequest) -> Option<Origin> {
        self.own_of(request.headers(), peer(request))
    }

    /// The cookie of sessions there.
    pub(crate) fn session_cookie(&self, request: &HttpRequest) -> SessionCookie {
        SessionCookie::at(self.own(request).as_ref())
    }

    /// Lets a request by cookie through if it changes nothing, or if a page of the service sends it.
    pub(crate) fn check_not_forged(&self, request: &HttpRequest) -> Result<(), Forgery> {
        check_not_forged(request.method(), request.headers(), self.own(request).as_ref())
    }

    /// The last word of a trusted proxy, and of nobody else, counts before the header `Host`.
    fn own_of(&self, headers: &HeaderMap, peer: Option<ClientAddress>) -> Option<Origin> {
        if let Some(origin) = &self.public {
            return Some(origin.clone());
        }
        let is_trusted = peer.is_some_and(|peer| self.proxies.trust(peer));
        let forwarded = |name: HeaderName| last(headers, &name).filter(|_| is_trusted);
        let scheme = forwarded(X_FORWARDED_PROTO).and_then(Scheme::parse).unwrap_or(Scheme::Http);
        let host = forwarded(X_FORWARDED_HOST).or_else(|| only(headers, &header::HOST))?;
        Origin::new(scheme, host)
    }
}

fn peer(request: &HttpRequest) -> Option<ClientAddress> {
    request.peer_addr().map(|address| address.ip().into())
}

/// The last element of a header that is a list.
fn last<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let line = headers.get_all(name).last()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn own(origins: &Origins, peer: &str, lines: &[(&'static str, &'static str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        origins.own_of(&headers, peer.parse().ok()).map(|origin| origin.to_string())
    }

    const PROTO: &str = "x-forwarded-proto";
    const FORWARDED_HOST: &str = "x-forwarded-host";

    #[test]
    fn is_what_the_trusted_proxy_says_or_else_the_host() {
        let origins = Origins { proxies: serde_json::from_value("10.0.0.0/8".into()).unwrap(), public: None };
        let host = ("host", "inner:8000");
        for (peer, lines, expected) in [
            ("203.0.113.9", &[host][..], Some("http://inner:8000")),
            (
                "203.0.113.9",
                &[host, (PROTO, "https"), (FORWARDED_HOST, "a.example")],
                Some("http://inner:8000"),
            ),
            ("", &[host, (PROTO, "https")], Some("http://inner:8000")),
            ("10.0.0.1", &[host], Some("http://inner:8000")),
            ("10.0.0.1", &[("host", "a.example"), (PROTO, "https")], Some("https://a.example")),
            (
                "10.0.0.1",
                &[host, (PROTO, "https"), (FORWARDED_HOST, "A.example:443")],
                Some("https://a.example"),
            ),
            (
                "10.0.0.1",
                &[host, (PROTO, "http, HTTPS"), (FORWARDED_HOST, "x, a.example")],
                Some("https://a.example"),
            ),
            ("10.0.0.1", &[host, (PROTO, "http"), (PROTO, "https")], Some("https://inner:8000")),
            ("10.0.0.1", &[host, (PROTO, "gopher")], Some("http://inner:8000")),
            ("10.0.0.1", &[host, (PROTO, ""), (FORWARDED_HOST, "")], Some("http://inner:8000")),
            ("10.0.0.1", &[host, (FORWARDED_HOST, "a b")], None),
            ("10.0.0.1", &[(PROTO, "https")], None),
            ("203.0.113.9", &[host, host], None),
            ("203.0.113.9", &[("host", "")], None),
            ("203.0.113.9", &[("host", "user@a.example")], None),
            ("203.0.113.9", &[("host", "[::1]:8000")], Some("http://[::1]:8000")),
        ] {
            assert_eq!(own(&origins, peer, lines).as_deref(), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn the_setting_counts_before_all_that_requests_say() {
        let origins = Origins {
            proxies: serde_json::from_value("10.0.0.0/8".into()).unwrap(),
            public: Some(Origin::parse("https://a.example").unwrap()),
        };
        for lines in [&[][..], &[("host", "b.example"), (PROTO, "http"), (FORWARDED_HOST, "c.example")]] {
            assert_eq!(own(&origins, "10.0.0.1", lines).as_deref(), Some("https://a.example"));
        }
    }
}
