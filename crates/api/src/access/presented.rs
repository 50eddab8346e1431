//! The credentials that a request presents, as they stand in it: nothing of them is believed yet.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use domain::{Params, Rule, ValidationError};

use crate::auth::SessionCookie;
use crate::problem::Problem;
use crate::random::{TokenHash, hash};

/// The longest access token that is looked at.
const MAX_BEARER: usize = 4096;
/// The longest text that can be an API key, or the token of a session or a link.
const MAX_TOKEN: usize = 64;

/// The header `Authorization`.
pub(super) enum Authorization<'r> {
    /// It is not there.
    Absent,
    /// It holds this bearer token.
    Bearer(&'r str),
    /// It holds something else.
    Unreadable,
}

/// What a request presents.
pub(super) struct Presented<'r> {
    /// Who asks, by an access token.
    pub(super) authorization: Authorization<'r>,
    /// Who asks, by the cookie of a session. Only where there is no `Authorization`.
    pub(super) session: Option<TokenHash>,
    /// The header `X-API-Key`.
    pub(super) key: Option<&'r HeaderValue>,
    /// The parameter `link`: its hash, unless it cannot be the token of one.
    pub(super) link: Option<Option<TokenHash>>,
    /// The parameter `project`.
    pub(super) project: Option<String>,
}

impl<'r> Presented<'r> {
    /// Looks at a request and its parameters.
    ///
    /// # Errors
    /// `link` stands beside another credential, or a parameter that must be there once is repeated.
    pub(super) fn of(
        request: &'r HttpRequest,
        params: &Params,
        cookie: SessionCookie,
    ) -> Result<Self, Problem> {
        for name in ["link", "project"] {
            if params.all(name).nth(1).is_some() {
                return Err(ValidationError::new(name, Rule::Duplicate, "is given twice").into());
            }
        }
        let authorization = authorization(request);
        let key = request.headers().get("x-api-key").filter(|key| !key.is_empty());
        let link = params.get("link");
        let is_alone = matches!(authorization, Authorization::Absent) && key.is_none();
        if link.is_some() && !is_alone {
            let detail = "must not stand beside another credential";
            return Err(ValidationError::new("link", Rule::Duplicate, detail).into());
        }
        // A browser sends its cookie along whether the page means it or not: what is named counts before it.
        let session = match authorization {
            Authorization::Absent if link.is_none() => cookie.token(request.headers()),
            _ => None,
        };
        Ok(Self {
            authorization,
            session: session.and_then(|token| token_hash(token.as_bytes())),
            key,
            link: link.map(|token| token_hash(token.as_bytes())),
            project: params.get("project").map(str::to_owned),
        })
    }
}

/// The hash of a presented token, unless it is too long to be one.
pub(super) fn token_hash(token: &[u8]) -> Option<TokenHash> {
    (token.len() <= MAX_TOKEN).then(|| hash(token))
}

fn authorization(request: &HttpRequest) -> Authorization<'_> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Authorization::Absent;
    };
    let token = value.to_str().ok().and_then(|text| text.split_once(' ')).and_then(|(scheme, token)| {
        (scheme.eq_ignore_ascii_case("bearer") && token.len() <= MAX_BEARER).then(|| token.trim())
    });
    token.map_or(Authorization::Unreadable, Authorization::Bearer)
}
