//! Invitations to a project or to the service: each is good once, for a time.

use diesel::prelude::*;
use domain::{AccountId, InvitationId, ProjectId, Role, Timestamp};

use crate::audit::{Actor, action, enter};
use crate::backend::{Connection, on_backend};
use crate::creation::Creation;
use crate::database::Storage;
use crate::error::StorageError;
use crate::hash::TokenHash;
use crate::locks::{keep_account, lock_project};
use crate::members::{MAX_MEMBERS, join};
use crate::schema::invitations::{self, dsl};
use crate::schema::members;
use crate::stored;

/// So many invitations of a project, and so many to the service, may be open.
const MAX_OPEN: i64 = 100;

/// An invitation that nobody has used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its number.
    pub id: InvitationId,
    /// To which project, and the role there; if to none, to the service.
    pub project: Option<(ProjectId, Role)>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By which account, which may be gone.
    pub created_by: Option<AccountId>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Storage {
    /// Makes an invitation. A project has room for as many as may become members.
    ///
    /// # Errors
    /// The database fails; also if the hash is there already.
    pub fn create_invitation(
        &self,
        project: Option<(ProjectId, Role)>,
        hash: &TokenHash,
        expires_at: Timestamp,
        by: &Actor,
    ) -> Result<Creation<Invitation>, StorageError> {
        self.write(|c| {
            let id = project.map(|(id, _)| id);
            if let Some(id) = id
                && !lock_project(c, id)?
            {
                return Ok(Creation::Unknown);
            }
            // Of two that invite to the service at once, either may miss the other's: the bound is none on the row.
            forget_closed(c, id, by.at)?;
            if !has_room(c, id)? {
                return Ok(Creation::Full);
            }
            let row = (
                dsl::token_hash.eq(hash.as_slice()),
                dsl::project_id.eq(id.map(|id| id.0)),
                dsl::role.eq(project.map(|(_, role)| role.as_str())),
                dsl::created_at.eq(by.at.as_micros()),
                dsl::created_by.eq(by.account.map(|account| account.0)),
                dsl::expires_at.eq(expires_at.as_micros()),
            );
            let insert = diesel::insert_into(invitations::table).values(row);
            let row = on_backend!(c, c => insert.returning(InvitationRow::as_returning()).get_result(c))?;
            let invitation = row.read()?;
            note(c, by, action::INVITATION_CREATE, &invitation)?;
            Ok(Creation::Created(invitation))
        })
    }

    /// The open invitations to a project, or to the service.
    ///
    /// # Errors
    /// The database fails.
    pub fn invitations(
        &self,
        project: Option<ProjectId>,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StorageError> {
        let mut connection = self.read()?;
        let rows = on_backend!(&mut *connection, c => {
            let all = dsl::invitations.into_boxed();
            let all = match project {
                Some(project) => all.filter(dsl::project_id.eq(project.0)),
                None => all.filter(dsl::project_id.is_null()),
            };
            let open = all.filter(dsl::used_at.is_null()).filter(dsl::expires_at.gt(now.as_micros()));
            open.order(dsl::id).limit(MAX_OPEN).select(InvitationRow::as_select()).load(c)
        })?;
        rows.into_iter().map(InvitationRow::read).collect()
    }

    /// Withdraws an open invitation to a project, or to the service. Says whether there was such a one.
    ///
    /// # Errors
    /// The database fails.
    pub fn delete_invitation(
        &self,
        project: Option<ProjectId>,
        invitation: InvitationId,
        by: &Actor,
    ) -> Result<bool, StorageError> {
        self.write(|c| {
            let row = on_backend!(c, c => {
                let one = dsl::invitations.filter(dsl::id.eq(invitation.0)).filter(dsl::used_at.is_null());
                one.select(InvitationRow::as_select()).first(c).optional()
            })?;
            let Some(found) = row.map(InvitationRow::read).transpose()? else { return Ok(false) };
            if found.project.map(|(id, _)| id) != project {
                return Ok(false);
            }
            let open = dsl::invitations.filter(dsl::id.eq(invitation.0)).filter(dsl::used_at.is_null());
            let is_deleted = on_backend!(c, c => diesel::delete(open).execute(c))? == 1;
            if is_deleted {
                note(c, by, action::INVITATION_DELETE, &found)?;
            }
            Ok(is_deleted)
        })
    }

    /// Uses up an invitation to a project: the account becomes a member, or gets a higher role than it has. Says where
    /// and what it then is; `None` if the invitation is none to a project, is used or has expired, or if there is no
    /// such account.
    ///
    /// # Errors
    /// The database fails.
    pub fn accept_invitation(
        &self,
        hash: &TokenHash,
        account: AccountId,
        by: &Actor,
    ) -> Result<Option<(ProjectId, Role)>, StorageError> {
        self.write(|c| {
            if !keep_account(c, account)? {
                return Ok(None);
            }
            let Some(invitation) = find_open(c, hash, by.at)? else { return Ok(None) };
            let Some((project, role)) = invitation.project else { return Ok(None) };
            if !lock_project(c, project)? || !use_up(c, invitation.id, account, by.at)? {
                return Ok(None);
            }
            Ok(Some((project, join(c, project, account, role, by)?)))
        })
    }
}

/// The invitation with this hash, if it is open. Somebody else may be using it up.
pub(crate) fn find_open(
    c: &mut Connection,
    hash: &TokenHash,
    at: Timestamp,
) -> Result<Option<Invitation>, StorageError> {
    let open = dsl::invitations
        .filter(dsl::token_hash.eq(hash.as_slice()))
        .filter(dsl::used_at.is_null())
        .filter(dsl::expires_at.gt(at.as_micros()));
    let row = on_backend!(c, c => open.select(InvitationRow::as_select()).first(c).optional())?;
    row.map(InvitationRow::read).transpose()
}

/// Uses up an open invitation. Says whether it was open still.
pub(crate) fn use_up(
    c: &mut Connection,
    invitation: InvitationId,
    account: AccountId,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let open = dsl::invitations.filter(dsl::id.eq(invitation.0)).filter(dsl::used_at.is_null());
    let used = (dsl::used_at.eq(at.as_micros()), dsl::used_by.eq(account.0));
    Ok(on_backend!(c, c => diesel::update(open).set(used).execute(c))? == 1)
}

/// Whoever used them stands in the audit log.
fn forget_closed(c: &mut Connection, project: Option<ProjectId>, at: Timestamp) -> Result<(), StorageError> {
    let is_closed = dsl::used_at.is_not_null().or(dsl::expires_at.le(at.as_micros()));
    on_backend!(c, c => {
        let closed = diesel::delete(dsl::invitations.filter(is_closed)).into_boxed();
        match project {
            Some(project) => closed.filter(dsl::project_id.eq(project.0)).execute(c),
            None => closed.filter(dsl::project_id.is_null()).execute(c),
        }
    })?;
    Ok(())
}

/// Whether there may be one more, told that all there are are open.
fn has_room(c: &mut Connection, project: Option<ProjectId>) -> Result<bool, StorageError> {
    let open = on_backend!(c, c => {
        let all = dsl::invitations.into_boxed().select(dsl::id).limit(MAX_OPEN);
        match project {
            Some(project) => all.filter(dsl::project_id.eq(project.0)).load::<i64>(c),
            None => all.filter(dsl::project_id.is_null()).load::<i64>(c),
        }
    })?;
    let open = i64::try_from(open.len()).unwrap_or(MAX_OPEN);
    let Some(project) = project else { return Ok(open < MAX_OPEN) };
    let last = members::table
        .filter(members::project_id.eq(project.0))
        .offset(MAX_MEMBERS - 1 - open)
        .limit(1)
        .select(members::account_id);
    let is_full = on_backend!(c, c => last.first::<i64>(c).optional())?.is_some();
    Ok(open < MAX_OPEN && !is_full)
}

fn note(
    c: &mut Connection,
    by: &Actor,
    action: &'static str,
    invitation: &Invitation,
) -> Result<(), StorageError> {
    let entry = match invitation.project {
        Some((project, role)) => {
            by.did(action, format!("{} ({})", role.as_str(), invitation.id)).in_project(project)
        }
        None => by.did(action, format!("to the service ({})", invitation.id)),
    };
    enter(c, [&entry])
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
struct InvitationRow {
    id: i64,
    project_id: Option<i64>,
    role: Option<String>,
    created_at: i64,
    created_by: Option<i64>,
    expires_at: i64,
}

impl InvitationRow {
    fn read(self) -> Result<Invitation, StorageError> {
        let row = stored::Row { table: "invitations", id: self.id };
        let project = match (self.project_id, self.role) {
            (Some(project), Some(role)) => Some((ProjectId(project), row.known("role", &role)?)),
            (None, None) => None,
            _ => return Err(row.damaged("role")),
        };
        Ok(Invitation {
            id: InvitationId(self.id),
            project,
            created_at: row.time("created_at", self.created_at)?,
            created_by: self.created_by.map(AccountId),
            expires_at: row.time("expires_at", self.expires_at)?,
        })
    }
}
