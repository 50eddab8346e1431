//! The colours of a report: one accent, one red for failures, greys for everything else.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Titles and figures.
pub(crate) const INK: Rgb = Rgb(0x1f, 0x29, 0x37);
/// Captions, labels of axes.
pub(crate) const MUTED: Rgb = Rgb(0x6b, 0x72, 0x80);
/// Lines of axes and tables.
pub(crate) const RULE: Rgb = Rgb(0xd1, 0xd5, 0xdb);
/// Grid lines.
pub(crate) const GRID: Rgb = Rgb(0xe9, 0xeb, 0xee);
/// Successes, and whatever is counted without a judgement.
pub(crate) const ACCENT: Rgb = Rgb(0x2f, 0x6d, 0xb5);
/// Failures.
pub(crate) const FAILURE: Rgb = Rgb(0xc8, 0x3e, 0x3e);
/// The response time's line.
pub(crate) const LINE: Rgb = Rgb(0x37, 0x41, 0x51);
/// Paper.
pub(crate) const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);
/// The slice of everything small.
pub(crate) const OTHER: Rgb = Rgb(0xc4, 0xc9, 0xd1);

/// Slices without a judgement, most important first.
pub(crate) const SLICES: [Rgb; 8] = [
    ACCENT,
    Rgb(0x6f, 0xa1, 0xd6),
    Rgb(0x1d, 0x45, 0x76),
    Rgb(0xa9, 0xc7, 0xe8),
    Rgb(0x4b, 0x55, 0x63),
    Rgb(0x9c, 0xa3, 0xaf),
    Rgb(0x3f, 0x8f, 0x9b),
    Rgb(0x9a, 0xcb, 0xd0),
];

/// Slices of failures, most important first.
pub(crate) const FAILURES: [Rgb; 6] = [
    FAILURE,
    Rgb(0xe0, 0x80, 0x78),
    Rgb(0x8f, 0x26, 0x2b),
    Rgb(0xef, 0xb4, 0xac),
    Rgb(0xb5, 0x5a, 0x52),
    Rgb(0xd9, 0x9a, 0x93),
];

/// The colour at a place of a list; the last one where it is too short.
pub(crate) fn pick(colours: &[Rgb], place: usize) -> Rgb {
    colours.get(place).or_else(|| colours.last()).copied().unwrap_or(OTHER)
}
