//! The colours of a report: one accent, one red for failures, greys for everything else.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Titles and figures.
pub(crate) const INK: Rgb = Rgb(0x1b, 0x26, 0x38);
/// Captions, labels of axes.
pub(crate) const MUTED: Rgb = Rgb(0x5f, 0x6b, 0x7c);
/// Lines of axes and tables.
pub(crate) const RULE: Rgb = Rgb(0xcc, 0xd3, 0xdc);
/// Grid lines.
pub(crate) const GRID: Rgb = Rgb(0xe4, 0xe8, 0xed);
/// The ground of figures.
pub(crate) const PANEL: Rgb = Rgb(0xf3, 0xf6, 0xfa);
/// The band at the top of pages.
pub(crate) const BAND: Rgb = Rgb(0x1d, 0x45, 0x76);
/// Successes, and whatever is counted without a judgement.
pub(crate) const ACCENT: Rgb = Rgb(0x4b, 0x8d, 0xd0);
/// Failures: much darker than successes, to be told from them in grey as well.
pub(crate) const FAILURE: Rgb = Rgb(0xad, 0x1f, 0x2d);
/// The response time's line.
pub(crate) const LINE: Rgb = Rgb(0x1f, 0x29, 0x37);
/// Paper.
pub(crate) const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);
/// The slice of everything small.
pub(crate) const OTHER: Rgb = Rgb(0xc4, 0xc9, 0xd1);

/// Slices without a judgement, most important first.
pub(crate) const SLICES: [Rgb; 8] = [
    ACCENT,
    BAND,
    Rgb(0x9f, 0xc5, 0xe8),
    Rgb(0x3a, 0x9a, 0x9b),
    Rgb(0x6b, 0x77, 0x8a),
    Rgb(0x9b, 0xd3, 0xcc),
    Rgb(0x2f, 0x6d, 0xb5),
    Rgb(0xa9, 0xb3, 0xc1),
];

/// Slices of redirections and of information.
pub(crate) const NEUTRALS: [Rgb; 3] = [Rgb(0x6b, 0x77, 0x8a), Rgb(0xa9, 0xb3, 0xc1), Rgb(0x4a, 0x55, 0x66)];

/// Slices of what went well.
pub(crate) const SUCCESSES: [Rgb; 4] = [ACCENT, BAND, Rgb(0x9f, 0xc5, 0xe8), Rgb(0x2f, 0x6d, 0xb5)];

/// Slices of the clients' errors.
pub(crate) const WARNINGS: [Rgb; 4] =
    [Rgb(0xf0, 0xa0, 0x3c), Rgb(0xd0, 0x77, 0x1a), Rgb(0xf7, 0xca, 0x8b), Rgb(0xa8, 0x5c, 0x10)];

/// Slices of the server's errors.
pub(crate) const FAILURES: [Rgb; 4] =
    [FAILURE, Rgb(0xd8, 0x5a, 0x5f), Rgb(0x7a, 0x12, 0x1f), Rgb(0xeb, 0x9a, 0x98)];

/// The colour at a place of a list; the last one where it is too short.
pub(crate) fn pick(colours: &[Rgb], place: usize) -> Rgb {
    colours.get(place).or_else(|| colours.last()).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_differ_from_successes_in_grey() {
        let grey = |Rgb(red, green, blue): Rgb| {
            0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
        };
        assert!(grey(ACCENT) - grey(FAILURE) > 40.0);
    }
}
