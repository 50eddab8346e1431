//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA-256; no other algorithm is accepted.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The one algorithm, provided here: the library's own back ends bring far more than it.
static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(HmacSha256::new(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(HmacSha256::new(*algorithm, key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self, errors::Error> {
        if algorithm != Algorithm::HS256 {
            return Err(errors::ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(key).map(Self).map_err(|_| errors::ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        // Compares in constant time.
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
}

/// Issues and checks access tokens.
pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    seconds: u64,
}

impl Tokens {
    pub(crate) fn new(secret: &[u8], minutes: u32) -> Self {
        // A second installation in one process is refused, and is the same.
        let _ = HS256.install_default();
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            seconds: u64::from(minutes) * 60,
        }
    }

    /// How long a token is good for, in seconds.
    pub(crate) const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// A token for this user.
    pub(crate) fn issue(&self, username: &str) -> Result<String, errors::Error> {
        let exp = jsonwebtoken::get_current_timestamp() + self.seconds;
        jsonwebtoken::encode(&Header::default(), &Claims { sub: username.to_owned(), exp }, &self.encoding)
    }

    /// The user that a good token names.
    pub(crate) fn verify(&self, token: &str) -> Option<String> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        let token = jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules).ok()?;
        Some(token.claims.sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_its_own_tokens_only() {
        let tokens = Tokens::new(b"one secret of many", 1);
        let token = tokens.issue("ann").unwrap();
        assert_eq!(tokens.verify(&token).as_deref(), Some("ann"));
        assert_eq!(Tokens::new(b"another secret", 1).verify(&token), None);
        assert_eq!(tokens.verify(&token[..token.len() - 2]), None);
        assert_eq!(tokens.verify("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjk5OTk5OTk5OTl9."), None);
    }
}
