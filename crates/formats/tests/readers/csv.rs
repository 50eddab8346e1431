//! CSV with a header.

use std::io::{self, Read};

use formats::FormatError;
use formats::csv::{HEADER, MAX_RECORD_BYTES, Reader};

use crate::support::placed;

const ROW: &str = "2025-08-20,GET,/a,,1,200";

/// The verdicts, or why the text is refused as a whole.
fn read(source: impl Read) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(source).map_err(|error| error.to_string())?;
    let mut verdicts = Vec::new();
    while let Some(item) = reader.next_item().map_err(|error| error.to_string())? {
        verdicts.push(placed(item));
    }
    Ok(verdicts)
}

/// A source that gives one byte at a time.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn what_comes_in_place_of_rows() {
    let header = HEADER.join(",");
    let row = |endpoint: &str| format!("2025-08-20 10:00:00,GET,{endpoint},192.0.2.1,12.5,200");
    for (rows, expected) in [
        (String::new(), vec![]),
        ("\n".to_owned(), vec![]),
        (format!("\n{}", row("/a")), vec!["line 2: /a"]),
        (format!("\n{}\n", row("/a")), vec!["line 2: /a"]),
        (format!("\r\n{}\r\n{}\r\n", row("/a"), row("/b")), vec!["line 2: /a", "line 3: /b"]),
        (format!("\n\n\r\n{}\n\n{}\n\n", row("/a"), row("/b")), vec!["line 4: /a", "line 6: /b"]),
        (format!("\r{}\r{}", row("/a"), row("/b")), vec!["line 1: /a", "line 1: /b"]),
        // A line of blanks is a record of one column.
        (format!("\n \n{}", row("/a")), vec!["line 2: ! has 1 columns instead of 6", "line 3: /a"]),
        // Quotes.
        (format!("\n{}", row(r#""/a,b""#)), vec!["line 2: /a,b"]),
        (format!("\n{}", row(r#""/a""b""#)), vec!["line 2: /a\"b"]),
        (format!("\n{}", row(r#"/a"b"#)), vec!["line 2: /a\"b"]),
        (format!("\n{}\n{}", row("\"/a\n/b\""), row("/c")), vec!["line 2: /a/b", "line 4: /c"]),
        (format!("\n{}\n{}", row("\"/a"), row("/b")), vec!["line 2: ! has 3 columns instead of 6"]),
        ("\n\"2025-08-20\",\"GET\",\"/a\",\"\",\"1\",\"200\"".to_owned(), vec!["line 2: /a"]),
        // Columns.
        (format!("\n{ROW},"), vec!["line 2: ! has 7 columns instead of 6"]),
        (format!("\n{}", ",".repeat(1000)), vec!["line 2: ! has 1001 columns instead of 6"]),
        (format!("\n2025-08-20,GET,/a\n{ROW}"), vec!["line 2: ! has 3 columns instead of 6", "line 3: /a"]),
        (format!("\n{}", ROW.replace(',', ";")), vec!["line 2: ! has 1 columns instead of 6"]),
        // Values.
        (
            "\n,,,,,".to_owned(),
            vec![
                "line 2: created_at.format method.format endpoint.length process_time.type status_code.type",
            ],
        ),
        ("\n2025-08-20, GET,/a,,1,200".to_owned(), vec!["line 2: method.format"]),
        ("\n2025-08-20,GET,/a,null,1,200".to_owned(), vec!["line 2: /a"]),
        ("\n2025-08-20,GET,/a,,1,200.0".to_owned(), vec!["line 2: /a"]),
        ("\n2025-08-20,GET,/a,,1e3,2e2".to_owned(), vec!["line 2: /a"]),
        ("\n2025-08-20,GET,/a,,1,200.5".to_owned(), vec!["line 2: status_code.type"]),
        ("\n2025-08-20,GET,/a,,NaN,200".to_owned(), vec!["line 2: process_time.range"]),
        ("\n2025-08-20,GET,/a,,inf,200".to_owned(), vec!["line 2: process_time.range"]),
        ("\n2025-08-20,GET,/a,,1e999,200".to_owned(), vec!["line 2: process_time.range"]),
        ("\n2025-08-20,GET,/a,,\"1,5\",200".to_owned(), vec!["line 2: process_time.type"]),
        ("\n2025-08-20,GET,/a,,1,99999999999999999999999".to_owned(), vec!["line 2: status_code.range"]),
        ("\n2025-08-20,GET,/a\0b,,1,200".to_owned(), vec!["line 2: /ab"]),
        (
            format!("\n{header}"),
            vec!["line 2: created_at.format method.format ip.format process_time.type status_code.type"],
        ),
    ] {
        let text = format!("{header}{rows}");
        let expected = Ok(expected.into_iter().map(str::to_owned).collect());
        assert_eq!(read(text.as_bytes()), expected, "{rows:?}");
        assert_eq!(read(Drops(text.as_bytes())), expected, "in single bytes: {rows:?}");
    }
}

#[test]
fn what_comes_in_place_of_a_header() {
    let sound = HEADER.join(",");
    for header in [
        sound.clone(),
        format!("\u{feff}{sound}"),
        format!("\n\r\n{sound}"),
        sound.replace(',', " , "),
        format!("\"{}\"", HEADER.join("\",\"")),
        format!("{sound}\n"),
    ] {
        let text = format!("{header}\n{ROW}");
        for verdicts in [read(text.as_bytes()), read(Drops(text.as_bytes()))] {
            assert!(
                verdicts.as_ref().is_ok_and(|all| all.len() == 1 && all[0].ends_with(": /a")),
                "{header:?}: {verdicts:?}"
            );
        }
    }
    let refusal = Err(format!("the header must be {sound}"));
    for header in [
        "",
        "\n",
        "\u{feff}",
        ROW,
        "created_at",
        "a,b\n1,2",
        &sound.to_uppercase(),
        &sound.replace(',', ";"),
        &sound.replace(",ip", ""),
        &format!("{sound},route"),
        &format!("\u{feff}\u{feff}{sound}"),
        &format!("{}\n{sound}", "x".repeat(2 * MAX_RECORD_BYTES)),
    ] {
        assert_eq!(read(header.as_bytes()), refusal, "{}", header.get(..200).unwrap_or(header));
        assert_eq!(read(Drops(header.as_bytes())), refusal);
    }
    assert_eq!(read(&b"\xff\xfec\0r\0e\0"[..]), refusal, "UTF-16");
}

#[test]
fn a_row_that_is_no_utf8_is_refused_alone() {
    let header = HEADER.join(",");
    let whole = [header.as_bytes(), b"\n2025-08-20,GET,/\xff,,1,200\n", ROW.as_bytes()].concat();
    // Both halves of one character, in two fields.
    let halves = [header.as_bytes(), b"\n2025-08-20,GET,/\xd0,\xb6,1,200\n", ROW.as_bytes()].concat();
    for text in [whole, halves] {
        let expected = ["line 2: ! is not valid UTF-8", "line 3: /a"].map(str::to_owned);
        assert_eq!(read(text.as_slice()), Ok(expected.to_vec()));
    }
}

#[test]
fn rows_of_any_length_are_told_from_those_that_are_too_long() {
    let header = HEADER.join(",");
    let others = ROW.len() - "/a".len() - 5;
    for (endpoint, expected) in [
        (MAX_RECORD_BYTES - others, "endpoint.length"),
        (MAX_RECORD_BYTES - others + 1, "! is longer than 65536 bytes"),
        (MAX_RECORD_BYTES - others + 2, "! is longer than 65536 bytes"),
        (2 * MAX_RECORD_BYTES, "! is longer than 65536 bytes"),
        (20 * MAX_RECORD_BYTES, "! is longer than 65536 bytes"),
    ] {
        let long = ROW.replace("/a", &"x".repeat(endpoint));
        let text = format!("{header}\n{long}\n{ROW}\n{long}");
        let expected = [&format!("line 2: {expected}"), "line 3: /a", &format!("line 4: {expected}")];
        assert_eq!(read(text.as_bytes()).unwrap(), expected, "{endpoint}");
        assert_eq!(read(Drops(text.as_bytes())).unwrap(), expected, "{endpoint}");
    }
}

#[test]
fn a_quote_that_is_never_closed_takes_no_memory_without_bound() {
    let text = HEADER.join(",");
    let source = text.as_bytes().chain(&b"\n\""[..]).chain(io::repeat(b'x').take(64 << 20));
    assert_eq!(read(source).unwrap(), ["line 2: ! is longer than 65536 bytes"]);
}

#[test]
fn a_source_that_breaks_off_is_no_end() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    assert_eq!(read(Broken), Err("cannot be read: unplugged".to_owned()));
    let text = format!("{}\n{ROW}\n{ROW}\n", HEADER.join(","));
    let mut reader = Reader::new(text.as_bytes().chain(Broken)).unwrap();
    for line in ["line 2: /a", "line 3: /a"] {
        assert_eq!(placed(reader.next_item().unwrap().unwrap()), line);
    }
    assert!(matches!(reader.next_item(), Err(FormatError::Unreadable(_))));
}

#[test]
fn says_how_much_of_the_source_it_has_dealt_with() {
    let text = format!("\u{feff}{}\n{ROW}\r\n\n{ROW}", HEADER.join(","));
    let mut reader = Reader::new(text.as_bytes()).unwrap();
    while reader.next_item().unwrap().is_some() {}
    assert_eq!(reader.consumed_bytes(), text.len() as u64);
}
