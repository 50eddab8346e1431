//! Projects: how they come, what they are called, and whose they are. How they go is the business of `deletion`.

use diesel::prelude::*;
use domain::{AccountId, Name, ProjectId, Role, Timestamp};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::creation::Creation;
use crate::database::Storage;
use crate::error::StorageError;
use crate::keys::{KeyRecord, NewKey, insert_key};
use crate::locks::lock_account;
use crate::members::insert_member;
use crate::schema::{members, projects};
use crate::stored;
use crate::text::numbered;

/// So many projects an account may own.
const MAX_OWNED: i64 = 1000;

/// A project as it is kept, without its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: Name,
    /// When it was made.
    pub created_at: Timestamp,
    /// The number of its newest event; 0 if there is none.
    pub last_event_id: i64,
    /// The time of its newest event.
    pub last_event_at: Option<Timestamp>,
}

impl Storage {
    /// Makes a project, with an owner or without any member.
    ///
    /// # Errors
    /// The database fails.
    pub fn create_project(
        &self,
        name: &Name,
        owner: Option<AccountId>,
        by: &Actor,
    ) -> Result<Creation<Project>, StorageError> {
        self.write(|c| create(c, Some(name), owner, by))
    }

    /// Makes a project that is named `API` and its number, with a key.
    ///
    /// # Errors
    /// The database fails.
    pub fn generate_project(
        &self,
        owner: AccountId,
        key: &NewKey,
        by: &Actor,
    ) -> Result<Creation<(Project, KeyRecord)>, StorageError> {
        self.write(|c| {
            let project = match create(c, None, Some(owner), by)? {
                Creation::Created(project) => project,
                Creation::Full => return Ok(Creation::Full),
                Creation::Unknown => return Ok(Creation::Unknown),
            };
            let key = insert_key(c, project.id, key, by)?;
            Ok(Creation::Created((project, key)))
        })
    }

    /// The projects that an account is a member of, with its role, in the order of their numbers, those above a
    /// number.
    ///
    /// # Errors
    /// The database fails.
    pub fn projects_of(
        &self,
        account: AccountId,
        after: Option<ProjectId>,
        limit: u32,
    ) -> Result<Vec<(Project, Role)>, StorageError> {
        let query = members::table
            .inner_join(projects::table)
            .filter(members::account_id.eq(account.0))
            .filter(members::project_id.gt(after.map_or(0, |id| id.0)))
            .order(members::project_id)
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => {
            query.select((ProjectRow::as_select(), members::role)).load::<(ProjectRow, String)>(c)
        })?;
        let read = |(project, role): (ProjectRow, String)| {
            let row = stored::Row { table: "members", id: project.id };
            Ok((project.read()?, row.known("role", &role)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// All projects in the order of their numbers, those above a number.
    ///
    /// # Errors
    /// The database fails.
    pub fn projects(&self, after: Option<ProjectId>, limit: u32) -> Result<Vec<Project>, StorageError> {
        let query = projects::table
            .filter(projects::id.gt(after.map_or(0, |id| id.0)))
            .order(projects::id)
            .limit(limit.into());
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => query.select(ProjectRow::as_select()).load(c))?;
        rows.into_iter().map(ProjectRow::read).collect()
    }

    /// The project with this number, if there is one.
    ///
    /// # Errors
    /// The database fails.
    pub fn project(&self, project: ProjectId) -> Result<Option<Project>, StorageError> {
        let query = projects::table.filter(projects::id.eq(project.0));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => {
            query.select(ProjectRow::as_select()).first(c).optional()
        })?;
        row.map(ProjectRow::read).transpose()
    }

    /// Gives a project another name. Says whether there is such a project.
    ///
    /// # Errors
    /// The database fails.
    pub fn rename_project(&self, project: ProjectId, name: &Name, by: &Actor) -> Result<bool, StorageError> {
        let rename = diesel::update(projects::table.filter(projects::id.eq(project.0)))
            .set(projects::name.eq(name.as_str()));
        self.write(|c| {
            let is_there = on_backend!(c, c => rename.execute(c))? == 1;
            if is_there {
                enter(c, [&by.did(action::PROJECT_RENAME, name.as_str()).in_project(project)])?;
            }
            Ok(is_there)
        })
    }
}

/// Makes a project; without a name it is named by its number.
fn create(
    c: &mut Connection,
    name: Option<&Name>,
    owner: Option<AccountId>,
    by: &Actor,
) -> Result<Creation<Project>, StorageError> {
    if let Some(owner) = owner {
        if !lock_account(c, owner)? {
            return Ok(Creation::Unknown);
        }
        if owns_as_many_as_it_may(c, owner)? {
            return Ok(Creation::Full);
        }
    }
    let row = (
        projects::name.eq(name.map_or("", Name::as_str)),
        projects::created_at.eq(by.at.as_micros()),
        projects::last_event_id.eq(0),
    );
    let id = on_backend!(c, c => {
        diesel::insert_into(projects::table).values(row).returning(projects::id).get_result::<i64>(c)
    })?;
    let project = ProjectId(id);
    let name = match name {
        Some(name) => name.clone(),
        None => name_by_number(c, project)?,
    };
    if let Some(owner) = owner {
        insert_member(c, project, owner, Role::Owner, by.at)?;
    }
    let subject = numbered(name.as_str(), id);
    enter(c, [&by.did(action::PROJECT_CREATE, subject).in_project(project)])?;
    let created_at = by.at;
    Ok(Creation::Created(Project { id: project, name, created_at, last_event_id: 0, last_event_at: None }))
}

fn owns_as_many_as_it_may(c: &mut Connection, owner: AccountId) -> Result<bool, StorageError> {
    let last = members::table
        .filter(members::account_id.eq(owner.0))
        .filter(members::role.eq(Role::Owner.as_str()))
        .offset(MAX_OWNED - 1)
        .limit(1)
        .select(members::project_id);
    Ok(on_backend!(c, c => last.first::<i64>(c).optional())?.is_some())
}

fn name_by_number(c: &mut Connection, project: ProjectId) -> Result<Name, StorageError> {
    let name = stored::Row { table: "projects", id: project.0 }.name(&format!("API {project}"))?;
    let rename = diesel::update(projects::table.filter(projects::id.eq(project.0)))
        .set(projects::name.eq(name.as_str()));
    on_backend!(c, c => rename.execute(c))?;
    Ok(name)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = projects)]
struct ProjectRow {
    id: i64,
    name: String,
    created_at: i64,
    last_event_id: i64,
    last_event_at: Option<i64>,
}

impl ProjectRow {
    fn read(self) -> Result<Project, StorageError> {
        let row = stored::Row { table: "projects", id: self.id };
        Ok(Project {
            id: ProjectId(self.id),
            name: row.name(&self.name)?,
            created_at: row.time("created_at", self.created_at)?,
            last_event_id: self.last_event_id,
            last_event_at: row.time_if_any("last_event_at", self.last_event_at)?,
        })
    }
}
