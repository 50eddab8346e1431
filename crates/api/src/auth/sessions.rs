//! Sessions of browsers: their cookie, how long they last, and which requests may change something by them. Pure rules;
//! what is kept of a session is the business of `storage`.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use domain::Timestamp;

use crate::header_value::only;
use crate::origin::{Origin, Scheme};

/// A session that is not used ends after so many days.
pub(crate) const SESSION_IDLE_DAYS: u32 = 7;
/// Every session ends after so many days.
pub(crate) const SESSION_MAX_DAYS: u32 = 30;
/// Its last use is known to the minute.
const TOUCH_EVERY_MINUTES: u32 = 1;
const DAY_MINUTES: u32 = 24 * 60;

/// Longer cookies are not looked through: the head of a request has many uses, this is none of them.
const MAX_COOKIE_BYTES: usize = 16 * 1024;
/// The longest text that can be the token of a session.
const MAX_TOKEN_BYTES: usize = 64;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// When the session ends if it is not used any more.
pub(crate) fn session_end(created_at: Timestamp, last_used_at: Timestamp) -> Timestamp {
    let idle = last_used_at.plus_minutes(SESSION_IDLE_DAYS * DAY_MINUTES);
    idle.min(created_at.plus_minutes(SESSION_MAX_DAYS * DAY_MINUTES))
}

/// Whether the session has not ended yet.
pub(crate) fn session_is_alive(created_at: Timestamp, last_used_at: Timestamp, now: Timestamp) -> bool {
    now < session_end(created_at, last_used_at)
}

/// Whether it is worth a write that the session is used now.
pub(crate) fn session_needs_touch(last_used_at: Timestamp, now: Timestamp) -> bool {
    now >= last_used_at.plus_minutes(TOUCH_EVERY_MINUTES)
}

/// The cookie that holds the token of a session. Scripts cannot read it, and browsers send it with requests of the
/// service's own pages only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionCookie {
    /// Over https: no other host and nothing without encryption can set a cookie of that name.
    Secure,
    /// Over http, where browsers refuse the other one.
    Plain,
}

impl SessionCookie {
    /// The one for a service at that origin.
    pub(crate) fn at(origin: Option<&Origin>) -> Self {
        match origin.map(Origin::scheme) {
            Some(Scheme::Https) => Self::Secure,
            Some(Scheme::Http) | None => Self::Plain,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-session",
            Self::Plain => "session",
        }
    }

    /// Signs a browser in: the value of a header `Set-Cookie`. `None` if the token is none of ours.
    pub(crate) fn set(self, token: &str) -> Option<HeaderValue> {
        self.line(token, u64::from(SESSION_MAX_DAYS) * 24 * 3600)
    }

    /// Signs a browser out: the value of a header `Set-Cookie`.
    pub(crate) fn clear(self) -> Option<HeaderValue> {
        self.line("", 0)
    }

    fn line(self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = match self {
            Self::Secure => "; Secure",
            Self::Plain => "",
        };
        let name = self.name();
        let line = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        token.bytes().all(is_of_token).then(|| HeaderValue::from_str(&line).ok()).flatten()
    }

    /// The token that a request presents. `None` also if it presents two that differ: one of them was slipped in.
    pub(crate) fn token(self, headers: &HeaderMap) -> Option<&str> {
        let mut token = None;
        let mut bytes = 0;
        for line in headers.get_all(header::COOKIE) {
            bytes += line.len();
            if bytes > MAX_COOKIE_BYTES {
                return None;
            }
            // Cookies of others may hold anything.
            let pairs = line.as_bytes().split(|byte| *byte == b';');
            for value in pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(self.name().as_bytes())) {
                let Some(value) = value.strip_prefix(b"=") else { continue };
                if token.is_some_and(|other| other != value) {
                    return None;
                }
                token = Some(value);
            }
        }
        let token = token.filter(|token| (1..=MAX_TOKEN_BYTES).contains(&token.len()))?;
        std::str::from_utf8(token).ok().filter(|token| token.bytes().all(is_of_token))
    }
}

/// The letters of base64url.
const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A request by cookie that may not change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forgery {
    /// No page of the service sends it, or the browser does not say so.
    #[error("the request does not come from a page of this service")]
    OtherOrigin,
    /// Forms of other pages can send such a body.
    #[error("the body is not declared as JSON")]
    NotJson,
}

/// Lets requests by cookie through that change nothing, and those that a page of the service sends: its browser says so
/// itself, or at least names the page's origin. A body must be JSON, which no form can send.
pub(crate) fn check_not_forged(
    method: &Method,
    headers: &HeaderMap,
    own: Option<&Origin>,
) -> Result<(), Forgery> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
        return Ok(());
    }
    let is_own = if headers.contains_key(&SEC_FETCH_SITE) {
        only(headers, &SEC_FETCH_SITE) == Some("same-origin")
    } else {
        let origin = only(headers, &header::ORIGIN).and_then(|origin| Origin::parse(origin).ok());
        origin.is_some() && origin.as_ref() == own
    };
    if !is_own {
        return Err(Forgery::OtherOrigin);
    }
    if has_body(headers) && !is_json(headers) { Err(Forgery::NotJson) } else { Ok(()) }
}

fn has_body(headers: &HeaderMap) -> bool {
    let has_length = headers.get_all(header::CONTENT_LENGTH).any(|length| length != "0");
    has_length || headers.contains_key(header::TRANSFER_ENCODING)
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = only(headers, &header::CONTENT_TYPE).and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests;
