//! What opens a project, and for whom.

use std::sync::Arc;

use domain::{
    AccountId, Caller, Permission, ProjectId, ProjectSettings, Rule, Scope, Timestamp, ValidationError,
};
use storage::{KeyGrant, Link, Storage};

use super::person::{Identity, Person};
use crate::problem::Problem;
use crate::random::TokenHash;

/// The project that a request names, beside what its credentials say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// It names none.
    No,
    /// In its path.
    InPath(Option<ProjectId>),
    /// By the parameter `project`.
    ByParameter(Option<ProjectId>),
}

/// A project that is open to a caller.
pub(super) struct Opened {
    pub(super) project: ProjectId,
    pub(super) caller: Caller,
    pub(super) person: Option<Person>,
    pub(super) settings: ProjectSettings,
    pub(super) link: Option<Link>,
}

/// The credentials of a request that was read: what is asked is still who may what.
pub(super) struct Credentials {
    pub(super) identity: Option<Identity>,
    /// The key of `X-API-Key`; `None` if there is no such header.
    pub(super) grant: Option<Arc<KeyGrant>>,
    /// The token of a link; `None` if there is none.
    pub(super) link: Option<Option<TokenHash>>,
    pub(super) named: Named,
}

impl Credentials {
    /// Opens the project, or says what is missing. Blocks.
    pub(super) fn open(
        self,
        storage: &Storage,
        needs: Permission,
        now: Timestamp,
    ) -> Result<Opened, Problem> {
        if let Some(link) = self.link {
            return open_by_link(storage, link, self.named, needs, now);
        }
        let person = match &self.identity {
            Some(identity) => identity.confirm(storage, now)?,
            None => None,
        };
        match (person, self.grant) {
            (Some(person), Some(grant)) => open_by_key_of(storage, person, &grant, self.named, needs),
            (Some(person), None) => open_by_name(storage, person, self.named, needs),
            (None, Some(grant)) => open_by_key_alone(&grant, self.named, needs),
            (None, None) => Err(Problem::BadToken),
        }
    }
}

/// An account that names the project by its key: it must be a member, whatever the key is for.
fn open_by_key_of(
    storage: &Storage,
    person: Person,
    grant: &KeyGrant,
    named: Named,
    needs: Permission,
) -> Result<Opened, Problem> {
    let role = storage.membership(grant.project, person.account.id)?.ok_or(Problem::ForeignKey)?;
    agree(named, grant.project)?;
    let caller = Caller::Member(person.account.id, role);
    let settings = grant.settings.clone();
    allow(Opened { project: grant.project, caller, person: Some(person), settings, link: None }, needs)
}

/// An account that names the project itself.
fn open_by_name(
    storage: &Storage,
    person: Person,
    named: Named,
    needs: Permission,
) -> Result<Opened, Problem> {
    let project = match named {
        Named::No => return Err(Problem::MissingKey),
        Named::InPath(project) | Named::ByParameter(project) => project.ok_or(Problem::UnknownProject)?,
    };
    let (caller, settings) = member(storage, project, person.account.id)?.ok_or(Problem::UnknownProject)?;
    allow(Opened { project, caller, person: Some(person), settings, link: None }, needs)
}

fn member(
    storage: &Storage,
    project: ProjectId,
    account: AccountId,
) -> Result<Option<(Caller, ProjectSettings)>, Problem> {
    let Some(role) = storage.membership(project, account)? else { return Ok(None) };
    let settings = storage.settings(project)?;
    Ok(settings.map(|(settings, _)| (Caller::Member(account, role), settings)))
}

fn open_by_key_alone(grant: &KeyGrant, named: Named, needs: Permission) -> Result<Opened, Problem> {
    let caller = Caller::Key(grant.key, grant.scopes);
    // A key that is not for reading names the project of the account that must stand beside it.
    if needs != Permission::Ingest && !grant.scopes.contains(Scope::Read) {
        return Err(Problem::BadToken);
    }
    agree(named, grant.project)?;
    let settings = grant.settings.clone();
    allow(Opened { project: grant.project, caller, person: None, settings, link: None }, needs)
}

fn open_by_link(
    storage: &Storage,
    token: Option<TokenHash>,
    named: Named,
    needs: Permission,
    now: Timestamp,
) -> Result<Opened, Problem> {
    let link = token.map(|hash| storage.link(&hash)).transpose()?.flatten();
    let link = link.filter(|link| link.expires_at.is_none_or(|end| now < end)).ok_or(Problem::BadLink)?;
    agree(named, link.project)?;
    let (settings, _) = storage.settings(link.project)?.ok_or(Problem::BadLink)?;
    let caller = Caller::Link(link.id);
    allow(Opened { project: link.project, caller, person: None, settings, link: Some(link) }, needs)
}

/// The project that is named must be the one that the credential opens.
fn agree(named: Named, opened: ProjectId) -> Result<(), Problem> {
    match named {
        Named::InPath(project) if project != Some(opened) => Err(Problem::UnknownProject),
        Named::ByParameter(project) if project != Some(opened) => {
            let detail = "must be the project that the API key or the link opens";
            Err(ValidationError::new("project", Rule::Format, detail).into())
        }
        _ => Ok(()),
    }
}

fn allow(opened: Opened, needs: Permission) -> Result<Opened, Problem> {
    if opened.caller.may(needs) { Ok(opened) } else { Err(Problem::Forbidden(opened.caller, needs)) }
}
