//! Noto Sans for both worlds, charts and documents, and what it can show.

use std::sync::OnceLock;

use genpdf::fonts::{FontCache, FontData, FontFamily};
use plotters::style::{FontStyle, IntoFont, register_font};

use crate::ReportError;

/// The name under which charts find the font.
pub(crate) const FAMILY: &str = "report";
/// The font's line height in units of its size: what the chart library calls the size is the line height.
pub(crate) const LINE_HEIGHT: f64 = 1.362;
const MM_PER_POINT: f64 = 25.4 / 72.0;

/// How heavy letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    /// The chart library's name of it.
    pub(crate) const fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Bold => FontStyle::Bold,
        }
    }
}

/// Makes the font known to the chart library, once per process.
pub(crate) fn register() -> Result<(), ReportError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = *REGISTERED.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, notosans::REGULAR_TTF).is_ok()
            && register_font(FAMILY, FontStyle::Bold, notosans::BOLD_TTF).is_ok()
    });
    if registered { Ok(()) } else { Err(ReportError::Font("not a usable font file".to_owned())) }
}

/// The fonts of a document.
pub(crate) fn family() -> Result<FontFamily<FontData>, ReportError> {
    let font = |bytes: &[u8]| FontData::new(bytes.to_vec(), None);
    Ok(FontFamily {
        regular: font(notosans::REGULAR_TTF)?,
        bold: font(notosans::BOLD_TTF)?,
        italic: font(notosans::ITALIC_TTF)?,
        bold_italic: font(notosans::BOLD_ITALIC_TTF)?,
    })
}

/// The width of a text; 0 if the font is not registered.
pub(crate) fn width_mm(text: &str, points: f64, weight: Weight) -> f64 {
    const UNITS: f64 = 1_000.0;
    if register().is_err() {
        return 0.0;
    }
    let font = (FAMILY, UNITS * LINE_HEIGHT, weight.style()).into_font();
    let width = font.layout_box(text).map_or(0, |(_, (width, _))| width);
    f64::from(width) / UNITS * points * MM_PER_POINT
}

/// Whether the font can show the character.
pub(crate) fn has_glyph(c: char) -> bool {
    static PLANE: OnceLock<Vec<bool>> = OnceLock::new();
    let plane = PLANE.get_or_init(|| basic_plane().unwrap_or_default());
    usize::try_from(u32::from(c)).is_ok_and(|place| plane.get(place).copied().unwrap_or(false))
}

/// For each code point of the basic plane, whether the font has it. The font has nothing beyond.
fn basic_plane() -> Result<Vec<bool>, ReportError> {
    let regular = FontData::new(notosans::REGULAR_TTF.to_vec(), None)?;
    let cache = FontCache::new(FontFamily {
        regular: regular.clone(),
        bold: regular.clone(),
        italic: regular.clone(),
        bold_italic: regular,
    });
    let font = cache.default_font_family().regular;
    let chars = (0..0x1_0000).map(|code| char::from_u32(code).unwrap_or('\u{ffff}'));
    let glyphs = font.glyph_ids(&cache, chars);
    Ok(glyphs.into_iter().map(|glyph| glyph != 0).collect())
}
