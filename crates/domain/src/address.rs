//! Client addresses: IPv4 and IPv6 in one 16-byte form.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{Rule, ValidationError};

/// An IPv4 or IPv6 address. IPv4 and IPv4-mapped IPv6 are the same address; the order is that of the 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddress([u8; 16]);

impl ClientAddress {
    /// The address from its 16 bytes (IPv4 as `::ffff:a.b.c.d`).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes (IPv4 as `::ffff:a.b.c.d`).
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The address in its own family.
    #[must_use]
    pub fn to_ip(self) -> IpAddr {
        Ipv6Addr::from(self.0).to_canonical()
    }

    /// An IPv4 or IPv6 address, with the error of the named field.
    pub(crate) fn from_field(field: &'static str, text: &str) -> Result<Self, ValidationError> {
        text.parse().map_err(|_| ValidationError::new(field, Rule::Format, "must be an IPv4 or IPv6 address"))
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self(v4.to_ipv6_mapped().octets()),
            IpAddr::V6(v6) => Self(v6.octets()),
        }
    }
}

impl FromStr for ClientAddress {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpAddr>().map(Self::from)
    }
}

impl fmt::Display for ClientAddress {
    /// IPv4 in dotted decimals, IPv6 in the form of RFC 5952.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_ip().fmt(f)
    }
}

impl Serialize for ClientAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_ipv6_is_ipv4() {
        let mapped: ClientAddress = "::ffff:192.0.2.1".parse().unwrap();
        let plain: ClientAddress = "192.0.2.1".parse().unwrap();
        assert_eq!(mapped, plain);
        assert_eq!(mapped.to_string(), "192.0.2.1");
    }

    #[test]
    fn ipv6_is_written_in_its_short_form() {
        let address: ClientAddress = "2001:DB8:0:0:0:0:0:1".parse().unwrap();
        assert_eq!(address.to_string(), "2001:db8::1");
    }
}
