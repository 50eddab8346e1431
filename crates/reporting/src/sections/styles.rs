//! The looks of texts that sections share. Not for those within charts: see `chart`.

use crate::canvas::Type;
use crate::fonts::Weight;
use crate::palette::{INK, MUTED, Rgb};

pub(super) const TITLE: Type = look(24.0, Weight::Bold, INK);
pub(super) const HEADING: Type = look(12.0, Weight::Bold, INK);
pub(super) const CAPTION: Type = look(8.0, Weight::Regular, MUTED);
pub(super) const BODY: Type = look(10.0, Weight::Regular, INK);

/// Any other look.
pub(super) const fn look(points: f64, weight: Weight, colour: Rgb) -> Type {
    Type { points, weight, colour }
}
