//! Whose request it is: the address of the caller, through the proxies that the operator trusts.
//!
//! Anybody can write anything into a header. What counts is what a trusted proxy has appended: from the right end of
//! `X-Forwarded-For`, the first address that is not itself a trusted proxy. Without that header the same is read from
//! `Forwarded` (RFC 7239). A proxy that writes the one must not let the other through from outside.
//!
//! Whatever cannot be read counts as not being there: then the caller is the peer. Nobody can take another's address
//! that way, only that of the proxy.

mod forwarded;
mod network;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use domain::ClientAddress;
use serde::{Deserialize, Deserializer, Serialize};

use self::network::Network;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// So many proxies may stand one behind the other; what is longer is no chain of proxies.
const MAX_HOPS: usize = 32;
/// A longer header is none that proxies write.
const MAX_BYTES: usize = 8192;

/// The proxies whose headers are believed, none by default. As a list, or as one text with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the headers of this peer are believed.
    pub(crate) fn trust(&self, peer: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(peer))
    }

    /// The address of the caller.
    pub(crate) fn caller(&self, headers: &HeaderMap, peer: ClientAddress) -> ClientAddress {
        if !self.trust(peer) {
            return peer;
        }
        let hops = if headers.contains_key(&X_FORWARDED_FOR) {
            forwarded::x_forwarded_for(&joined(headers, &X_FORWARDED_FOR))
        } else {
            forwarded::forwarded(&joined(headers, &header::FORWARDED))
        };
        self.caller_of(hops).unwrap_or(peer)
    }

    fn caller_of(&self, hops: Vec<Option<ClientAddress>>) -> Option<ClientAddress> {
        let mut first = None;
        for (proxies, hop) in hops.into_iter().rev().enumerate() {
            if proxies == MAX_HOPS {
                return None;
            }
            let hop = hop?;
            if !self.trust(hop) {
                return Some(hop);
            }
            first = Some(hop);
        }
        // Behind nothing but trusted proxies it is the first of them that asks.
        first
    }
}

impl<'de> Deserialize<'de> for TrustedProxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            List(Vec<String>),
            Text(String),
        }
        let networks = match Form::deserialize(deserializer)? {
            Form::List(networks) => networks,
            Form::Text(text) => text.split(',').map(str::to_owned).collect(),
        };
        let networks = networks.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let networks: Result<_, _> = networks.map(str::parse).collect();
        networks.map(Self).map_err(serde::de::Error::custom)
    }
}

/// All lines of a header as one (RFC 9110, section 5.3); nothing if that is not text or too long.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let mut joined = String::new();
    for line in headers.get_all(name) {
        let Ok(line) = line.to_str() else { return String::new() };
        if joined.len() + line.len() >= MAX_BYTES {
            return String::new();
        }
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(line);
    }
    joined
}

#[cfg(test)]
mod tests;
