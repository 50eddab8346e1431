//! The settings of projects: one document each, with a version.

use diesel::prelude::*;
use domain::{ProjectId, ProjectSettings};

use crate::audit::{Actor, action, enter};
use crate::backend::{load_locked, on_backend};
use crate::database::Storage;
use crate::error::StorageError;
use crate::schema::projects;
use crate::stored;

/// What became of settings that were to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsChange {
    /// They are in force; this is their version.
    Stored(i64),
    /// The settings have another version than was expected, this one; nothing has changed.
    Conflict(i64),
    /// There is no such project.
    Unknown,
}

impl Storage {
    /// The settings of a project and their version.
    ///
    /// # Errors
    /// The database fails, or the stored document cannot be read.
    pub fn settings(&self, project: ProjectId) -> Result<Option<(ProjectSettings, i64)>, StorageError> {
        let query = projects::table
            .filter(projects::id.eq(project.0))
            .select((projects::settings, projects::settings_version));
        let mut connection = self.read()?;
        let row = on_backend!(&mut *connection, c => query.first::<(String, i64)>(c).optional())?;
        let Some((json, version)) = row else { return Ok(None) };
        let settings = stored::Row { table: "projects", id: project.0 }.settings(&json)?;
        Ok(Some((settings, version)))
    }

    /// Puts settings in the place of those that have the expected version, or of any.
    ///
    /// # Errors
    /// The database fails.
    pub fn put_settings(
        &self,
        project: ProjectId,
        settings: &ProjectSettings,
        expected: Option<i64>,
        by: &Actor,
    ) -> Result<SettingsChange, StorageError> {
        let one = projects::table.filter(projects::id.eq(project.0));
        let row = stored::Row { table: "projects", id: project.0 };
        let json = serde_json::to_string(settings).map_err(|_| row.damaged("settings"))?;
        self.write(|c| {
            let known = load_locked!(c, for_update, one.select(projects::settings_version) => i64)?;
            let Some(known) = known.first().copied() else { return Ok(SettingsChange::Unknown) };
            if expected.is_some_and(|expected| expected != known) {
                return Ok(SettingsChange::Conflict(known));
            }
            let version = known + 1;
            let change = diesel::update(one)
                .set((projects::settings.eq(json), projects::settings_version.eq(version)));
            on_backend!(c, c => change.execute(c))?;
            let subject = format!("version {version}");
            enter(c, [&by.did(action::SETTINGS_CHANGE, subject).in_project(project)])?;
            Ok(SettingsChange::Stored(version))
        })
    }
}
