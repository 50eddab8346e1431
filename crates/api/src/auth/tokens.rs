//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA-256; no other algorithm is accepted.
//!
//! A token names the account by its id, which is never used again, and by the generation of its tokens, which a new
//! password raises; whoever accepts a token compares both with what is stored, so a token dies with its password.

mod hs256;
mod object;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{AccountId, Timestamp, Username};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors};
use serde::Serialize;
use serde_json::Value;

use self::hs256::HS256;
use self::object::Object;

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The name of the account when the token was issued.
    pub(crate) username: Username,
    /// The account.
    pub(crate) account: AccountId,
    /// The generation of its tokens.
    pub(crate) generation: i64,
}

/// The claims on the wire; times in seconds since 1970.
#[derive(Serialize)]
struct Payload<'a> {
    sub: &'a str,
    account: i64,
    generation: i64,
    iat: i64,
    exp: i64,
}

/// Issues and checks access tokens.
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    rules: Validation,
    seconds: u32,
}

impl Tokens {
    pub(crate) fn new(secret: &[u8], minutes: u32) -> Self {
        // A second installation in one process is refused, and is the same.
        let _ = HS256.install_default();
        // The library knows the system's time only, so it is told to look at the algorithm and the signature.
        let mut rules = Validation::new(Algorithm::HS256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            rules,
            seconds: minutes.saturating_mul(60),
        }
    }

    /// How long a token is good for, in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.seconds.into()
    }

    /// A token with these claims, good from now on.
    pub(crate) fn issue(&self, claims: &Claims, now: Timestamp) -> Result<String, errors::Error> {
        let iat = seconds(now);
        let payload = Payload {
            sub: claims.username.as_str(),
            account: claims.account.0,
            generation: claims.generation,
            iat,
            exp: iat + i64::from(self.seconds),
        };
        jsonwebtoken::encode(&Header::default(), &payload, &self.encoding)
    }

    /// What the token says, if it is signed by us and good at this instant. Without leeway: the clock is our own.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let payload = jsonwebtoken::decode::<Object>(token, &self.decoding, &self.rules).ok()?.claims;
        // Extensions that must be understood: there is none that we do.
        if header(token)?.get("crit").is_some() {
            return None;
        }
        let (now, number) = (seconds(now), |name| payload.get(name).and_then(Value::as_i64));
        let begins = payload.get("nbf").map_or(Some(i64::MIN), Value::as_i64)?;
        number("iat")?;
        if now < begins || now >= number("exp")? {
            return None;
        }
        Some(Claims {
            username: Username::parse(payload.get("sub")?.as_str()?).ok()?,
            account: AccountId(number("account")?),
            generation: number("generation")?,
        })
    }
}

fn seconds(instant: Timestamp) -> i64 {
    instant.as_micros().div_euclid(1_000_000)
}

fn header(token: &str) -> Option<Object> {
    let (header, _) = token.split_once('.')?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}
