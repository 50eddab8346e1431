//! `api-analytics key`: API keys, for an operator who has the data and need not sign in.

use clap::Subcommand;
use domain::{KeyId, Name, ProjectId, Scope, Scopes, Timestamp};
use serde::Serialize;
use storage::{Creation, KeyRecord, NewKey, Storage};

use super::actor::command_line;
use super::arguments;
use super::find;
use super::output::{Column, Form, Listed, time, time_if_any};
use super::settings::DataSettings;
use crate::clock::Clock;
use crate::random::{Random, prefix};

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
    /// Make a key and print it, this once
    Add {
        /// Id of the project that it opens
        project: ProjectId,
        /// Its name: 1 to 60 characters
        #[arg(long, value_parser = arguments::name)]
        name: Name,
        /// What it is good for; may be repeated
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', default_value = "ingest", value_parser = arguments::scope())]
        scope: Vec<Scope>,
        /// From when on it is not good any more: an instant, or a date, which means its start in UTC
        #[arg(long, value_name = "TIME", value_parser = arguments::instant)]
        expires: Option<Timestamp>,
    },
    /// List the keys of a project, also those that have ended
    List {
        /// Id of the project
        project: ProjectId,
    },
    /// Revoke a key; a running service refuses it within ten seconds. Its events stay
    Revoke {
        /// Id of the project
        project: ProjectId,
        /// Id of the key
        key: KeyId,
    },
}

/// Does what is asked for. The service may run meanwhile.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (_, storage) = arguments.settings.open_existing()?;
    let (form, now) = (arguments.form, Clock::system().now());
    match &arguments.task {
        Task::Add { project, name, scope, expires } => {
            let (key, text) = add(&storage, *project, name, scope, *expires, now)?;
            let said = format!("key {} of project {project} is made; it is not shown again", key.id);
            form.result(&ShownKey { key: Some(text.clone()), ..ShownKey::of(key, now) }, &text, &said)
        }
        Task::List { project } => {
            find::project(&storage, *project)?;
            let keys: Vec<_> =
                find::keys(&storage, *project)?.into_iter().map(|key| ShownKey::of(key, now)).collect();
            form.list(&keys)
        }
        Task::Revoke { project, key } => {
            find::project(&storage, *project)?;
            let is_there = storage.revoke_key(*project, *key, &command_line(now))?;
            anyhow::ensure!(is_there, "project {project} has no key {key}");
            let revoked = find::key(&storage, *project, *key)?;
            let said = format!("key {key} of project {project}, {:?}, is revoked", revoked.name.as_str());
            form.one(&ShownKey::of(revoked, now), &said)
        }
    }
}

/// The key and its text.
fn add(
    storage: &Storage,
    project: ProjectId,
    name: &Name,
    scopes: &[Scope],
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> anyhow::Result<(KeyRecord, String)> {
    anyhow::ensure!(expires_at.is_none_or(|end| end > now), "--expires must be in the future");
    let scopes = Scopes::of(scopes.iter().copied()).unwrap_or(Scopes::INGEST);
    let token = Random::system().token()?;
    let prefix = prefix(&token.text);
    let key = NewKey { name: name.clone(), hash: token.hash, prefix, scopes, expires_at };
    match storage.create_key(project, &key, &command_line(now))? {
        Creation::Created(key) => Ok((key, token.text)),
        Creation::Full => anyhow::bail!("project {project} has as many keys in force as it may"),
        Creation::Unknown => anyhow::bail!("there is no project {project}"),
    }
}

/// A key as it is shown.
#[derive(Serialize)]
struct ShownKey {
    id: KeyId,
    name: String,
    prefix: Option<String>,
    scopes: Scopes,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// The text, of a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip)]
    state: &'static str,
}

impl ShownKey {
    fn of(key: KeyRecord, now: Timestamp) -> Self {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now => "expired",
            (None, _) => "in force",
        };
        Self {
            id: key.id,
            name: key.name.as_str().to_owned(),
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
            key: None,
            state,
        }
    }
}

impl Listed for ShownKey {
    const COLUMNS: &'static [Column] = &[
        Column::Number("id"),
        Column::Text("name"),
        Column::Text("prefix"),
        Column::Text("scopes"),
        Column::Text("state"),
        Column::Text("created"),
        Column::Text("expires"),
        Column::Text("last used"),
        Column::Text("revoked"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.prefix.clone().unwrap_or_else(|| "-".to_owned()),
            self.scopes.to_string(),
            self.state.to_owned(),
            time(self.created_at),
            time_if_any(self.expires_at),
            time_if_any(self.last_used_at),
            time_if_any(self.revoked_at),
        ]
    }
}
