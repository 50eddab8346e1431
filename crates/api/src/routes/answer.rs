//! The forms of answers that many routes share.

use actix_web::HttpResponse;
use actix_web::http::header;
use domain::{Checks, Params, Rule, ValidationError};
use serde::Serialize;

use crate::problem::Problem;

/// A part of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Items<T> {
    /// The entries.
    pub(super) items: Vec<T>,
    /// The parameter `cursor` of the next part; null if there is none.
    #[schema(example = json!(null))]
    pub(super) next: Option<String>,
}

impl<T> Items<T> {
    /// A list that is given as a whole: there is a bound to its length.
    pub(super) fn all(items: impl IntoIterator<Item = impl Into<T>>) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next: None }
    }

    /// A part of a list of which one entry more than `limit` was read, if there is one.
    pub(super) fn part<R: Into<T>>(mut rows: Vec<R>, page: &Page, cursor: impl FnOnce(&R) -> String) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(cursor);
        Self { items: rows.into_iter().map(Into::into).collect(), next }
    }
}

/// Which part of a list is asked for.
pub(super) struct Page {
    /// Where it begins; the list's first entry if absent.
    pub(super) after: Option<i64>,
    limit: u32,
}

impl Page {
    /// Reads `cursor` and `limit`.
    ///
    /// # Errors
    /// Both faults.
    pub(super) fn from_params(params: &Params) -> Result<Self, Problem> {
        let mut checks = Checks::default();
        let after = checks.take(params.read("cursor", |field, text| {
            let cursor = text.parse().ok().filter(|cursor| *cursor > 0);
            cursor.ok_or_else(|| ValidationError::new(field, Rule::Format, "must be the `next` of an answer"))
        }));
        let limit = checks.take(params.read("limit", |field, text| {
            let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
            limit.ok_or_else(|| ValidationError::new(field, Rule::Range, "must be an integer from 1 to 100"))
        }));
        let page = after.zip(limit).map(|(after, limit)| Self { after, limit: limit.unwrap_or(100) });
        Ok(checks.finish(page)?)
    }

    /// How many entries to read: one more than are given tells whether there are more.
    pub(super) const fn to_read(&self) -> u32 {
        self.limit + 1
    }
}

/// 201 with the place of what was made.
pub(super) fn created(location: &str, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().insert_header((header::LOCATION, location)).json(body)
}

/// 204: done, and nothing to say.
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
