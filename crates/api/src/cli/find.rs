//! Accounts, projects and keys that an operator names: found, or the command fails in one line; and all of them.

use anyhow::Context;
use domain::{KeyId, ProjectId, Username};
use storage::{Account, KeyRecord, Project, Storage, StorageError};

/// Rows of one statement.
const ROWS_AT_ONCE: u32 = 1000;

/// The account with this name.
pub(super) fn account(storage: &Storage, name: &Username) -> anyhow::Result<Account> {
    storage.account_by_name(name)?.with_context(|| format!("there is no account {:?}", name.as_str()))
}

/// The project with this id.
pub(super) fn project(storage: &Storage, id: ProjectId) -> anyhow::Result<Project> {
    storage.project(id)?.with_context(|| format!("there is no project {id}"))
}

/// The key with this id, if the project has it.
pub(super) fn key(storage: &Storage, project: ProjectId, id: KeyId) -> anyhow::Result<KeyRecord> {
    let next = storage.keys(project, Some(KeyId(id.0.saturating_sub(1))), 1)?.pop();
    next.filter(|key| key.id == id).with_context(|| format!("project {project} has no key {id}"))
}

/// All accounts, in the order of their ids.
pub(super) fn accounts(storage: &Storage) -> Result<Vec<Account>, StorageError> {
    all(|last: Option<&Account>| storage.accounts(last.map(|account| account.id), ROWS_AT_ONCE))
}

/// All projects, in the order of their ids.
pub(super) fn projects(storage: &Storage) -> Result<Vec<Project>, StorageError> {
    all(|last: Option<&Project>| storage.projects(last.map(|project| project.id), ROWS_AT_ONCE))
}

/// All keys of a project that are remembered, in the order of their ids.
pub(super) fn keys(storage: &Storage, project: ProjectId) -> Result<Vec<KeyRecord>, StorageError> {
    all(|last: Option<&KeyRecord>| storage.keys(project, last.map(|key| key.id), ROWS_AT_ONCE))
}

fn all<T>(read: impl Fn(Option<&T>) -> Result<Vec<T>, StorageError>) -> Result<Vec<T>, StorageError> {
    let mut rows: Vec<T> = Vec::new();
    loop {
        let page = read(rows.last())?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}
