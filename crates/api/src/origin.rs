//! Origins of pages (RFC 6454): a scheme, a host and a port, in the form in which browsers write them. Which of them is
//! the service's own is the business of `origins`.

use std::fmt;
use std::net::Ipv6Addr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a page comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    /// Host and port, in lower case, without the scheme's own port.
    authority: String,
}

/// How a browser speaks to the service, or to the last proxy before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In clear text.
    Http,
    /// Encrypted.
    Https,
}

/// The text is no origin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no origin; it must be like https://a.example or http://a.example:8080")]
pub(crate) struct NoOrigin(String);

impl Scheme {
    /// The scheme of that name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn own_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Origin {
    /// An origin from its text, without a path.
    pub(crate) fn parse(text: &str) -> Result<Self, NoOrigin> {
        let parts = text.split_once("://").and_then(|(scheme, authority)| {
            let scheme = Scheme::parse(scheme)?;
            Self::new(scheme, authority)
        });
        parts.ok_or_else(|| NoOrigin(text.to_owned()))
    }

    /// An origin from its parts, the second as in the header `Host`.
    pub(crate) fn new(scheme: Scheme, authority: &str) -> Option<Self> {
        let (host, port) = match authority.rfind(':') {
            // The colons of an IPv6 address stand in brackets.
            Some(colon) if !authority.ends_with(']') => {
                let (host, port) = authority.split_at(colon);
                (host, Some(port.strip_prefix(':')?))
            }
            _ => (authority, None),
        };
        let host = match host.strip_prefix('[') {
            Some(address) => format!("[{}]", address.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?),
            None => name(host)?,
        };
        let port = match port {
            Some(digits) => Some(number(digits)?).filter(|port| *port != scheme.own_port()),
            None => None,
        };
        let authority = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Some(Self { scheme, authority })
    }

    /// How browsers speak to it.
    pub(crate) const fn scheme(&self) -> Scheme {
        self.scheme
    }
}

/// A name or an IPv4 address, in lower case.
fn name(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(is_plain);
    fits.then(|| text.to_ascii_lowercase())
}

fn number(port: &str) -> Option<u16> {
    let is_digits = port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|port| is_digits && *port > 0)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority)
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    /// As an operator writes it: a slash at the end does no harm.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.strip_suffix('/').unwrap_or(&text)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        for (text, written) in [
            ("https://a.example", "https://a.example"),
            ("HTTPS://A.Example:443", "https://a.example"),
            ("http://a.example:80", "http://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            ("https://a.example:08443", "https://a.example:8443"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
            ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
            ("http://my_host", "http://my_host"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "null",
            "a.example",
            "https://",
            "https:a.example",
            "//a.example",
            "ftp://a.example",
            "https://a.example/",
            "https://a.example/path",
            "https://a.example?x",
            "https://a.example#x",
            "https://user@a.example",
            "https://a.example:",
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:+80",
            "https://a.example:80:80",
            "https://a b",
            "https://ä.example",
            "https://*.example",
            "https://[::1",
            "https://::1",
            "https://[1.2.3.4]",
            "https://[::1]x",
            "https://a.example, https://b.example",
            " https://a.example",
            "https://a.example\0",
        ] {
            assert!(Origin::parse(text).is_err(), "{text:?}");
        }
        assert!(Origin::parse(&format!("https://{}", "a".repeat(256))).is_err());
    }

    #[test]
    fn an_operator_may_end_it_with_a_slash() {
        let read = |text: &str| serde_json::from_value::<Origin>(text.into());
        assert_eq!(read("https://a.example/").unwrap(), Origin::parse("https://a.example").unwrap());
        assert!(read("https://a.example//").is_err());
        assert!(read("https://a.example/stats/").is_err());
    }
}
