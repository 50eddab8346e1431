//! The numbers of the form of blocks.

/// What every block begins with.
pub(super) const MAGIC: [u8; 3] = *b"AEB";
/// The form of the bytes.
pub(super) const VERSION: u8 = 1;
/// No event takes less.
pub(super) const LEAST_EVENT_BYTES: usize = 6;

/// How the address of an event stands in its block. Larger numbers are known addresses, from `KNOWN` on.
pub(super) mod address {
    pub(in crate::block) const NONE: u64 = 0;
    pub(in crate::block) const IPV4: u64 = 1;
    pub(in crate::block) const IPV6: u64 = 2;
    pub(in crate::block) const KNOWN: u64 = 3;
}

/// How a text stands in its block. Larger numbers are known texts, from `KNOWN` on.
pub(super) mod text {
    pub(in crate::block) const NEW: u64 = 0;
    pub(in crate::block) const KNOWN: u64 = 1;
}
