//! NDJSON, also called JSON lines: one event in its JSON wire form a line.

use crate::{Item, Place, json};

/// The events of a text, one a line. Lines end with LF or CRLF; blank ones are counted, but are no items.
#[must_use]
pub fn lines(bytes: &[u8]) -> Lines<'_> {
    Lines { rest: Some(bytes), number: 0 }
}

/// The items of a text; see [`lines`].
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// What follows the last line feed; nothing after the last line.
    rest: Option<&'a [u8]>,
    number: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let rest = self.rest?;
            let (line, rest) = match memchr::memchr(b'\n', rest).and_then(|end| rest.split_at_checked(end)) {
                Some((line, rest)) => (line, rest.get(1..)),
                None => (rest, None),
            };
            self.rest = rest;
            self.number += 1;
            let line = line.trim_ascii();
            if !line.is_empty() {
                return Some(Item { place: Place::Line(self.number), draft: json::draft(line) });
            }
        }
    }
}
