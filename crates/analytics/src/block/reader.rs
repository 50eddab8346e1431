//! From the bytes of a block to events.

use domain::{ClientAddress, Duration, Extras, RequestEvent, Timestamp};

use super::form::{LEAST_EVENT_BYTES, MAGIC, address, text};
use crate::segment::{Label, Outcome, SegmentError};

/// The head, but for the count.
const HEAD_BYTES: usize = MAGIC.len() + 1;

/// A value that stands in a block for the first time, or the number of one that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code<T> {
    New(T),
    Known(usize),
}

/// An event as it stands in a block; what is new in it is checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    /// Microseconds.
    pub(crate) time: Timestamp,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
    pub(crate) endpoint: Code<&'a str>,
    pub(crate) address: Option<Code<ClientAddress>>,
    pub(crate) labels: [Option<Code<&'a str>>; Label::ALL.len()],
    pub(crate) sizes: [Option<u64>; 2],
}

/// Reads a block from its beginning on.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    time: i64,
    endpoints: Vec<&'a str>,
    addresses: Vec<ClientAddress>,
    labels: [Vec<&'a str>; Label::ALL.len()],
}

/// The number of events that the head names.
pub(super) fn count(content: &[u8]) -> Result<u32, SegmentError> {
    let mut rest = content.get(HEAD_BYTES..).unwrap_or_default();
    let count = number(&mut rest)?;
    let most = rest.len() / LEAST_EVENT_BYTES;
    u32::try_from(count).ok().filter(|count| *count as usize <= most).ok_or(ENDS_EARLY)
}

const ENDS_EARLY: SegmentError = SegmentError::Damaged("a block ends early");
const NO_EVENT: SegmentError = SegmentError::Damaged("an event holds what none can hold");

impl<'a> Reader<'a> {
    /// Reads the bytes of a block before its checksum; the head was looked at.
    pub(super) fn new(content: &'a [u8]) -> Self {
        let mut rest = content.get(HEAD_BYTES..).unwrap_or_default();
        // Checked when the block was opened.
        let _ = number(&mut rest);
        Self { rest, time: 0, endpoints: Vec::new(), addresses: Vec::new(), labels: Default::default() }
    }

    /// The next event. There must be one.
    pub(crate) fn next(&mut self) -> Result<Event<'a>, SegmentError> {
        let rest = &mut self.rest;
        let distance = number(rest)?;
        self.time = self.time.wrapping_add((distance >> 1).cast_signed() ^ -(distance & 1).cast_signed());
        let time = Timestamp::from_micros(self.time).ok_or(NO_EVENT)?;
        let outcome = u16::try_from(number(rest)?).ok().and_then(Outcome::from_code).ok_or(NO_EVENT)?;
        let duration = Duration::from_micros(number(rest)?).ok_or(NO_EVENT)?;
        let endpoint = text_code(rest, &mut self.endpoints)?;
        let address = match number(rest)? {
            address::NONE => None,
            address::IPV4 => {
                Some(new_address(&mut self.addresses, std::net::IpAddr::from(array::<4>(rest)?).into()))
            }
            address::IPV6 => Some(new_address(&mut self.addresses, ClientAddress::from_bytes(array(rest)?))),
            known => Some(Code::Known(place(known - address::KNOWN, self.addresses.len())?)),
        };
        let [flags] = array(rest)?;
        if flags >> (Label::ALL.len() + 2) != 0 {
            return Err(NO_EVENT);
        }
        let mut labels = [None; Label::ALL.len()];
        for (bit, (label, known)) in labels.iter_mut().zip(&mut self.labels).enumerate() {
            if flags >> bit & 1 == 1 {
                *label = Some(text_code(rest, known)?);
            }
        }
        let mut sizes = [None; 2];
        for (bit, size) in (Label::ALL.len()..).zip(&mut sizes) {
            if flags >> bit & 1 == 1 {
                *size = Some(number(rest)?);
            }
        }
        Ok(Event { time, outcome, duration, endpoint, address, labels, sizes })
    }

    /// An error if something follows.
    pub(super) fn end(&self) -> Result<(), SegmentError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(SegmentError::Damaged("a block goes on after its end"))
        }
    }

    /// The event that was read last, or one before it.
    pub(super) fn to_event(&self, event: &Event<'_>) -> Option<RequestEvent> {
        let endpoint = resolved(&self.endpoints, event.endpoint)?;
        let address = match event.address {
            None => None,
            Some(code) => Some(resolved(&self.addresses, code)?),
        };
        let mut labels = [None, None, None, None];
        for ((label, code), known) in labels.iter_mut().zip(event.labels).zip(&self.labels) {
            if let Some(code) = code {
                *label = Some(resolved(known, code)?.to_owned());
            }
        }
        let [route, user_agent, hostname, consumer] = labels;
        let [request_bytes, response_bytes] = event.sizes;
        let extras = Extras { route, user_agent, hostname, consumer, request_bytes, response_bytes };
        let (method, status) = (event.outcome.to_method()?, event.outcome.to_status()?);
        let event = RequestEvent::new(event.time, method, endpoint, address, event.duration, status)?;
        Some(event.with_extras(extras))
    }
}

fn resolved<T: Copy>(known: &[T], code: Code<T>) -> Option<T> {
    match code {
        Code::New(value) => Some(value),
        Code::Known(place) => known.get(place).copied(),
    }
}

fn new_address(known: &mut Vec<ClientAddress>, address: ClientAddress) -> Code<ClientAddress> {
    known.push(address);
    Code::New(address)
}

fn text_code<'a>(rest: &mut &'a [u8], known: &mut Vec<&'a str>) -> Result<Code<&'a str>, SegmentError> {
    match number(rest)? {
        text::NEW => {
            let length = usize::try_from(number(rest)?).map_err(|_| ENDS_EARLY)?;
            let value = std::str::from_utf8(take(rest, length)?);
            let value = value.map_err(|_| SegmentError::Damaged("a text is not UTF-8"))?;
            known.push(value);
            Ok(Code::New(value))
        }
        code => Ok(Code::Known(place(code - text::KNOWN, known.len())?)),
    }
}

fn place(code: u64, known: usize) -> Result<usize, SegmentError> {
    let place = usize::try_from(code).ok().filter(|place| *place < known);
    place.ok_or(SegmentError::Damaged("a code names no value"))
}

fn number(rest: &mut &[u8]) -> Result<u64, SegmentError> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let [byte] = array(rest)?;
        let bits = u64::from(byte & 0x7f);
        // One number has one form: none is longer than it needs to be.
        if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
            break;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(SegmentError::Damaged("a number is too long"))
}

fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SegmentError> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or(ENDS_EARLY)?;
    *rest = left;
    Ok(*taken)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], SegmentError> {
    let (taken, left) = rest.split_at_checked(length).ok_or(ENDS_EARLY)?;
    *rest = left;
    Ok(taken)
}
