//! One made-up event, its texts borrowed. Not for how it is written: see `text`.

/// One request that somebody made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Event<'t> {
    /// `2026-04-02T00:00:`, the minute it fell into.
    pub(super) minute: &'t str,
    pub(super) minute_us: u32,
    pub(super) method: &'static str,
    pub(super) endpoint: &'t str,
    pub(super) ip: Option<&'t str>,
    pub(super) process_us: u32,
    pub(super) status: u16,
}
