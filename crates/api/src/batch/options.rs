//! What the headers and parameters of a batch say about it.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use domain::{Checks, Params, Rule, ValidationError};
use formats::Format;
use sha2::{Digest, Sha256};

use super::error::BatchError;

/// SHA-256 of a request that has a name.
pub(crate) type BodyHash = [u8; 32];

const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest name of a batch.
const MAX_NAME: usize = 255;

/// What a batch may not exceed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Events.
    pub(crate) events: usize,
    /// Bytes, compressed as well as inflated.
    pub(crate) bytes: usize,
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
}

impl Compression {
    fn of(headers: &HeaderMap) -> Result<Self, BatchError> {
        let Some(coding) = headers.get(CONTENT_ENCODING) else {
            return Ok(Self::Identity);
        };
        let coding = coding.to_str().unwrap_or_default().trim();
        let is = |name: &str| coding.eq_ignore_ascii_case(name);
        // Two headers are two codings, one over the other.
        if headers.get_all(CONTENT_ENCODING).count() > 1 {
            Err(BatchError::UnknownEncoding)
        } else if is("gzip") || is("x-gzip") {
            Ok(Self::Gzip)
        } else if is("identity") {
            Ok(Self::Identity)
        } else {
            Err(BatchError::UnknownEncoding)
        }
    }
}

/// How a batch is to be read and stored.
#[derive(Debug)]
pub(crate) struct Options {
    /// `None`: see the first byte.
    pub(crate) format: Option<Format>,
    pub(crate) compression: Compression,
    /// Whether one bad event spoils the batch.
    pub(crate) is_atomic: bool,
    /// The header `Idempotency-Key`.
    pub(crate) name: Option<Vec<u8>>,
}

impl Options {
    /// Reads the headers and the parameter `atomic`.
    pub(crate) fn read(request: &HttpRequest, params: &Params) -> Result<Self, BatchError> {
        let headers = request.headers();
        let mut checks = Checks::default();
        let is_atomic = checks.take(params.read("atomic", flag));
        let name = checks.take(name(headers));
        let (is_atomic, name) = checks.finish(is_atomic.zip(name))?;
        Ok(Self {
            format: format(headers),
            compression: Compression::of(headers)?,
            is_atomic: is_atomic.unwrap_or(false),
            name,
        })
    }

    /// SHA-256 of what the request asks for: its events, and whether they are stored as a whole.
    pub(super) fn body_hash(&self, bytes: &[u8]) -> BodyHash {
        Sha256::new().chain_update([u8::from(self.is_atomic)]).chain_update(bytes).finalize().into()
    }
}

/// The form of a media type; `None` for types that leave it open.
fn format(headers: &HeaderMap) -> Option<Format> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    if is("application/json") {
        Some(Format::JsonArray)
    } else if is("application/x-ndjson") || is("application/jsonl") || is("application/ndjson") {
        Some(Format::Ndjson)
    } else {
        None
    }
}

fn flag(field: &'static str, text: &str) -> Result<bool, ValidationError> {
    text.parse().map_err(|_| ValidationError::new(field, Rule::Format, "must be true or false"))
}

fn name(headers: &HeaderMap) -> Result<Option<Vec<u8>>, ValidationError> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY);
    let Some(name) = given.next() else {
        return Ok(None);
    };
    if given.next().is_some() {
        return Err(ValidationError::new("Idempotency-Key", Rule::Duplicate, "is given twice"));
    }
    let name = name.as_bytes();
    if !(1..=MAX_NAME).contains(&name.len()) {
        return Err(ValidationError::new(
            "Idempotency-Key",
            Rule::Length,
            "must be 1 to 255 characters long",
        ));
    }
    if !name.iter().all(u8::is_ascii_graphic) {
        let detail = "must be visible ASCII characters without blanks";
        return Err(ValidationError::new("Idempotency-Key", Rule::Format, detail));
    }
    Ok(Some(name.to_vec()))
}
