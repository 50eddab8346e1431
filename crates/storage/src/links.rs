//! Shared links: each shows a part of a project to whoever has it.

use diesel::prelude::*;
use domain::{AccountId, Hidden, LinkId, Name, ProjectId, Timestamp};

use crate::audit::{Actor, action, enter};
use crate::backend::on_backend;
use crate::creation::Creation;
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::locks::lock_project;
use crate::schema::links::{self, dsl};
use crate::stored;
use crate::text::numbered;

/// So many links a project may have.
const MAX_LINKS: i64 = 100;

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Its name.
    pub name: Name,
    /// Its hash.
    pub hash: TokenHash,
    /// Parameters of every question that is asked through it: names and values.
    pub filters: Vec<(String, String)>,
    /// What it does not show.
    pub hidden: Hidden,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A link as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub id: LinkId,
    /// What it opens.
    pub project: ProjectId,
    /// Its name.
    pub name: Name,
    /// Parameters of every question that is asked through it: names and values.
    pub filters: Vec<(String, String)>,
    /// What it does not show.
    pub hidden: Hidden,
    /// When it was made.
    pub created_at: Timestamp,
    /// By which account, which may be gone.
    pub created_by: Option<AccountId>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl Storage {
    /// Makes a link.
    ///
    /// # Errors
    /// The database fails; also if the hash is there already.
    pub fn create_link(
        &self,
        project: ProjectId,
        link: &NewLink,
        by: &Actor,
    ) -> Result<Creation<Link>, StorageError> {
        let last =
            dsl::links.filter(dsl::project_id.eq(project.0)).offset(MAX_LINKS - 1).limit(1).select(dsl::id);
        let hidden: Vec<_> = link.hidden.names().collect();
        let row = (
            dsl::project_id.eq(project.0),
            dsl::token_hash.eq(link.hash.as_slice()),
            dsl::name.eq(link.name.as_str()),
            dsl::filters.eq(write_filters(&link.filters)),
            dsl::hidden.eq(hidden.join(" ")),
            dsl::created_at.eq(by.at.as_micros()),
            dsl::created_by.eq(by.account.map(|account| account.0)),
            dsl::expires_at.eq(link.expires_at.map(Timestamp::as_micros)),
        );
        let insert = diesel::insert_into(links::table).values(row);
        self.write(|c| {
            if !lock_project(c, project)? {
                return Ok(Creation::Unknown);
            }
            if on_backend!(c, c => last.first::<i64>(c).optional())?.is_some() {
                return Ok(Creation::Full);
            }
            let row = on_backend!(c, c => insert.returning(LinkRow::as_returning()).get_result(c))?;
            let link = row.read()?;
            let subject = numbered(link.name.as_str(), link.id.0);
            enter(c, [&by.did(action::LINK_CREATE, subject).in_project(project)])?;
            Ok(Creation::Created(link))
        })
    }

    /// The links of a project, in the order of their numbers.
    ///
    /// # Errors
    /// The database fails.
    pub fn links(&self, project: ProjectId) -> Result<Vec<Link>, StorageError> {
        let query = dsl::links.filter(dsl::project_id.eq(project.0)).order(dsl::id);
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.select(LinkRow::as_select()).load(c))?;
        rows.into_iter().map(LinkRow::read).collect()
    }

    /// Withdraws a link of a project. Says whether there was one.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_link(&self, project: ProjectId, link: LinkId, by: &Actor) -> Result<bool, StorageError> {
        let one = dsl::links.filter(dsl::id.eq(link.0)).filter(dsl::project_id.eq(project.0));
        self.write(|c| {
            let delete = diesel::delete(one).returning(dsl::name);
            let name = on_backend!(c, c => delete.get_result::<String>(c).optional())?;
            let Some(name) = name else { return Ok(false) };
            enter(c, [&by.did(action::LINK_DELETE, numbered(&name, link.0)).in_project(project)])?;
            Ok(true)
        })
    }

    /// The link with this hash, if there is one. Whether it has expired is for the caller to judge.
    ///
    /// # Errors
    /// The database fails.
    pub fn link(&self, hash: &TokenHash) -> Result<Option<Link>, StorageError> {
        let query = dsl::links.filter(dsl::token_hash.eq(hash.as_slice()));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => {
            query.select(LinkRow::as_select()).first(c).optional()
        })?;
        row.map(LinkRow::read).transpose()
    }
}

/// A line `name=value` for each. Within it a backslash stands before what would end the line, or what a database
/// refuses.
fn write_filters(filters: &[(String, String)]) -> String {
    let mut lines = String::new();
    for (name, value) in filters {
        for c in name.chars().chain(['=']).chain(value.chars()) {
            match c {
                '\\' => lines.push_str("\\\\"),
                '\n' => lines.push_str("\\n"),
                '\0' => lines.push_str("\\0"),
                c => lines.push(c),
            }
        }
        lines.push('\n');
    }
    lines
}

/// `None` if nobody can have written that.
fn read_filters(lines: &str) -> Option<Vec<(String, String)>> {
    let mut filters = Vec::new();
    for line in lines.split_terminator('\n') {
        let mut text = String::with_capacity(line.len());
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            text.push(match c {
                '\\' => match chars.next()? {
                    '\\' => '\\',
                    'n' => '\n',
                    '0' => '\0',
                    _ => return None,
                },
                c => c,
            });
        }
        let (name, value) = text.split_once('=')?;
        filters.push((name.to_owned(), value.to_owned()));
    }
    Some(filters)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = links)]
struct LinkRow {
    id: i64,
    project_id: i64,
    name: String,
    filters: String,
    hidden: String,
    created_at: i64,
    created_by: Option<i64>,
    expires_at: Option<i64>,
}

impl LinkRow {
    fn read(self) -> Result<Link, StorageError> {
        let row = stored::Row { table: "links", id: self.id };
        let hidden = self.hidden.split_whitespace().try_fold(Hidden::NOTHING, Hidden::with);
        Ok(Link {
            id: LinkId(self.id),
            project: ProjectId(self.project_id),
            name: row.name(&self.name)?,
            filters: read_filters(&self.filters).ok_or(row.damaged("filters"))?,
            hidden: hidden.map_err(|_| row.damaged("hidden"))?,
            created_at: row.time("created_at", self.created_at)?,
            created_by: self.created_by.map(AccountId),
            expires_at: row.time_if_any("expires_at", self.expires_at)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_as_they_were_written() {
        let filters = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for filters in [
            filters(&[]),
            filters(&[("endpoint", "/a=b"), ("endpoint", ""), ("ip", "::1")]),
            filters(&[("consumer", "a\nb\\n\0\\"), ("", "")]),
        ] {
            assert_eq!(read_filters(&write_filters(&filters)), Some(filters));
        }
        assert_eq!(
            write_filters(&filters(&[("method", "GET"), ("method", "PUT")])),
            "method=GET\nmethod=PUT\n"
        );
        assert_eq!(read_filters("method"), None);
        assert_eq!(read_filters("method=\\x"), None);
    }
}
