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

/// What a good token says, with other values for some claims; null takes a claim away.
fn claims(token: &str, changes: &Value) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64");
    let mut claims: Value = serde_json::from_slice(&payload).expect("JSON");
    for (name, value) in changes.as_object().expect("an object of changes") {
        let claims = claims.as_object_mut().expect("an object");
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn content(header: &Value, claims: &Value) -> String {
    let encode = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn unsigned(algorithm: &str, claims: &Value) -> String {
    content(&json!({"alg": algorithm, "typ": "JWT"}), claims)
}

fn signed(content: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(content.as_bytes());
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn hs256(algorithm: &str, claims: &Value, secret: &str) -> String {
    signed(&unsigned(algorithm, claims), secret)
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
    for changes in [json!({"exp": now() + 600}), json!({"nbf": now() - 1}), json!({"iss": "anybody"})] {
        let token = hs256("HS256", &claims(&good, &changes), SECRET_KEY);
        server.client().me(&token).assert_status(200);
    }
}

fn faulty_tokens_are_refused_with_the_same_words(setup: Setup) {
    let server = setup.start();
    let good = server.client().tenant("alice").token;
    let _ = server.client().tenant("bob");
    let same = claims(&good, &json!({}));
    let (content_part, signature) = good.rsplit_once('.').expect("a token");
    let changed = |changes: Value| hs256("HS256", &claims(&good, &changes), SECRET_KEY);
    let with_header = |header: Value| signed(&content(&header, &same), SECRET_KEY);
    let other_account = claims(&server.client().tenant("carol").token, &json!({}))["account"].clone();
    let cases = [
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("no signature", format!("{content_part}.")),
        ("cut", format!("{content_part}.{}", &signature[..20])),
        ("none, unsigned", format!("{}.", unsigned("none", &same))),
        ("None, unsigned", format!("{}.", unsigned("None", &same))),
        ("none, signed", hs256("none", &same, SECRET_KEY)),
        ("other secret", hs256("HS256", &same, "another-secret-0123456789abcdef")),
        ("empty secret", hs256("HS256", &same, "")),
        ("HS512", hs512(&same)),
        ("RS256 by name", hs256("RS256", &same, SECRET_KEY)),
        ("a critical extension", with_header(json!({"alg": "HS256", "typ": "JWT", "crit": ["exp"]}))),
        ("an empty list of them", with_header(json!({"alg": "HS256", "typ": "JWT", "crit": []}))),
        ("expired", changed(json!({"exp": now() - 1}))),
        ("expired long ago", changed(json!({"exp": 1}))),
        ("no expiry", changed(json!({"exp": null}))),
        ("expiry as text", changed(json!({"exp": "never"}))),
        ("not yet good", changed(json!({"nbf": now() + 600}))),
        ("no user", changed(json!({"sub": null}))),
        ("another user", changed(json!({"sub": "bob"}))),
        ("unknown user", changed(json!({"sub": "nobody"}))),
        ("NUL in user", changed(json!({"sub": "ali\0ce"}))),
        ("user as number", changed(json!({"sub": 1}))),
        // As tokens of an older version are.
        ("no account", changed(json!({"account": null}))),
        ("no generation", changed(json!({"generation": null}))),
        ("neither", changed(json!({"account": null, "generation": null}))),
        ("another account", changed(json!({"account": other_account}))),
        ("unknown account", changed(json!({"account": 999_999}))),
        ("another generation", changed(json!({"generation": 7}))),
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
