//! The errors of routes, as the document names them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Errors of every route: they come from the form of the request, the database or the program.
const ALWAYS: [(u16, &str); 5] = [
    (400, "This is no HTTP request"),
    (408, "The head or the body of the request did not come in time"),
    (431, "The head of the request is too long"),
    (500, "A fault of the service"),
    (503, "The database does not answer; see `Retry-After`"),
];

fn problems(own: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    ALWAYS
        .iter()
        .chain(own)
        .map(|(status, description)| {
            let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
            let mut response =
                ResponseBuilder::new().description(*description).content("application/problem+json", content);
            for (name, kind, meaning) in headers(*status) {
                let schema = ObjectBuilder::new().schema_type(kind);
                response = response.header(
                    name,
                    HeaderBuilder::new().schema(Some(schema)).description(Some(meaning)).build(),
                );
            }
            (status.to_string(), response.build().into())
        })
        .collect()
}

/// What an error says in its head.
fn headers(status: u16) -> Vec<(&'static str, Type, &'static str)> {
    let mut headers = vec![("X-Request-Id", Type::String, "Names the request in the log of the service")];
    match status {
        401 => headers.push(("WWW-Authenticate", Type::String, "The credential that is asked for")),
        429 | 503 => {
            headers.push(("Retry-After", Type::Integer, "In so many seconds it is worth trying again"));
        }
        _ => {}
    }
    headers
}

macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident: $($status:literal $description:literal),* $(,)?;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$(($status, $description)),*])
            }
        }
    )+};
}

problem_sets! {
    /// What can go wrong where anybody may ask.
    PublicProblems: ;
    /// What can go wrong when a project's events are asked for.
    ReadProblems:
        401 "A credential is missing, unknown or expired",
        403 "The account is no member of the project, or the API key or link is not for this",
        404 "There is no such project, or not for this caller",
        422 "A parameter breaks a rule; all of them are named";
    /// What can go wrong when something of a project is asked for.
    ProjectProblems:
        401 "A credential is missing, unknown or expired",
        403 "The caller may not do this, or a browser sends it from another page",
        404 "There is no such thing, or not for this caller",
        422 "A parameter breaks a rule; all of them are named";
    /// What can go wrong when something of a project is changed.
    ChangeProblems:
        400 "The body is not JSON",
        401 "A credential is missing, unknown or expired",
        403 "The caller may not do this, or a browser sends it from another page",
        404 "There is no such thing, or not for this caller",
        409 "It cannot be done as things are; `detail` says why",
        413 "The body is too long",
        422 "A field or parameter breaks a rule; all of them are named";
    /// What can go wrong when an account asks for something of its own.
    AccountProblems:
        400 "The body is not JSON",
        401 "Nobody is signed in",
        403 "A browser sends it from another page",
        413 "The body is too long",
        422 "A field or parameter breaks a rule; all of them are named";
    /// What can go wrong when somebody signs in or out in a browser.
    SessionProblems:
        400 "The body is not JSON",
        401 "Name or password is wrong",
        403 "It is sent from another page",
        413 "The body is too long",
        422 "A field breaks a rule; all of them are named",
        429 "Too many attempts; see `Retry-After`";
    /// What can go wrong where the password is asked for once more.
    PasswordProblems:
        400 "The body is not JSON",
        401 "Nobody is signed in",
        403 "The password is wrong, or a browser sends it from another page",
        413 "The body is too long",
        422 "A field breaks a rule; all of them are named",
        429 "Too many attempts; see `Retry-After`";
    /// What can go wrong when an account is created.
    RegisterProblems:
        400 "The name is taken, or the body is not JSON",
        403 "The service lets nobody register, or those only who have an invitation",
        413 "The body is too long",
        422 "A field breaks a rule; all of them are named",
        429 "Too many attempts; see `Retry-After`";
    /// What can go wrong when an access token is asked for.
    TokenProblems:
        401 "Name or password is wrong",
        413 "The body is too long",
        422 "A field is missing",
        429 "Too many attempts; see `Retry-After`";
    /// What can go wrong when a project is made with its key.
    GenerateProblems:
        401 "The access token is missing, unknown or expired",
        403 "A browser sends it from another page",
        409 "The account owns as many projects as it may",
        422 "A parameter breaks a rule";
    /// What can go wrong when an event is stored.
    TrackProblems:
        400 "The body is not JSON",
        401 "The API key is missing, unknown, revoked or expired",
        403 "The API key is not for sending events",
        413 "The body is too long",
        422 "A field breaks a rule; all of them are named; nothing is stored",
        429 "The project is over its quota; nothing is stored; see `Retry-After`";
    /// What can go wrong when a batch is stored.
    BatchProblems:
        400 "The body is no sound JSON array or no sound gzip",
        401 "The API key is missing, unknown, revoked or expired",
        403 "The API key is not for sending events",
        413 "The body, compressed or not, is too long, or it holds too many events",
        415 "The body has another `Content-Encoding` than gzip or identity",
        422 "A parameter or header breaks a rule; or the `Idempotency-Key` belongs to another batch; or, with \
             `atomic=true`, `rejected_events` are listed and nothing is stored",
        429 "The project is over its quota; nothing is stored; see `Retry-After`";
}
