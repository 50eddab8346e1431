//! Which bearer tokens open a door: tokens made by hand, signed and broken in every way.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use tests::{Answer, SECRET_KEY, Setup, on_each_backend};

on_each_backend!(
    a_token_signed_with_the_secret_is_accepted,
    faulty_tokens_are_refused_with_the_same_words,
    faulty_authorization_headers_are_refused,
    every_protected_path_asks_for_a_token,
);

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// The claims of a token of the service, with one in another form or, if null, not at all.
fn claims_but(token: &str, name: &str, value: Value) -> Value {
    let payload = token.split('.').nth(1).expect("a token");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let mut claims: Value = serde_json::from_slice(&payload).expect("JSON");
    claims[name] = value;
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    claims
}

fn unsigned(algorithm: &str, claims: &Value) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT"}).to_string();
    let header = BASE64_URL_SAFE_NO_PAD.encode(header);
    format!("{header}.{}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn hs256(algorithm: &str, claims: &Value, secret: &str) -> String {
    let content = unsigned(algorithm, claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(content.as_bytes());
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn hs512(claims: &Value) -> String {
    let content = unsigned("HS512", claims);
    let mut mac = Hmac::<Sha512>::new_from_slice(SECRET_KEY.as_bytes()).expect("any length");
    mac.update(content.as_bytes());
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    assert_eq!(answer.detail(), "Could not validate credentials", "{what}");
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
}

fn a_token_signed_with_the_secret_is_accepted(setup: Setup) {
    let server = setup.start();
    let good = server.client().tenant("alice").token;
    let token = hs256("HS256", &claims_but(&good, "exp", json!(now() + 600)), SECRET_KEY);
    server.client().me(&token).assert_status(200);
}

fn faulty_tokens_are_refused_with_the_same_words(setup: Setup) {
    let server = setup.start();
    let good = server.client().tenant("alice").token;
    let other = server.client().tenant("bob").token;
    let claims = claims_but(&good, "exp", json!(now() + 600));
    let but = |name, value| hs256("HS256", &claims_but(&good, name, value), SECRET_KEY);
    let (content, signature) = good.rsplit_once('.').expect("a token");
    let cases = [
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("no signature", format!("{content}.")),
        ("cut", format!("{content}.{}", &signature[..20])),
        ("none, unsigned", format!("{}.", unsigned("none", &claims))),
        ("None, unsigned", format!("{}.", unsigned("None", &claims))),
        ("none, signed", hs256("none", &claims, SECRET_KEY)),
        ("other secret", hs256("HS256", &claims, "another-secret-0123456789abcdef")),
        ("empty secret", hs256("HS256", &claims, "")),
        ("HS512", hs512(&claims)),
        ("RS256 by name", hs256("RS256", &claims, SECRET_KEY)),
        ("expired", but("exp", json!(now() - 600))),
        ("expired just now", but("exp", json!(now()))),
        ("expired long ago", but("exp", json!(1))),
        ("no expiry", but("exp", json!(null))),
        ("expiry as text", but("exp", json!("never"))),
        ("not yet", but("nbf", json!(now() + 60))),
        ("no user", but("sub", json!(null))),
        ("unknown user", but("sub", json!("nobody"))),
        ("NUL in user", but("sub", json!("ali\0ce"))),
        ("user as number", but("sub", json!(1))),
        ("another user's account", hs256("HS256", &claims_but(&other, "sub", json!("alice")), SECRET_KEY)),
        ("no account", but("account", json!(null))),
        ("another generation", but("generation", json!(4711))),
        ("no generation", but("generation", json!(null))),
        ("an older version", hs256("HS256", &json!({"sub": "alice", "exp": now() + 600}), SECRET_KEY)),
        ("long", "a".repeat(6000)),
    ];
    for (what, token) in cases {
        assert_refused(&server.client().me(&token), what);
    }
}

fn faulty_authorization_headers_are_refused(setup: Setup) {
    let server = setup.start();
    let token = server.client().tenant("alice").token;
    assert_refused(&server.client().get("/me").send(), "missing");
    for value in ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", &token, &format!("Token {token}")] {
        assert_refused(&server.client().get("/me").header("Authorization", value).send(), value);
    }
    let lower = format!("bearer {token}");
    server.client().get("/me").header("Authorization", &lower).send().assert_status(200);
}

fn every_protected_path_asks_for_a_token(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let key = client.tenant("alice").key;
    for path in ["/me", "/raw_logs", "/dashboard", "/report?format=json", "/report?format=pdf"] {
        assert_refused(&client.get(path).key(&key).send(), path);
    }
    assert_refused(&client.call("POST", "/generate_key").send(), "/generate_key");
}
