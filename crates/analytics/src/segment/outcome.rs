//! What a request came to, as one number of a column.

use domain::{Method, StatusCode};

/// Method and status of an answer in one number; ordered by status, then by method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Outcome(u16);

impl Outcome {
    const METHODS: u16 = 16;

    pub(crate) fn new(method: Method, status: StatusCode) -> Self {
        Self(status.get() * Self::METHODS + u16::from(method.code()))
    }

    /// The outcome of a stored number, if there is one.
    pub(crate) fn from_code(code: u16) -> Option<Self> {
        let outcome = Self(code);
        outcome.to_status().and(outcome.to_method()).map(|_| outcome)
    }

    /// The number that is stored.
    pub(crate) const fn code(self) -> u16 {
        self.0
    }

    pub(crate) const fn status(self) -> u16 {
        self.0 / Self::METHODS
    }

    pub(crate) fn to_status(self) -> Option<StatusCode> {
        StatusCode::new(self.status())
    }

    pub(crate) fn to_method(self) -> Option<Method> {
        u8::try_from(self.0 % Self::METHODS).ok().and_then(Method::from_code)
    }
}
