//! Texts as they may be kept.

/// A text that a stranger chose, without control characters, which a database may refuse, and cut to a length.
pub(crate) fn clean(text: &str, max_chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max_chars).collect()
}

/// What something is called in the audit log: its name, which others may have, and its number.
pub(crate) fn numbered(name: &str, id: i64) -> String {
    format!("{name} ({id})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_can_be_seen_up_to_a_length() {
        assert_eq!(clean("a\0ж\n\u{85}b", 10), "aжb");
        assert_eq!(clean(&"ж".repeat(600), 512), "ж".repeat(512));
    }
}
