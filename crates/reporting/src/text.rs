//! Text of strangers made printable: no control characters, nothing the font lacks, nothing wider than its place.

use crate::fonts::{Weight, has_glyph, width_mm};

/// Stands for what the font cannot show.
const MARK: char = '?';
const ELLIPSIS: &str = "…";

/// The text without control characters; what the font lacks becomes a visible mark.
pub(crate) fn printable(text: &str) -> String {
    let mark = if has_glyph('□') { '□' } else { MARK };
    let kept = text.chars().filter(|&c| !c.is_control() && !is_invisible(c));
    let shown = |c: char| match c {
        _ if c.is_whitespace() => ' ',
        _ if has_glyph(c) => c,
        _ => mark,
    };
    kept.map(shown).collect()
}

/// The text if it fits; otherwise its beginning and its end around an ellipsis, since paths differ in both.
pub(crate) fn shorten(text: &str, points: f64, weight: Weight, room_mm: f64) -> String {
    if width_mm(text, points, weight) <= room_mm {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |keep: usize| {
        let head = keep.div_ceil(2);
        let start: String = chars.iter().take(head).collect();
        let end: String = chars.iter().skip(chars.len() - (keep - head)).collect();
        format!("{start}{ELLIPSIS}{end}")
    };
    let (mut fits, mut too_many) = (0, chars.len());
    while fits + 1 < too_many {
        let keep = fits.midpoint(too_many);
        if width_mm(&cut(keep), points, weight) <= room_mm {
            fits = keep;
        } else {
            too_many = keep;
        }
    }
    cut(fits)
}

/// The text in lines that fit, broken anywhere, preferably after a `/`.
pub(crate) fn wrap(text: &str, points: f64, weight: Weight, room_mm: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for c in text.chars() {
        line.push(c);
        if line.chars().count() > 1 && width_mm(&line, points, weight) > room_mm {
            line.pop();
            let rest = match line.rfind(['/', ' ', '-']) {
                Some(at) if at > line.len() / 2 => line.split_off(at + 1),
                _ => String::new(),
            };
            lines.push(std::mem::replace(&mut line, rest));
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Characters that steer text: they would be printed as marks or turn it round.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_what_the_font_lacks_by_a_visible_mark() {
        let mark = if has_glyph('□') { '□' } else { MARK };
        assert_eq!(printable("/a/日本/😀"), format!("/a/{mark}{mark}/{mark}"));
    }

    #[test]
    fn keeps_latin_greek_and_cyrillic() {
        assert_eq!(printable("/zażółć/Ωμέγα/Привет"), "/zażółć/Ωμέγα/Привет");
    }

    #[test]
    fn removes_control_characters() {
        assert_eq!(printable("a\0b\n\u{202e}c\u{7f}"), "abc");
    }

    #[test]
    fn shortens_in_the_middle() {
        let text = format!("/start{}end", "x".repeat(200));
        let short = shorten(&text, 8.0, Weight::Regular, 40.0);
        assert!(short.starts_with("/start") && short.ends_with("end") && short.contains(ELLIPSIS));
        assert!(width_mm(&short, 8.0, Weight::Regular) <= 40.0);
    }

    #[test]
    fn wrapping_loses_nothing() {
        let text = "/api/v1/".repeat(25);
        let lines = wrap(&text, 8.0, Weight::Regular, 50.0);
        assert_eq!(lines.concat(), text);
        assert!(lines.len() > 1);
    }
}
