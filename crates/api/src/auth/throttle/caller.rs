//! Who tries: names and addresses in the forms in which they are remembered, of fixed size.

use std::net::{IpAddr, Ipv4Addr};

use domain::ClientAddress;
use sha2::{Digest, Sha256};

/// A name that somebody has typed; any text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameHash([u8; 16]);

impl NameHash {
    /// Half of its SHA-256, which is still too long for anybody to find two names alike.
    pub(super) fn of(name: &str) -> Self {
        let hash: [u8; 32] = Sha256::digest(name).into();
        let (half, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Self(*half)
    }
}

/// What one customer of a provider has at most: an address of IPv4, a /48 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Address {
    V4(Ipv4Addr),
    /// The first 48 bits, the others are zero.
    V6(u64),
}

impl Address {
    pub(super) fn of(address: Option<ClientAddress>) -> Self {
        match Place::of(address) {
            Place::V4(address) => Self::V4(address),
            Place::V6(bits) => Self::V6(bits & !0xffff),
        }
    }
}

/// What one household or machine has: an address of IPv4, a /64 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6(u64),
}

impl Place {
    pub(super) fn of(address: Option<ClientAddress>) -> Self {
        match address.map(ClientAddress::to_ip) {
            None => Self::V4(Ipv4Addr::UNSPECIFIED),
            Some(IpAddr::V4(address)) => Self::V4(address),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d].into_iter().fold(0, |bits, segment| bits << 16 | u64::from(segment)))
            }
        }
    }
}

/// Where somebody tries a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum At {
    /// Where the owner of the name usually is.
    Usual(Place),
    /// Anywhere else.
    Other(Address),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<ClientAddress> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_customer_are_one() {
        let address = |text| Address::of(ip(text));
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:ffff::2"));
        assert_ne!(address("2001:db8:1::1"), address("2001:db8:2::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn places_are_narrower() {
        let place = |text| Place::of(ip(text));
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:3::"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
    }

    #[test]
    fn names_are_compared_exactly() {
        assert_ne!(NameHash::of("ann"), NameHash::of("Ann"));
        assert_ne!(NameHash::of(""), NameHash::of("\0"));
    }
}
