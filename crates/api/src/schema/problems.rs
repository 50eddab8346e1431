//! The errors of routes, as the document names them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Errors of every route: they come from the form of the request, the database or the program.
const ALWAYS: [(u16, &str); 5] = [
    (400, "This is no HTTP request"),
    (408, "The head or the body of the request did not come in time"),
    (431, "The head of the request is too long"),
    (500, "A fault of the service"),
    (503, "The database does not answer; see `Retry-After`"),
];

pub(crate) fn problems(own: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    ALWAYS
        .iter()
        .chain(own)
        .map(|(status, description)| {
            let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
            let response =
                ResponseBuilder::new().description(*description).content("application/problem+json", content);
            (status.to_string(), response.build().into())
        })
        .collect()
}

/// What can go wrong on routes that need nothing and read nothing.
pub(crate) struct PlainProblems;

impl IntoResponses for PlainProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[])
    }
}

/// What can go wrong when a user's key is read from.
pub(crate) struct ReadProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (401, "Access token or API key is missing, unknown or expired"),
            (403, "The API key belongs to another account"),
            (422, "A parameter breaks a rule; all of them are named"),
        ])
    }
}

/// What can go wrong when a user asks for something of their own.
pub(crate) struct UserProblems;

impl IntoResponses for UserProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(401, "The access token is missing, unknown or expired")])
    }
}

/// What can go wrong when an account is created.
pub(crate) struct RegisterProblems;

impl IntoResponses for RegisterProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (400, "The name is taken, or the body is not JSON"),
            (413, "The body is too long"),
            (422, "A field breaks a rule; all of them are named"),
        ])
    }
}

/// What can go wrong when a user logs in.
pub(crate) struct TokenProblems;

impl IntoResponses for TokenProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (401, "Name or password is wrong"),
            (413, "The body is too long"),
            (422, "A field is missing"),
        ])
    }
}

/// What can go wrong when an event is stored.
pub(crate) struct TrackProblems;

impl IntoResponses for TrackProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (400, "The body is not JSON"),
            (401, "The API key is missing or unknown"),
            (413, "The body is too long"),
            (422, "A field breaks a rule; all of them are named; nothing is stored"),
        ])
    }
}
