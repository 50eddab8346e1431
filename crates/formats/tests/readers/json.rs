//! One JSON event, and arrays of them.

use domain::RequestEvent;
use formats::{Format, FormatError, Item, Place, json};

use crate::support::{event, placed, verdict};

fn single(text: impl AsRef<[u8]>) -> String {
    verdict(Item { place: Place::Element(0), draft: json::draft(text.as_ref()) })
}

fn array(text: impl AsRef<[u8]>) -> (Vec<String>, String) {
    let mut verdicts = Vec::new();
    let read = json::array(text.as_ref(), |item| {
        verdicts.push(placed(item));
        Ok::<_, FormatError>(())
    });
    (verdicts, read.map_or_else(|error| error.to_string(), |()| "read".to_owned()))
}

/// The good event with one more member, or with one in place of its own.
fn with(member: &str) -> String {
    event("/a").replacen('{', &format!("{{{member},"), 1)
}

#[test]
fn what_comes_in_place_of_one_event() {
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    for (text, expected) in [
        (event("/a"), "/a"),
        (format!(" \r\n\t{} \n", event("/a")), "/a"),
        (String::new(), "! is not valid JSON: EOF while parsing a value at line 1 column 0"),
        ("null".to_owned(), "! must be a JSON object"),
        (format!("[{}]", event("/a")), "! must be a JSON object"),
        ("\"text\"".to_owned(), "! must be a JSON object"),
        (format!("\u{feff}{}", event("/a")), "! is not valid JSON: expected value at line 1 column 1"),
        (
            format!("{} {}", event("/a"), event("/b")),
            "! is not valid JSON: trailing characters at line 1 column 107",
        ),
        (event("/a").replace('"', "'"), "! is not valid JSON: key must be a string at line 1 column 2"),
        (
            "{}".to_owned(),
            "created_at.missing method.missing endpoint.missing process_time.missing status_code.missing",
        ),
        // Names.
        (with(r#""colour":"red""#), "colour.unknown"),
        (with(r#""Method":"GET""#), "Method.unknown"),
        (with(r#""":1"#), ".unknown"),
        (with(r#""method":"GET""#), "method.duplicate"),
        (with(r#""m\u0065thod":"GET""#), "method.duplicate"),
        (with(r#""ip":null,"ip":"192.0.2.1""#), "ip.duplicate"),
        // Numbers.
        (with(r#""request_bytes":9223372036854775807"#), "/a"),
        (with(r#""request_bytes":9223372036854775808"#), "request_bytes.range"),
        (with(r#""request_bytes":123456789012345678901234567890"#), "request_bytes.range"),
        (with(r#""request_bytes":1e999"#), "! is not valid JSON: number out of range at line 1 column 22"),
        (with(r#""request_bytes":512.0"#), "/a"),
        (with(r#""request_bytes":512.5"#), "request_bytes.type"),
        (with(r#""request_bytes":"512""#), "request_bytes.type"),
        (with(r#""request_bytes":NaN"#), "! is not valid JSON: expected value at line 1 column 18"),
        (with(r#""request_bytes":true"#), "request_bytes.type"),
        // Texts.
        (with(r#""route":"\ud83d\ude00""#), "/a"),
        (
            with(r#""route":"\ud83d""#),
            "! is not valid JSON: unexpected end of hex escape at line 1 column 17",
        ),
        (with(r#""route":"\u0000""#), "/a"),
        (
            with("\"route\":\"\0\""),
            "! is not valid JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 11",
        ),
        (with(r#""ip":"localhost""#), "ip.format"),
        // Depth, in a known field and in an unknown one.
        (with(&format!(r#""route":{deep}"#)), "route.type"),
        (with(&format!(r#""colour":{deep}"#)), "colour.unknown"),
        (with(r#""route":{"a":{"b":1}}"#), "route.type"),
    ] {
        assert_eq!(single(&text), expected, "{}", text.get(..200).unwrap_or(&text));
    }
}

#[test]
fn bytes_that_are_no_utf8_are_no_event() {
    let text = event("/a").replace("/a", "/a?").into_bytes();
    let text: Vec<_> = text.into_iter().map(|byte| if byte == b'?' { 0xff } else { byte }).collect();
    assert!(
        single(&text).starts_with("! is not valid JSON: invalid unicode code point"),
        "{}",
        single(&text)
    );
}

#[test]
fn an_event_that_is_cut_short_anywhere_is_none() {
    let text = event("/ж");
    for end in 0..text.len() {
        assert!(single(&text.as_bytes()[..end]).starts_with("! is not valid JSON"), "{end}");
    }
}

#[test]
fn few_of_many_wrong_names_are_named_and_long_ones_are_cut() {
    let members: Vec<_> = (0..1000).map(|number| format!(r#""{number}{}":0"#, "x".repeat(1000))).collect();
    let draft = json::draft(&format!("{{{}}}", members.join(",")).into_bytes()).map(RequestEvent::try_from);
    let error = draft.unwrap().unwrap_err();
    assert_eq!(error.errors().len(), 10 + 5);
    assert!(error.errors()[..10].iter().all(|error| error.field.len() == 60));
}

#[test]
fn each_element_has_its_own_verdict() {
    let text = format!(
        r#"[{}, 1, null, [], {{}} , "x", {{"route": 1e999}}, {{"route": "\ud800"}},{}]"#,
        event("/a"),
        event("/b")
    );
    let missing =
        "created_at.missing method.missing endpoint.missing process_time.missing status_code.missing";
    let (verdicts, read) = array(text);
    let expected = [
        "element 0: /a",
        "element 1: ! must be a JSON object",
        "element 2: ! must be a JSON object",
        "element 3: ! must be a JSON object",
        &format!("element 4: {missing}"),
        "element 5: ! must be a JSON object",
        "element 6: ! is not valid JSON: number out of range at line 1 column 15",
        "element 7: ! is not valid JSON: unexpected end of hex escape at line 1 column 18",
        "element 8: /b",
    ];
    assert_eq!((verdicts, read.as_str()), (expected.map(str::to_owned).to_vec(), "read"));
}

#[test]
fn what_comes_in_place_of_an_array() {
    let deep = "[".repeat(100_000);
    let ok = event("/a");
    for (text, items, expected) in [
        ("[]".to_owned(), 0, "read"),
        (" [ ]\r\n".to_owned(), 0, "read"),
        (String::new(), 0, "is not valid JSON: EOF while parsing a value at line 1 column 0"),
        (ok.clone(), 0, "must be a JSON array of events"),
        ("null".to_owned(), 0, "must be a JSON array of events"),
        ("17".to_owned(), 0, "must be a JSON array of events"),
        ("\u{feff}[]".to_owned(), 0, "is not valid JSON: expected value at line 1 column 1"),
        (format!("[{ok}"), 1, "is not valid JSON: EOF while parsing a list at line 1 column 106"),
        (format!("[{ok},]"), 1, "is not valid JSON: trailing comma at line 1 column 108"),
        (format!("[{ok}] x"), 1, "is not valid JSON: trailing characters at line 1 column 109"),
        (format!("[{ok} {ok}]"), 1, "is not valid JSON: expected `,` or `]` at line 1 column 108"),
        (
            "[{\"a\":\"\0\"}]".to_owned(),
            0,
            "is not valid JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 7",
        ),
        (deep, 0, "is not valid JSON: EOF while parsing a list at line 1 column 100000"),
    ] {
        let (verdicts, read) = array(&text);
        assert_eq!(
            (verdicts.len(), read.as_str()),
            (items, expected),
            "{}",
            text.get(..200).unwrap_or(&text)
        );
    }
    assert!(array(b"[\"\xff\"]").1.starts_with("is not valid JSON: invalid unicode code point"));
}

#[test]
fn reading_ends_when_it_is_told_to() {
    let (mut seen, enough) = (0, "not even JSON from here");
    let text = format!("[{},{},{enough}", event("/a"), event("/b"));
    let read = json::array(text.as_bytes(), |_| {
        seen += 1;
        if seen == 2 { Err(FormatError::TooLong(7)) } else { Ok(()) }
    });
    assert!(matches!(read, Err(FormatError::TooLong(7))));
    assert_eq!(seen, 2);
}

#[test]
fn the_first_byte_tells_lines_from_arrays() {
    for (text, expected) in [
        ("{", Format::Ndjson),
        (" \r\n\t{", Format::Ndjson),
        ("[{", Format::JsonArray),
        ("", Format::JsonArray),
        (" ", Format::JsonArray),
        ("\u{feff}{", Format::JsonArray),
    ] {
        assert_eq!(Format::guess(text.as_bytes()), expected, "{text:?}");
    }
}
