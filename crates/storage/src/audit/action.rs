//! Names of what is done. They are kept, and shown to clients: none changes its meaning.

/// An account is made.
pub const ACCOUNT_CREATE: &str = "account.create";
/// An account has a new password; its other sessions and its bearer tokens end.
pub const ACCOUNT_PASSWORD: &str = "account.password";
/// An account becomes an administrator, or is none any more.
pub const ACCOUNT_ADMIN: &str = "account.admin";
/// An account is removed.
pub const ACCOUNT_DELETE: &str = "account.delete";
/// A project is made.
pub const PROJECT_CREATE: &str = "project.create";
/// A project has a new name.
pub const PROJECT_RENAME: &str = "project.rename";
/// A project is removed.
pub const PROJECT_DELETE: &str = "project.delete";
/// The settings of a project change.
pub const SETTINGS_CHANGE: &str = "settings.change";
/// An API key is made.
pub const KEY_CREATE: &str = "key.create";
/// Name, scopes or end of an API key change.
pub const KEY_CHANGE: &str = "key.change";
/// An API key is put out of force.
pub const KEY_REVOKE: &str = "key.revoke";
/// An API key is replaced.
pub const KEY_ROTATE: &str = "key.rotate";
/// An account becomes a member.
pub const MEMBER_JOIN: &str = "member.join";
/// A member has another role.
pub const MEMBER_ROLE: &str = "member.role";
/// An account is no member any more.
pub const MEMBER_REMOVE: &str = "member.remove";
/// An invitation is made.
pub const INVITATION_CREATE: &str = "invitation.create";
/// An invitation is withdrawn.
pub const INVITATION_DELETE: &str = "invitation.delete";
/// A link is made.
pub const LINK_CREATE: &str = "link.create";
/// A link is withdrawn.
pub const LINK_DELETE: &str = "link.delete";
/// An account signs in.
pub const SIGN_IN: &str = "session.create";
/// Somebody fails to sign in.
pub const SIGN_IN_FAIL: &str = "session.fail";
/// An account ends one of its sessions from another one.
pub const SESSION_END: &str = "session.end";
