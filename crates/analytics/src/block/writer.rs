//! From events to the bytes of a block.

use std::hash::Hash;
use std::net::IpAddr;

use domain::{ClientAddress, RequestEvent};
use foldhash::{HashMap, HashMapExt};

use super::form::{address, text};
use crate::segment::{Label, Outcome};

/// What was written so far: the texts and addresses that later events name by their number.
#[derive(Default)]
pub(super) struct Writer<'a> {
    time: i64,
    endpoints: Known<&'a str>,
    addresses: Known<ClientAddress>,
    labels: [Known<&'a str>; Label::ALL.len()],
}

/// Values with their numbers. Few are searched one by one: most blocks hold few events.
struct Known<T> {
    few: Vec<T>,
    many: HashMap<T, u64>,
}

const FEW: usize = 8;

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { few: Vec::new(), many: HashMap::new() }
    }
}

impl<T: Copy + Eq + Hash> Known<T> {
    /// The number of a value that is known; a new one gets the next.
    fn find(&mut self, value: T) -> Option<u64> {
        if self.many.is_empty() {
            if let Some(place) = self.few.iter().position(|known| *known == value) {
                return Some(place as u64);
            }
            if self.few.len() < FEW {
                self.few.push(value);
                return None;
            }
            self.many.extend(self.few.drain(..).zip(0..));
        } else if let Some(place) = self.many.get(&value) {
            return Some(*place);
        }
        self.many.insert(value, self.many.len() as u64);
        None
    }
}

impl<'a> Writer<'a> {
    pub(super) fn put(&mut self, event: &'a RequestEvent, out: &mut Vec<u8>) {
        let time = event.created_at().as_micros();
        let distance = time.wrapping_sub(self.time);
        self.time = time;
        put_number(zigzag(distance), out);
        put_number(Outcome::new(event.method(), event.status_code()).code().into(), out);
        put_number(event.process_time().as_micros(), out);
        put_text(&mut self.endpoints, event.endpoint(), out);
        self.put_address(event.ip(), out);
        let Some(extras) = event.extras() else {
            out.push(0);
            return;
        };
        let labels = Label::ALL.map(|label| label.of(extras));
        let sizes = [extras.request_bytes, extras.response_bytes];
        let there = labels.iter().map(Option::is_some).chain(sizes.iter().map(Option::is_some));
        out.push(there.zip(0..).fold(0, |flags, (is_there, bit)| flags | u8::from(is_there) << bit));
        for (label, known) in labels.into_iter().zip(&mut self.labels) {
            if let Some(label) = label {
                put_text(known, label, out);
            }
        }
        for size in sizes.into_iter().flatten() {
            put_number(size, out);
        }
    }

    fn put_address(&mut self, ip: Option<ClientAddress>, out: &mut Vec<u8>) {
        let Some(ip) = ip else {
            put_number(address::NONE, out);
            return;
        };
        if let Some(place) = self.addresses.find(ip) {
            put_number(address::KNOWN + place, out);
            return;
        }
        match ip.to_ip() {
            IpAddr::V4(short) => {
                put_number(address::IPV4, out);
                out.extend_from_slice(&short.octets());
            }
            IpAddr::V6(_) => {
                put_number(address::IPV6, out);
                out.extend_from_slice(ip.as_bytes());
            }
        }
    }
}

fn put_text<'a>(known: &mut Known<&'a str>, value: &'a str, out: &mut Vec<u8>) {
    if let Some(place) = known.find(value) {
        put_number(text::KNOWN + place, out);
        return;
    }
    put_number(text::NEW, out);
    put_number(value.len() as u64, out);
    out.extend_from_slice(value.as_bytes());
}

/// Seven bits a byte, the lowest first; the highest bit of a byte says that more follow (LEB128).
pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 128")]
    out.push(number as u8);
}

/// Small for distances of either sign.
fn zigzag(distance: i64) -> u64 {
    (distance << 1 ^ distance >> 63).cast_unsigned()
}
