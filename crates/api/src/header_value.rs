//! Headers that mean something only if they are there once.

use actix_web::http::header::{HeaderMap, HeaderName};

/// The value of the header, if it is there once and is text.
pub(crate) fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name);
    let line = lines.next().filter(|_| lines.next().is_none())?;
    line.to_str().ok()
}
