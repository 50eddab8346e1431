//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA-256; no other algorithm is accepted.

use domain::{AccountId, Timestamp};
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
struct Wire {
    sub: String,
    account: i64,
    generation: i64,
    exp: i64,
    nbf: Option<i64>,
}

/// Whom a good token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) username: String,
    pub(crate) account: AccountId,
    pub(crate) generation: i64,
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

    pub(crate) fn issue(
        &self,
        username: &str,
        account: AccountId,
        generation: i64,
        now: Timestamp,
    ) -> Result<String, errors::Error> {
        let exp = now.as_micros() / 1_000_000 + self.seconds.cast_signed();
        let wire = Wire { sub: username.to_owned(), account: account.0, generation, exp, nbf: None };
        jsonwebtoken::encode(&Header::default(), &wire, &self.encoding)
    }

    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.validate_exp = false;
        let wire = jsonwebtoken::decode::<Wire>(token, &self.decoding, &rules).ok()?.claims;
        let now = now.as_micros() / 1_000_000;
        (wire.exp > now).then_some(Claims {
            username: wire.sub,
            account: AccountId(wire.account),
            generation: wire.generation,
        })
    }
}
