//! Which project loaded events belong to.

use std::borrow::Cow;

use anyhow::Context;
use clap::error::ErrorKind;
use domain::{ProjectId, Scope, Username};
use storage::Storage;

use crate::cli::{arguments, find};
use crate::clock::Clock;
use crate::random::hash;

/// A key of the project, where no flag says which project it is.
const KEY_VARIABLE: &str = "API_ANALYTICS_KEY";

/// The project, by its id or by one of its keys.
#[derive(clap::Args)]
pub(super) struct Target {
    /// Id of the project that the events belong to
    #[arg(long, value_name = "ID", conflicts_with = "api_key")]
    project: Option<ProjectId>,
    /// API key of the project, in place of its id; it must be in force and good for sending events
    /// [env: API_ANALYTICS_KEY]
    // Not clap's `env`: a variable that is set for other programs would stand against `--project`.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    api_key: Option<String>,
    /// Name of an account that must be a member of the project
    #[arg(long, value_name = "USER", value_parser = arguments::username)]
    username: Option<Username>,
}

/// What says which project it is.
pub(super) enum Named<'a> {
    Id(ProjectId),
    Key(Cow<'a, str>),
}

impl Target {
    /// What says which project it is: a flag, or else the environment.
    ///
    /// # Errors
    /// Nothing does, which is misuse.
    pub(super) fn named(&self) -> Result<Named<'_>, clap::Error> {
        if let Some(project) = self.project {
            return Ok(Named::Id(project));
        }
        let key = match &self.api_key {
            Some(key) => Some(Cow::from(key)),
            None => std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty()).map(Cow::from),
        };
        key.map(Named::Key).ok_or_else(|| {
            let message = "which project? Give --project ID, or --api-key KEY\n";
            clap::Error::raw(ErrorKind::MissingRequiredArgument, message)
        })
    }

    /// The project, which is there, and which the account is a member of, if one is named.
    pub(super) fn find(&self, storage: &Storage, named: &Named<'_>) -> anyhow::Result<ProjectId> {
        let project = match named {
            Named::Id(project) => find::project(storage, *project)?.id,
            Named::Key(key) => project_of(storage, key)?,
        };
        if let Some(username) = &self.username {
            let account = find::account(storage, username)?;
            let role = storage.membership(project, account.id)?;
            anyhow::ensure!(role.is_some(), "{:?} is no member of project {project}", username.as_str());
        }
        Ok(project)
    }
}

/// The project of a key that is in force and may send events.
fn project_of(storage: &Storage, key: &str) -> anyhow::Result<ProjectId> {
    let grant = storage.grants(&[hash(key.as_bytes())])?.pop();
    let grant = grant.context("the API key is unknown or revoked")?.1?;
    let is_expired = grant.expires_at.is_some_and(|end| end <= Clock::system().now());
    anyhow::ensure!(!is_expired, "the API key has expired");
    anyhow::ensure!(grant.scopes.contains(Scope::Ingest), "the API key is not for sending events");
    Ok(grant.project)
}
