//! The two headers that say through which addresses a request has come, from the client to the last proxy but one.
//! `None` stands for a hop that cannot be read.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use domain::ClientAddress;

/// `X-Forwarded-For: 203.0.113.7, 10.0.0.1`
pub(super) fn x_forwarded_for(text: &str) -> Vec<Option<ClientAddress>> {
    text.split(',').map(str::trim).filter(|hop| !hop.is_empty()).map(address).collect()
}

/// `Forwarded: for="[2001:db8::1]:4711";proto=https, for=10.0.0.1`
pub(super) fn forwarded(text: &str) -> Vec<Option<ClientAddress>> {
    let hops = unquoted_split(text, b',').map(str::trim).filter(|hop| !hop.is_empty());
    hops.map(|hop| {
        let mut named = unquoted_split(hop, b';').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
        });
        let value = named.next().filter(|_| named.next().is_none())?;
        match value.strip_prefix('"') {
            Some(quoted) => address(quoted.strip_suffix('"')?),
            None => address(value),
        }
    })
    .collect()
}

/// The address, without its port if it has one.
fn address(text: &str) -> Option<ClientAddress> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.into());
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip().into());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse::<Ipv6Addr>().ok().map(|address| IpAddr::V6(address).into())
}

/// Splits where the separator stands outside of quotes.
fn unquoted_split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        !is_quoted && character == char::from(separator)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hops: Vec<Option<ClientAddress>>) -> String {
        let hops = hops.into_iter().map(|hop| hop.map_or("-".to_owned(), |hop| hop.to_string()));
        hops.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_x_forwarded_for() {
        for (text, hops) in [
            ("", ""),
            (" , ,", ""),
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7,10.0.0.1", "203.0.113.7 10.0.0.1"),
            (" 203.0.113.7\t, 2001:DB8::1 ,", "203.0.113.7 2001:db8::1"),
            ("203.0.113.7:4711, [2001:db8::1]:80, [2001:db8::2]", "203.0.113.7 2001:db8::1 2001:db8::2"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("unknown, 1.2.3, 1.2.3.4.5, 256.1.1.1, 1.2.3.4:x, a.example", "- - - - - -"),
            ("fe80::1%eth0, [::1, ::1], [1.2.3.4], \"1.2.3.4\", 1.2.3.4 5.6.7.8", "- - - - - -"),
            ("1.2.3.4:, [::1]:, [::1]x, 1.2.3.4:99999", "- - - -"),
        ] {
            assert_eq!(shown(x_forwarded_for(text)), hops, "{text}");
        }
    }

    #[test]
    fn reads_forwarded() {
        for (text, hops) in [
            ("", ""),
            ("for=192.0.2.60", "192.0.2.60"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("proto=https;For=192.0.2.43, FOR=198.51.100.17", "192.0.2.43 198.51.100.17"),
            (r#"for="[2001:db8:cafe::17]:4711""#, "2001:db8:cafe::17"),
            (r#"for="192.0.2.43:47011" ; host=a.example,, for="198.51.100.17""#, "192.0.2.43 198.51.100.17"),
            ("for=unknown, for=_hidden, for=\"_gazonk\"", "- - -"),
            ("proto=https, for, for=, =1.2.3.4", "- - - -"),
            ("for=1.2.3.4;for=5.6.7.8", "-"),
            (r#"host="a,b;for=1.2.3.4", for=5.6.7.8"#, "- 5.6.7.8"),
            (r#"host="\",for=1.2.3.4", for=5.6.7.8"#, "- 5.6.7.8"),
            (r#"for="1.2.3.4, for=5.6.7.8"#, "-"),
            (r#"for="1.2.3.4\"", for=5.6.7.8"#, "- 5.6.7.8"),
            (r#"for="1.2.3.4"x, for=x"1.2.3.4""#, "- -"),
        ] {
            assert_eq!(shown(forwarded(text)), hops, "{text}");
        }
    }
}
