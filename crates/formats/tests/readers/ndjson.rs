//! One event a line.

use formats::ndjson;

use crate::support::{event, placed};

fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    ndjson::lines(text.as_ref()).map(placed).collect()
}

#[test]
fn what_comes_in_place_of_lines() {
    let (a, b) = (event("/a"), event("/b"));
    let (ok_a, ok_b) = ("line 1: /a", "line 2: /b");
    for (text, expected) in [
        (String::new(), vec![]),
        ("\n\n \r\n\t".to_owned(), vec![]),
        (format!("{a}\n{b}"), vec![ok_a, ok_b]),
        (format!("{a}\n{b}\n"), vec![ok_a, ok_b]),
        (format!("{a}\r\n{b}\r\n"), vec![ok_a, ok_b]),
        (format!("\n{a}\n \t\n\r\n{b}\n\n"), vec!["line 2: /a", "line 5: /b"]),
        // CR alone ends no line, but is a blank of JSON.
        (format!("{a}\r{b}"), vec!["line 1: ! is not valid JSON: trailing characters at line 1 column 107"]),
        (
            format!("\u{feff}{a}\n{b}"),
            vec!["line 1: ! is not valid JSON: expected value at line 1 column 1", ok_b],
        ),
        (
            format!("{a}{a}\n{b}"),
            vec!["line 1: ! is not valid JSON: trailing characters at line 1 column 106", ok_b],
        ),
        (
            format!("{}\n{b}", &a[..20]),
            vec!["line 1: ! is not valid JSON: EOF while parsing a string at line 1 column 20", ok_b],
        ),
        (format!("[{a}]\n{b}"), vec!["line 1: ! must be a JSON object", ok_b]),
        (
            format!("[\n{b},\n]"),
            vec![
                "line 1: ! must be a JSON object",
                "line 2: ! is not valid JSON: trailing characters at line 1 column 106",
                "line 3: ! is not valid JSON: expected value at line 1 column 1",
            ],
        ),
        (format!("\0\n{b}"), vec!["line 1: ! is not valid JSON: expected value at line 1 column 1", ok_b]),
        // A form feed is a blank for lines, not for JSON.
        (format!("{a}\x0c\n\x0c\n"), vec![ok_a]),
        (format!("{}\n{b}", "[".repeat(100_000)), vec!["line 1: ! must be a JSON object", ok_b]),
    ] {
        let verdicts = read(&text);
        assert_eq!(verdicts, expected, "{}", text.get(..200).unwrap_or(&text));
    }
}

#[test]
fn a_line_that_is_no_utf8_is_refused_alone() {
    let verdicts = read([b"{\"route\":\"\xc3\x28\"}\n", event("/b").as_bytes()].concat());
    assert!(
        verdicts[0].starts_with("line 1: ! is not valid JSON: invalid unicode code point"),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[1], "line 2: /b");
}
