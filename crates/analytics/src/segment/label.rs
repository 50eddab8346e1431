//! The kinds of optional texts, so that their columns can be handled alike.

use domain::Extras;

/// Optional texts of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Route,
    UserAgent,
    Hostname,
    Consumer,
}

impl Label {
    pub(crate) const ALL: [Self; 4] = [Self::Route, Self::UserAgent, Self::Hostname, Self::Consumer];

    /// The one of this label, among one for each.
    pub(crate) const fn pick<T>(self, [route, user_agent, hostname, consumer]: &[T; 4]) -> &T {
        match self {
            Self::Route => route,
            Self::UserAgent => user_agent,
            Self::Hostname => hostname,
            Self::Consumer => consumer,
        }
    }

    /// The text of an event's optional fields.
    pub(crate) fn of(self, extras: &Extras) -> Option<&str> {
        let text = match self {
            Self::Route => &extras.route,
            Self::UserAgent => &extras.user_agent,
            Self::Hostname => &extras.hostname,
            Self::Consumer => &extras.consumer,
        };
        text.as_deref()
    }

    /// The name of the field on the wire.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::UserAgent => "user_agent",
            Self::Hostname => "hostname",
            Self::Consumer => "consumer",
        }
    }
}
