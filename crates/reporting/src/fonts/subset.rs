//! A TrueType font cut down to the glyphs that a document uses: whole fonts would outweigh all the rest of the file.
//!
//! Not a general tool: it knows the layout of unhinted fonts such as ours, and answers `None` for anything else.

use std::collections::{BTreeMap, BTreeSet};

/// Flags of a part of a composite glyph.
const WORDS: u16 = 0x01;
const SCALE: u16 = 0x08;
const MORE: u16 = 0x20;
const TWO_SCALES: u16 = 0x40;
const MATRIX: u16 = 0x80;

/// The width of each glyph in units of the font, and how many units its size has.
pub(crate) fn advances(font: &[u8]) -> Option<(Vec<u16>, u16)> {
    let units = u16_at(table(font, *b"head")?, 18)?;
    let count = usize::from(u16_at(table(font, *b"hhea")?, 34)?);
    let (metrics, _) = table(font, *b"hmtx")?.as_chunks::<4>();
    let advances = metrics.iter().take(count).map(|[high, low, ..]| u16::from_be_bytes([*high, *low]));
    Some((advances.collect(), units))
}

/// The font with these characters only; `glyph` finds the glyph of a character.
pub(crate) fn subset(font: &[u8], chars: &BTreeSet<char>, glyph: impl Fn(char) -> u16) -> Option<Vec<u8>> {
    let codes: Vec<u16> = chars
        .iter()
        .filter(|c| glyph(**c) != 0)
        .filter_map(|c| u16::try_from(u32::from(*c)).ok())
        .filter(|code| *code != u16::MAX)
        .collect();
    // Glyph 0 is what readers show for the unknown; the others follow in the order of their characters.
    let mut order = vec![0];
    order.extend(codes.iter().filter_map(|code| char::from_u32(u32::from(*code))).map(glyph));
    let (glyf, loca) = outlines(font, &mut order)?;

    let count = u16::try_from(order.len()).ok()?.to_be_bytes();
    let (metrics, _) = table(font, *b"hmtx")?.as_chunks::<4>();
    let mut hmtx = Vec::with_capacity(order.len() * 4);
    for glyph in &order {
        hmtx.extend_from_slice(metrics.get(usize::from(*glyph))?);
    }
    let mut head = table(font, *b"head")?.to_vec();
    put(&mut head, 8, &[0; 4])?;
    put(&mut head, 50, &[0, 1])?;
    let mut hhea = table(font, *b"hhea")?.to_vec();
    put(&mut hhea, 34, &count)?;
    let mut maxp = table(font, *b"maxp")?.to_vec();
    put(&mut maxp, 4, &count)?;
    file(&[
        (*b"cmap", character_map(&codes)?),
        (*b"glyf", glyf),
        (*b"head", head),
        (*b"hhea", hhea),
        (*b"hmtx", hmtx),
        (*b"loca", loca),
        (*b"maxp", maxp),
    ])
}

/// The outlines of the glyphs and where each begins. Parts of composite glyphs are added to the order.
fn outlines(font: &[u8], order: &mut Vec<u16>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (source, places) = (table(font, *b"glyf")?, table(font, *b"loca")?);
    if u16_at(table(font, *b"head")?, 50)? != 1 {
        return None;
    }
    let mut known: BTreeMap<u16, u16> = BTreeMap::new();
    for (new, old) in (0_u16..).zip(order.iter()) {
        known.entry(*old).or_insert(new);
    }
    let (mut glyf, mut loca) = (Vec::new(), Vec::new());
    let mut next = 0;
    while let Some(glyph) = order.get(next).copied() {
        loca.extend_from_slice(&u32::try_from(glyf.len()).ok()?.to_be_bytes());
        let at = usize::from(glyph) * 4;
        let (from, to) = (usize_at(places, at)?, usize_at(places, at + 4)?);
        let mut outline = source.get(from..to)?.to_vec();
        if outline.first().is_some_and(|byte| *byte >= 0x80) {
            renumber_parts(&mut outline, order, &mut known)?;
        }
        glyf.append(&mut outline);
        glyf.resize(glyf.len().next_multiple_of(4), 0);
        next += 1;
    }
    loca.extend_from_slice(&u32::try_from(glyf.len()).ok()?.to_be_bytes());
    Some((glyf, loca))
}

/// Gives the parts of a composite glyph their new numbers.
fn renumber_parts(outline: &mut [u8], order: &mut Vec<u16>, known: &mut BTreeMap<u16, u16>) -> Option<()> {
    let mut at = 10;
    loop {
        let (flags, old) = (u16_at(outline, at)?, u16_at(outline, at + 2)?);
        let new = match known.get(&old) {
            Some(new) => *new,
            None => {
                let new = u16::try_from(order.len()).ok()?;
                order.push(old);
                known.insert(old, new);
                new
            }
        };
        put(outline, at + 2, &new.to_be_bytes())?;
        if flags & MORE == 0 {
            return Some(());
        }
        at += if flags & WORDS == 0 { 6 } else { 8 };
        at += match flags & (SCALE | TWO_SCALES | MATRIX) {
            0 => 0,
            SCALE => 2,
            TWO_SCALES => 4,
            _ => 8,
        };
    }
}

/// A character map of format 4: the first character has glyph 1, and so on.
fn character_map(codes: &[u16]) -> Option<Vec<u8>> {
    // First and last character, and what turns a character into its glyph.
    let mut runs: Vec<(u16, u16, u16)> = Vec::new();
    for (glyph, code) in (1_u16..).zip(codes) {
        match runs.last_mut() {
            Some((_, last, _)) if last.checked_add(1) == Some(*code) => *last = *code,
            _ => runs.push((*code, *code, glyph.wrapping_sub(*code))),
        }
    }
    runs.push((u16::MAX, u16::MAX, 1));
    let count = u16::try_from(runs.len()).ok()?;
    let power = count.ilog2();
    let search = 2_u16.checked_pow(power + 1)?;
    let length = count.checked_mul(8)?.checked_add(16)?;

    let mut map = Vec::new();
    let mut words = |list: &[u16]| map.extend(list.iter().flat_map(|word| word.to_be_bytes()));
    words(&[0, 1, 3, 1, 0, 12]);
    words(&[4, length, 0, count * 2, search, u16::try_from(power).ok()?, count * 2 - search]);
    words(&runs.iter().map(|run| run.1).collect::<Vec<_>>());
    words(&[0]);
    words(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
    words(&runs.iter().map(|run| run.2).collect::<Vec<_>>());
    words(&vec![0; runs.len()]);
    Some(map)
}

/// A font file of these tables, which must be sorted by name.
fn file(tables: &[([u8; 4], Vec<u8>)]) -> Option<Vec<u8>> {
    let count = u16::try_from(tables.len()).ok()?;
    let power = count.checked_ilog2()?;
    let search = 16_u16.checked_shl(power)?;
    let mut font = vec![0, 1, 0, 0];
    for word in [count, search, u16::try_from(power).ok()?, count.checked_mul(16)?.checked_sub(search)?] {
        font.extend_from_slice(&word.to_be_bytes());
    }
    let mut place = font.len() + tables.len() * 16;
    for (name, table) in tables {
        font.extend_from_slice(name);
        for word in [checksum(table), u32::try_from(place).ok()?, u32::try_from(table.len()).ok()?] {
            font.extend_from_slice(&word.to_be_bytes());
        }
        place += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        font.extend_from_slice(table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    Some(font)
}

fn checksum(table: &[u8]) -> u32 {
    let (words, rest) = table.as_chunks::<4>();
    let mut last = [0; 4];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    words.iter().chain([&last]).fold(0, |sum, word| sum.wrapping_add(u32::from_be_bytes(*word)))
}

fn table(font: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    let count = usize::from(u16_at(font, 4)?);
    let (entries, _) = font.get(12..)?.as_chunks::<16>();
    let entry = entries.iter().take(count).find(|entry| entry.starts_with(&name))?;
    let (from, length) = (usize_at(entry, 8)?, usize_at(entry, 12)?);
    font.get(from..from.checked_add(length)?)
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

fn usize_at(data: &[u8], at: usize) -> Option<usize> {
    let bytes = data.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*bytes)).ok()
}

fn put(data: &mut [u8], at: usize, bytes: &[u8]) -> Option<()> {
    data.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
    Some(())
}

#[cfg(test)]
mod tests {
    use genpdf::fonts::{FontCache, FontData, FontFamily};

    use super::*;

    const TEXT: &str = " /09AZaz·–…éÅñżЙёΐ";

    fn cache(file: Vec<u8>) -> FontCache {
        let font = FontData::new(file, None).unwrap();
        let (bold, italic, bold_italic) = (font.clone(), font.clone(), font.clone());
        FontCache::new(FontFamily { regular: font, bold, italic, bold_italic })
    }

    fn cut(file: &[u8]) -> Vec<u8> {
        let whole = cache(file.to_vec());
        let font = whole.default_font_family().regular;
        subset(file, &TEXT.chars().collect(), |c| font.glyph_ids(&whole, [c])[0]).unwrap()
    }

    #[test]
    fn kept_characters_look_as_before() {
        for file in [notosans::REGULAR_TTF, notosans::BOLD_TTF] {
            let (whole, part) = (cache(file.to_vec()), cache(cut(file)));
            for c in TEXT.chars() {
                let look = |cache: &FontCache| {
                    let font = cache.get_rt_font(cache.default_font_family().regular);
                    let data = font.glyph(c).standalone().get_data().unwrap();
                    format!("{:?} {:?} {:?}", data.extents, data.unit_h_metrics, data.shape)
                };
                assert_eq!(look(&whole), look(&part), "{c}");
            }
        }
    }

    #[test]
    fn other_characters_are_gone() {
        let part = cache(cut(notosans::REGULAR_TTF));
        let font = part.default_font_family().regular;
        assert_eq!(font.glyph_ids(&part, "Bb@\u{ffff}\u{1f600}".chars()), [0; 5]);
    }

    #[test]
    fn is_a_fraction_of_the_font() {
        assert!(cut(notosans::REGULAR_TTF).len() < notosans::REGULAR_TTF.len() / 20);
    }

    #[test]
    fn a_broken_font_is_refused() {
        assert!(subset(b"", &BTreeSet::new(), |_| 0).is_none());
        for length in [0, 11, 12, 200, 5_000] {
            assert!(subset(&notosans::REGULAR_TTF[..length], &TEXT.chars().collect(), |_| 7).is_none());
        }
    }
}
