//! Networks as operators write them: `10.0.0.0/8`, `fd00::/8`, or one address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use domain::ClientAddress;
use serde::{Serialize, Serializer};

/// A block of addresses. IPv4 is a part of IPv6, as everywhere here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: ClientAddress,
    /// How many of the 128 bits count.
    bits: u32,
}

/// The text is no network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address and no network; it must be like 10.0.0.1, 10.0.0.0/8 or fd00::/8")]
pub(super) struct NoNetwork(String);

impl Network {
    /// Whether the address lies in it.
    pub(super) fn contains(self, address: ClientAddress) -> bool {
        let differing =
            u128::from_be_bytes(*self.address.as_bytes()) ^ u128::from_be_bytes(*address.as_bytes());
        differing.leading_zeros() >= self.bits
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    /// Bits beyond the network's length must be zero: what has some is mistyped.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let fault = || NoNetwork(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let (longest, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = match length {
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().map_err(|_| fault())?
            }
            Some(_) => return Err(fault()),
            None => longest,
        };
        if length > longest {
            return Err(fault());
        }
        let network = Self { address: address.into(), bits: before + length };
        let value = u128::from_be_bytes(*network.address.as_bytes());
        if value.checked_shl(network.bits).unwrap_or_default() == 0 { Ok(network) } else { Err(fault()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = match self.address.to_ip() {
            IpAddr::V4(_) if self.bits >= 96 => self.bits - 96,
            _ => self.bits,
        };
        write!(f, "{}/{bits}", self.address)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_what_begins_alike() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("192.0.2.128/25", "192.0.2.255", "192.0.2.127"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.0"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.2"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("fe80::/10", "febf::1", "fec0::1"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
            assert_eq!(parsed.to_string().parse(), Ok(parsed), "{network}");
        }
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains("203.0.113.1".parse().unwrap()) && all.contains("ffff::".parse().unwrap()));
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "::/129",
            "::1/64",
            "10.0.0.1/8",
            "localhost",
            "10.0.0.0/255.0.0.0",
            "10.0.0.1 ",
            "10.0.0.0/4294967304",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }
}
