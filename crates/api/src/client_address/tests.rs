//! Requests through proxies that are trusted, and through such that are not.

use actix_web::http::header::HeaderValue;

use super::*;

fn proxies(text: &str) -> TrustedProxies {
    serde_json::from_value(text.into()).unwrap()
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn caller(lines: &[(&'static str, &str)], peer: &str) -> String {
    let proxies = proxies("10.0.0.0/8, fd00::/8, 192.0.2.1");
    proxies.caller(&headers(lines), peer.parse().unwrap()).to_string()
}

const XFF: &str = "x-forwarded-for";

#[test]
fn the_caller_is_the_last_address_that_is_no_trusted_proxy() {
    for (peer, lines, expected) in [
        ("203.0.113.9", &[][..], "203.0.113.9"),
        ("203.0.113.9", &[(XFF, "198.51.100.1")], "203.0.113.9"),
        ("203.0.113.9", &[("forwarded", "for=198.51.100.1")], "203.0.113.9"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &[(XFF, "198.51.100.1")], "198.51.100.1"),
        ("192.0.2.1", &[(XFF, "198.51.100.1")], "198.51.100.1"),
        ("192.0.2.2", &[(XFF, "198.51.100.1")], "192.0.2.2"),
        ("::ffff:10.0.0.1", &[(XFF, "198.51.100.1")], "198.51.100.1"),
        ("fd00::1", &[(XFF, "2001:db8::5")], "2001:db8::5"),
        // What the client made up stands left of what the proxies have written.
        ("10.0.0.1", &[(XFF, "1.2.3.4, 198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", &[(XFF, "1.2.3.4, 198.51.100.1, 10.0.0.2, fd00::7")], "198.51.100.1"),
        ("10.0.0.1", &[(XFF, "garbage, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
        ("10.0.0.1", &[(XFF, "1.2.3.4"), (XFF, "198.51.100.1"), (XFF, "10.0.0.2")], "198.51.100.1"),
        ("10.0.0.1", &[(XFF, "1.2.3.4"), (XFF, "")], "1.2.3.4"),
        // Nothing but trusted proxies: the first of them asks.
        ("10.0.0.1", &[(XFF, "10.0.0.9, 10.0.0.2")], "10.0.0.9"),
        // Garbage.
        ("10.0.0.1", &[(XFF, "")], "10.0.0.1"),
        ("10.0.0.1", &[(XFF, "198.51.100.1, garbage")], "10.0.0.1"),
        ("10.0.0.1", &[(XFF, "198.51.100.1, unknown, 10.0.0.2")], "10.0.0.1"),
        ("10.0.0.1", &[("forwarded", "for=1.2.3.4, for=198.51.100.1;proto=https")], "198.51.100.1"),
        ("10.0.0.1", &[("forwarded", "for=1.2.3.4"), ("forwarded", "for=10.0.0.2")], "1.2.3.4"),
        ("10.0.0.1", &[("forwarded", "for=198.51.100.1, for=unknown")], "10.0.0.1"),
        // The one header silences the other, even if it says nothing.
        ("10.0.0.1", &[("forwarded", "for=1.2.3.4"), (XFF, "198.51.100.1")], "198.51.100.1"),
        ("10.0.0.1", &[("forwarded", "for=1.2.3.4"), (XFF, "")], "10.0.0.1"),
    ] {
        assert_eq!(caller(lines, peer), expected, "{peer} {lines:?}");
    }
}

#[test]
fn headers_that_no_proxies_write_are_not_read() {
    let chain = |length: usize| format!("198.51.100.1{}", ", 10.0.0.2".repeat(length));
    assert_eq!(caller(&[(XFF, &chain(31))], "10.0.0.1"), "198.51.100.1");
    assert_eq!(caller(&[(XFF, &chain(32))], "10.0.0.1"), "10.0.0.1");
    let long = format!("{}, 198.51.100.1", "x".repeat(MAX_BYTES));
    assert_eq!(caller(&[(XFF, &long)], "10.0.0.1"), "10.0.0.1");
    let line = "1.2.3.4,".repeat(MAX_BYTES / 16);
    assert_eq!(caller(&[(XFF, &line), (XFF, "198.51.100.1")], "10.0.0.1"), "198.51.100.1");
    assert_eq!(caller(&[(XFF, &line), (XFF, &line), (XFF, "198.51.100.1")], "10.0.0.1"), "10.0.0.1");
    let mut bytes = HeaderMap::new();
    bytes.insert(X_FORWARDED_FOR, HeaderValue::from_bytes(b"\xff, 198.51.100.1").unwrap());
    assert_eq!(proxies("10.0.0.1").caller(&bytes, "10.0.0.1".parse().unwrap()).to_string(), "10.0.0.1");
}

#[test]
fn nobody_is_trusted_by_default() {
    let peer = "127.0.0.1".parse().unwrap();
    let headers = headers(&[(XFF, "198.51.100.1")]);
    assert_eq!(TrustedProxies::default().caller(&headers, peer), peer);
}

#[test]
fn proxies_are_a_list_or_a_text_with_commas() {
    let read = |json: &str| serde_json::from_str::<TrustedProxies>(json);
    assert_eq!(read(r#"["10.0.0.0/8", "::1"]"#).unwrap(), read(r#"" 10.0.0.0/8 ,::1, ""#).unwrap());
    assert_eq!(read(r#""""#).unwrap(), TrustedProxies::default());
    let error = read(r#""10.0.0.0/8, proxy.example""#).unwrap_err().to_string();
    assert!(error.contains("proxy.example"), "{error}");
    let written = serde_json::to_string(&read(r#""10.0.0.0/8,::1""#).unwrap()).unwrap();
    assert_eq!(written, r#"["10.0.0.0/8","::1/128"]"#);
}
