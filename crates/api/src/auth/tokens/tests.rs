//! Tokens of ours, and tokens that somebody with or without the secret has made by hand.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Sha256, Sha512};

use super::*;
use crate::clock::ManualClock;

const SECRET: &[u8] = b"one secret of many";

fn tokens() -> Tokens {
    Tokens::new(SECRET, 90)
}

fn claims() -> Claims {
    Claims { username: Username::parse("ann").unwrap(), account: AccountId(7), generation: 3 }
}

fn now() -> Timestamp {
    ManualClock::new().clock().now()
}

/// The payload of a good token.
fn payload() -> Value {
    let now = seconds(now());
    json!({"sub": "ann", "account": 7, "generation": 3, "iat": now, "exp": now + 60})
}

fn signed(header: &str, payload: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let content = format!("{}.{}", encode(header), encode(payload));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(&content).finalize();
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.into_bytes()))
}

fn with_header(header: &str) -> String {
    signed(header, &payload().to_string())
}

fn with_payload(payload: &str) -> String {
    signed(r#"{"alg":"HS256","typ":"JWT"}"#, payload)
}

/// A good token but for one claim.
fn with(name: &str, value: Value) -> String {
    let mut payload = payload();
    payload[name] = value;
    with_payload(&payload.to_string())
}

fn is_good(token: &str) -> bool {
    tokens().verify(token, now()).is_some()
}

#[test]
fn says_what_it_was_issued_for() {
    let token = tokens().issue(&claims(), now()).unwrap();
    assert_eq!(tokens().verify(&token, now()), Some(claims()));
    assert_eq!(tokens().verify(&with_payload(&payload().to_string()), now()), Some(claims()));
}

#[test]
fn only_the_secret_signs() {
    let token = tokens().issue(&claims(), now()).unwrap();
    assert_eq!(Tokens::new(b"another secret", 90).verify(&token, now()), None);
    let (content, signature) = token.rsplit_once('.').unwrap();
    for signature in
        ["", &signature[..20], &signature[..42], &format!("{signature}A"), &format!("{signature}=")]
    {
        assert!(!is_good(&format!("{content}.{signature}")), "{signature}");
    }
    let (header, payload) = content.split_once('.').unwrap();
    for header in [header, "", "e30"] {
        for payload in ["", "e30", "bnVsbA", &payload[1..]] {
            assert!(!is_good(&format!("{header}.{payload}.{signature}")));
        }
    }
    for token in
        ["", ".", "..", "...", content, &format!("{token}."), &format!(".{token}"), &token.to_lowercase()]
    {
        assert!(!is_good(token), "{token}");
    }
}

#[test]
fn is_good_until_the_second_of_its_expiry() {
    let clock = ManualClock::new();
    let token = tokens().issue(&claims(), clock.clock().now()).unwrap();
    let is_good = || tokens().verify(&token, clock.clock().now()).is_some();
    clock.advance(Duration::from_secs(90 * 60) - Duration::from_micros(1));
    assert!(is_good());
    clock.advance(Duration::from_micros(1));
    assert!(!is_good());
}

#[test]
fn is_not_good_before_it_begins() {
    let start = seconds(now());
    assert!(is_good(&with("nbf", json!(start))));
    assert!(!is_good(&with("nbf", json!(start + 1))));
}

#[test]
fn has_its_life_in_the_ends_of_time() {
    for instant in [Timestamp::MIN, Timestamp::MAX] {
        let token = tokens().issue(&claims(), instant).unwrap();
        assert_eq!(tokens().verify(&token, instant), Some(claims()));
    }
}

#[test]
fn every_claim_is_required_and_of_its_type() {
    for name in ["sub", "account", "generation", "iat", "exp"] {
        let mut payload = payload();
        payload.as_object_mut().unwrap().remove(name);
        assert!(!is_good(&with_payload(&payload.to_string())), "without {name}");
        for value in [json!(null), json!([1]), json!({}), json!(true), json!(1e300), json!(u64::MAX)] {
            assert!(!is_good(&with(name, value.clone())), "{name} {value}");
        }
    }
    for name in ["account", "generation", "iat", "exp", "nbf"] {
        for value in [json!("9999999999"), json!(9_999_999_999.5), json!(null)] {
            assert!(!is_good(&with(name, value.clone())), "{name} {value}");
        }
    }
    for name in ["", " ann", "a\0nn", &"a".repeat(31)] {
        assert!(!is_good(&with("sub", json!(name))), "{name:?}");
    }
    assert!(!is_good(&with("sub", json!(1))));
}

#[test]
fn a_token_of_an_older_version_is_refused() {
    let payload = json!({"sub": "ann", "exp": seconds(now()) + 600});
    assert!(!is_good(&with_payload(&payload.to_string())));
}

#[test]
fn claims_that_nobody_knows_do_no_harm() {
    assert!(is_good(&with("aud", json!("others"))));
    assert!(is_good(&with("x", json!({"a": [1, null]}))));
}

#[test]
fn a_payload_is_an_object_in_which_no_name_stands_twice() {
    let good = payload().to_string();
    let twice = good.replace(r#""sub""#, r#""sub":"bob","sub""#);
    let escaped = good.replace(r#""sub""#, r#""s\u0075b":"bob","sub""#);
    let list = format!(r#"["ann",7,3,{0},{0}]"#, i64::MAX);
    for payload in [&twice, &escaped, &list, "", "null", "1", "[]", "{}", &format!("{good}x"), &good[1..]] {
        assert!(!is_good(&with_payload(payload)), "{payload}");
    }
}

#[test]
fn no_other_algorithm_is_accepted() {
    for name in ["none", "None", "", "hs256", "HS384", "HS512", "RS256", "ES256", "EdDSA"] {
        let token = with_header(&json!({"alg": name, "typ": "JWT"}).to_string());
        assert!(!is_good(&token), "{name}");
        let (content, _) = token.rsplit_once('.').unwrap();
        assert!(!is_good(&format!("{content}.")), "{name}, unsigned");
        let mac = Hmac::<Sha512>::new_from_slice(SECRET).unwrap().chain_update(content).finalize();
        let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.into_bytes());
        assert!(!is_good(&format!("{content}.{signature}")), "{name}, by SHA-512");
    }
}

#[test]
fn a_header_is_an_object_with_the_algorithm_and_without_extensions() {
    assert!(is_good(&with_header(r#"{"alg":"HS256"}"#)));
    assert!(is_good(&with_header(r#"{"kid":"1","alg":"HS256","x":1}"#)));
    for header in [
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","crit":null}"#,
        r#"{"alg":"HS256","cr\u0069t":["b64"],"b64":false}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","x":1,"x":2}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":null}"#,
        r#"["JWT","HS256"]"#,
        r#""HS256""#,
        "{}",
        "",
    ] {
        assert!(!is_good(&with_header(header)), "{header}");
    }
}
