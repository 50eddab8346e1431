//! What becomes of something that is to be made.

/// What became of something that was to be made in a project or for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation<T> {
    /// It is there.
    Created(T),
    /// There are as many as there may be; nothing has changed.
    Full,
    /// There is no such project or account.
    Unknown,
}
