//! Noto Sans as documents need it: which characters it has, how wide they are, and files of no more than is used.

mod subset;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use genpdf::fonts::{FontCache, FontData, FontFamily};
use printpdf::BuiltinFont;

use crate::ReportError;

/// The height of a line, and of capital letters, in units of the font's size.
pub(crate) const LINE_HEIGHT: f64 = 1.362;
pub(crate) const CAPITALS: f64 = 0.714;
pub(crate) const MM_PER_POINT: f64 = 25.4 / 72.0;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One font.
struct Face {
    file: &'static [u8],
    /// The glyph of each code point of the basic plane, 0 for none. The font has nothing beyond.
    glyphs: Vec<u16>,
    /// The width of each glyph.
    advances: Vec<u16>,
    /// In how many units widths are measured for each unit of the font's size.
    units: f64,
}

/// The fonts of a document that uses these characters.
pub(crate) fn family(
    regular: &BTreeSet<char>,
    bold: &BTreeSet<char>,
) -> Result<FontFamily<FontData>, ReportError> {
    // No text is italic, but a document has to have these fonts. Of built-in ones it holds only the names; an embedded
    // one costs 10 ms, since the library looks up every code point there is.
    let unused = |font| Face::of(Weight::Regular)?.part(&BTreeSet::new(), Some(font));
    Ok(FontFamily {
        regular: Face::of(Weight::Regular)?.part(regular, None)?,
        bold: Face::of(Weight::Bold)?.part(bold, None)?,
        italic: unused(BuiltinFont::HelveticaOblique)?,
        bold_italic: unused(BuiltinFont::HelveticaBoldOblique)?,
    })
}

/// The width of a text; 0 if the font cannot be read.
pub(crate) fn width_mm(text: &str, points: f64, weight: Weight) -> f64 {
    Face::of(weight).map_or(0.0, |face| {
        let units: f64 = text.chars().map(|c| face.advance(c)).sum();
        units / face.units * points * MM_PER_POINT
    })
}

/// Whether the font can show the character.
pub(crate) fn has_glyph(c: char) -> bool {
    Face::of(Weight::Regular).is_ok_and(|face| face.glyph(c) != 0)
}

impl Face {
    /// The font of a weight, read once per process.
    fn of(weight: Weight) -> Result<&'static Self, ReportError> {
        static REGULAR: OnceLock<Option<Face>> = OnceLock::new();
        static BOLD: OnceLock<Option<Face>> = OnceLock::new();
        let face = match weight {
            Weight::Regular => REGULAR.get_or_init(|| Self::read(notosans::REGULAR_TTF)),
            Weight::Bold => BOLD.get_or_init(|| Self::read(notosans::BOLD_TTF)),
        };
        face.as_ref().ok_or_else(|| ReportError::Font("not a usable font file".to_owned()))
    }

    fn read(file: &'static [u8]) -> Option<Self> {
        let font = FontData::new(file.to_vec(), None).ok()?;
        let cache = FontCache::new(FontFamily {
            regular: font.clone(),
            bold: font.clone(),
            italic: font.clone(),
            bold_italic: font,
        });
        let font = cache.default_font_family().regular;
        let chars = (0..0x1_0000).map(|code| char::from_u32(code).unwrap_or('\u{ffff}'));
        let glyphs = font.glyph_ids(&cache, chars);
        let (advances, units) = subset::advances(file)?;
        Some(Self { file, glyphs, advances, units: f64::from(units.max(1)) })
    }

    fn glyph(&self, c: char) -> u16 {
        let place = usize::try_from(u32::from(c)).unwrap_or(usize::MAX);
        self.glyphs.get(place).copied().unwrap_or(0)
    }

    fn advance(&self, c: char) -> f64 {
        f64::from(self.advances.get(usize::from(self.glyph(c))).copied().unwrap_or(0))
    }

    /// The font with these characters only, or another in its place.
    fn part(&self, chars: &BTreeSet<char>, instead: Option<BuiltinFont>) -> Result<FontData, ReportError> {
        let file = subset::subset(self.file, chars, |c| self.glyph(c));
        Ok(FontData::new(file.unwrap_or_else(|| self.file.to_vec()), instead)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up() {
        let width = |text| width_mm(text, 10.0, Weight::Regular);
        assert!((width("abc") - width("a") - width("bc")).abs() < 1e-9);
        assert!(width("W") > width("i"));
        assert!(width_mm("abc", 10.0, Weight::Bold) > width("abc"));
    }

    #[test]
    fn knows_what_the_font_lacks() {
        assert!(has_glyph('A') && has_glyph('Ж') && has_glyph('ω'));
        assert!(!has_glyph('日') && !has_glyph('😀') && !has_glyph('\u{ffff}'));
    }
}
