//! `api-analytics project`: projects, for an operator who has the data and need not sign in.

use std::time::Duration;

use clap::Subcommand;
use domain::{Name, ProjectId, Role, Timestamp, Username};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use storage::{Creation, Project, ProjectRemoval, Storage};

use super::actor::command_line;
use super::arguments;
use super::find;
use super::output::{Column, Form, Listed, time, time_if_any};
use super::settings::DataSettings;
use crate::clock::Clock;

/// Rows that one transaction lets go.
const ROWS_AT_ONCE: u32 = 10_000;
/// Between two transactions a service gets its turn: it would wait in vain for the lock of a SQLite file that is taken
/// again at once.
const PAUSE: Duration = Duration::from_millis(5);

/// Arguments of the command.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    settings: DataSettings,
}

#[derive(Subcommand)]
enum Task {
    /// Make a project and print its id
    Add {
        /// Its name: 1 to 60 characters; others may have the same
        #[arg(value_parser = arguments::name)]
        name: Name,
        /// Name of the account that owns it
        #[arg(long, value_name = "USER", value_parser = arguments::username)]
        owner: Username,
    },
    /// List all projects
    List,
    /// Give a project another name
    Rename {
        /// Its id
        #[arg(value_name = "ID")]
        project: ProjectId,
        /// The new name: 1 to 60 characters
        #[arg(value_parser = arguments::name)]
        name: Name,
    },
    /// Remove a project with its keys, members, links, and all of its events, for good
    Remove {
        /// Its id
        #[arg(value_name = "ID")]
        project: ProjectId,
        /// Its name once more, against mistakes
        #[arg(long, value_parser = arguments::name)]
        name: Name,
    },
}

/// Does what is asked for. The service may run meanwhile.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (_, storage) = arguments.settings.open_existing()?;
    let form = arguments.form;
    match &arguments.task {
        Task::Add { name, owner } => {
            let project = add(&storage, name, owner)?;
            let said = format!("project {:?} is made; {:?} owns it", name.as_str(), owner.as_str());
            form.result(&shown(&storage, &project)?, &project.id.to_string(), &said)
        }
        Task::List => {
            let projects = find::projects(&storage)?;
            let shown: Result<Vec<_>, _> = projects.iter().map(|project| shown(&storage, project)).collect();
            form.list(&shown?)
        }
        Task::Rename { project, name } => {
            let is_there = storage.rename_project(*project, name, &command_line(Clock::system().now()))?;
            anyhow::ensure!(is_there, "there is no project {project}");
            let said = format!("project {project} is named {:?}", name.as_str());
            form.one(&shown(&storage, &find::project(&storage, *project)?)?, &said)
        }
        Task::Remove { project, name } => {
            let removed = shown(&storage, &find::project(&storage, *project)?)?;
            remove(&storage, *project, name)?;
            let said =
                format!("project {project}, {:?}, is removed with {} events", name.as_str(), removed.events);
            form.one(&removed, &said)
        }
    }
}

fn add(storage: &Storage, name: &Name, owner: &Username) -> anyhow::Result<Project> {
    let account = find::account(storage, owner)?;
    match storage.create_project(name, Some(account.id), &command_line(Clock::system().now()))? {
        Creation::Created(project) => Ok(project),
        Creation::Full => anyhow::bail!("{:?} owns as many projects as it may", owner.as_str()),
        Creation::Unknown => anyhow::bail!("account {:?} has just been removed", owner.as_str()),
    }
}

/// Whatever is left when this is interrupted, a service removes.
fn remove(storage: &Storage, project: ProjectId, name: &Name) -> anyhow::Result<()> {
    let found = find::project(storage, project)?;
    match storage.delete_project_named(project, name, &command_line(Clock::system().now()))? {
        ProjectRemoval::Deleted => {}
        ProjectRemoval::OtherName => {
            anyhow::bail!("project {project} has another name: {:?}; nothing is removed", found.name.as_str())
        }
        ProjectRemoval::Unknown => anyhow::bail!("project {project} has just been removed"),
    }
    let progress = ProgressBar::new(found.last_event_id.unsigned_abs());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {pos} events  {eta} left") {
        progress.set_style(style);
    }
    while let Some(events) = storage.purge_project(project, ROWS_AT_ONCE)? {
        progress.inc(events);
        std::thread::sleep(PAUSE);
    }
    progress.finish_and_clear();
    Ok(())
}

/// A project as it is shown.
#[derive(Serialize)]
struct ShownProject {
    id: ProjectId,
    name: String,
    owners: Vec<String>,
    created_at: Timestamp,
    last_event_at: Option<Timestamp>,
    events: u64,
}

fn shown(storage: &Storage, project: &Project) -> anyhow::Result<ShownProject> {
    let members = storage.members(project.id)?;
    let owners = members.into_iter().filter(|member| member.role == Role::Owner);
    Ok(ShownProject {
        id: project.id,
        name: project.name.as_str().to_owned(),
        owners: owners.map(|owner| owner.username.as_str().to_owned()).collect(),
        created_at: project.created_at,
        last_event_at: project.last_event_at,
        events: project.last_event_id.unsigned_abs(),
    })
}

impl Listed for ShownProject {
    const COLUMNS: &'static [Column] = &[
        Column::Number("id"),
        Column::Text("name"),
        Column::Text("owners"),
        Column::Number("events"),
        Column::Text("last event"),
        Column::Text("created"),
    ];

    fn cells(&self) -> Vec<String> {
        let owners = if self.owners.is_empty() { "-".to_owned() } else { self.owners.join(", ") };
        vec![
            self.id.to_string(),
            self.name.clone(),
            owners,
            self.events.to_string(),
            time_if_any(self.last_event_at),
            time(self.created_at),
        ]
    }
}
