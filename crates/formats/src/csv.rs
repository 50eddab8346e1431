//! CSV (RFC 4180) with a header: the six fields that every event may have, in their order.
//!
//! Fields may be quoted; records end with LF, CRLF or CR; a byte order mark and blank lines are passed over. An empty
//! field is an empty text, so an empty `ip` means none.

use std::io::{self, Read};

use csv_core::ReadRecordResult;
use domain::{EventDraft, Scalar};

use crate::{FormatError, Item, Place};

/// The columns of a text, in this order.
pub const HEADER: [&str; 6] = ["created_at", "method", "endpoint", "ip", "process_time", "status_code"];
/// The longest record, in bytes without its quotes and commas. Longer ones are refused, and not kept in memory.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

const INPUT_BYTES: usize = 64 * 1024;
/// A byte order mark and what follows it. The parser takes off only a whole one, and takes nothing behind it for the end.
const BEGINNING_BYTES: usize = 4;

/// Reads events from a source, one record after the other. Holds [`MAX_RECORD_BYTES`] and as much of the source in
/// memory, however long that is.
pub struct Reader<R> {
    input: Input<R>,
    parser: csv_core::Reader,
    record: Record,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// It is another one, or the source cannot be read.
    pub fn new(source: R) -> Result<Self, FormatError> {
        let mut reader =
            Self { input: Input::of(source), parser: csv_core::Reader::new(), record: Record::default() };
        // What has as many columns may still have other names.
        let is_header = reader.next_record()?.is_some()
            && reader.record.texts().is_ok_and(|names| names.map(str::trim_ascii) == HEADER);
        if is_header { Ok(reader) } else { Err(FormatError::Header(&HEADER)) }
    }

    /// The next item; nothing at the end.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, FormatError> {
        let line = self.next_record()?;
        Ok(line.map(|line| Item { place: Place::Line(line), draft: self.record.texts().map(draft) }))
    }

    /// How many bytes of the source have been dealt with.
    pub const fn consumed_bytes(&self) -> u64 {
        self.input.consumed_bytes
    }

    /// Takes the next record into memory, and gives the line it begins on.
    fn next_record(&mut self) -> Result<Option<u64>, FormatError> {
        self.record.clear();
        let mut line = None;
        loop {
            let is_beginning = self.input.consumed_bytes == 0;
            let input = self.input.rest().map_err(FormatError::Unreadable)?;
            // The parser would count blank lines, and the end of a CRLF, to the record after them. The beginning is
            // left to it: a byte order mark is one only there.
            if line.is_none() && !is_beginning {
                let blanks = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                if blanks > 0 {
                    let feeds = input.iter().take(blanks).filter(|byte| **byte == b'\n').count();
                    self.parser.set_line(self.parser.line() + feeds as u64);
                    self.input.consume(blanks);
                    continue;
                }
            }
            let line = *line.get_or_insert(self.parser.line());
            let (result, read) = self.record.extend(&mut self.parser, input);
            self.input.consume(read);
            match result {
                ReadRecordResult::Record => return Ok(Some(line)),
                ReadRecordResult::End => return Ok(None),
                // More input or an emptied buffer comes with the next turn.
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => {}
            }
        }
    }
}

fn draft(texts: [&str; HEADER.len()]) -> EventDraft<'_> {
    let [created_at, method, endpoint, ip, process_time, status_code] = texts;
    let mut draft = EventDraft::default();
    draft.created_at = Scalar::borrowed(created_at);
    draft.method = Scalar::borrowed(method);
    draft.endpoint = Scalar::borrowed(endpoint);
    draft.ip = Scalar::borrowed(ip);
    draft.process_time = number(process_time);
    draft.status_code = number(status_code);
    draft
}

/// A number; what is none stays text, and is refused as such under its name.
fn number(text: &str) -> Scalar<'_> {
    let integer = text.parse::<i64>().map(|number| Scalar::Integer(number.into()));
    integer.or_else(|_| text.parse().map(Scalar::Float)).unwrap_or(Scalar::borrowed(text))
}

/// The source, read in pieces.
struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    consumed_bytes: u64,
}

impl<R: Read> Input<R> {
    fn of(source: R) -> Self {
        Self { source, buffer: vec![0; INPUT_BYTES], start: 0, end: 0, consumed_bytes: 0 }
    }

    /// What has been read and is not consumed yet; empty only at the end.
    fn rest(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            let enough = if self.consumed_bytes == 0 { BEGINNING_BYTES } else { 1 };
            while self.end < enough {
                match self.source.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                    Ok(0) => break,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    const fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.consumed_bytes += bytes as u64;
    }
}

/// One record, as much of it as is kept.
struct Record {
    /// The fields, one behind the other.
    text: Vec<u8>,
    length: usize,
    /// Where each field ends.
    ends: [usize; HEADER.len()],
    columns: usize,
    is_too_long: bool,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            text: vec![0; MAX_RECORD_BYTES + 1],
            length: 0,
            ends: [0; HEADER.len()],
            columns: 0,
            is_too_long: false,
        }
    }
}

impl Record {
    const fn clear(&mut self) {
        (self.length, self.columns, self.is_too_long) = (0, 0, false);
    }

    /// Takes in what the parser makes of the input; also how many bytes of that it has read.
    fn extend(&mut self, parser: &mut csv_core::Reader, input: &[u8]) -> (ReadRecordResult, usize) {
        if self.length == self.text.len() {
            (self.length, self.is_too_long) = (0, true);
        }
        // Surplus columns are counted, one at a time; where they end is of no interest.
        let mut surplus = [0];
        let ends = match self.ends.get_mut(self.columns..) {
            Some(ends) if !ends.is_empty() => ends,
            _ => &mut surplus,
        };
        let text = self.text.get_mut(self.length..).unwrap_or_default();
        let (result, read, written, columns) = parser.read_record(input, text, ends);
        self.length += written;
        self.columns += columns;
        self.is_too_long |= self.length > MAX_RECORD_BYTES;
        (result, read)
    }

    /// The texts of the fields.
    fn texts(&self) -> Result<[&str; HEADER.len()], FormatError> {
        if self.is_too_long {
            return Err(FormatError::TooLong(MAX_RECORD_BYTES));
        }
        if self.columns != HEADER.len() {
            return Err(FormatError::Columns { found: self.columns, expected: HEADER.len() });
        }
        let text = self.text.get(..self.length).unwrap_or_default();
        let text = str::from_utf8(text).map_err(|_| FormatError::NotUtf8)?;
        let mut texts = [""; HEADER.len()];
        let mut start = 0;
        for (field, end) in texts.iter_mut().zip(self.ends) {
            // Halves of a character in two fields make a sound text together.
            *field = text.get(start..end).ok_or(FormatError::NotUtf8)?;
            start = end;
        }
        Ok(texts)
    }
}
