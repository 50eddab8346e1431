//! Memory for the bodies of batches that are on their way: bounded over all connections.

use actix_web::HttpRequest;
use actix_web::http::header;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::BatchError;
use super::options::{Compression, Limits};

/// All bodies together, compressed as well as inflated.
const ROOM_BYTES: usize = 256 << 20;
/// Room is handed out in pieces.
const PIECE_BYTES: usize = 16 << 10;
/// Events mostly shrink to a tenth.
const INFLATION: usize = 12;

/// The room that is left.
pub(crate) struct Room(Semaphore);

impl Room {
    pub(crate) const fn new() -> Self {
        Self(Semaphore::const_new(ROOM_BYTES / PIECE_BYTES))
    }

    /// Room for the body of a request until the permit is dropped: for what it says its length is, and what
    /// that may inflate to; for the longest body where it does not say.
    pub(crate) fn reserve(
        &self,
        request: &HttpRequest,
        compression: Compression,
        limits: Limits,
    ) -> Result<SemaphorePermit<'_>, BatchError> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let stated = length.unwrap_or(limits.bytes).min(limits.bytes);
        let bytes = match compression {
            Compression::Identity => stated,
            Compression::Gzip => stated + stated.saturating_mul(INFLATION).min(limits.bytes),
        };
        // One that is larger than all the room is let in when it is alone.
        let pieces = (bytes / PIECE_BYTES + 1).min(ROOM_BYTES / PIECE_BYTES);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        self.0.try_acquire_many(pieces).map_err(|_| BatchError::NoRoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let (room, limits) = (Room::new(), Limits { events: 10, bytes: 8 << 20 });
        let request =
            TestRequest::default().insert_header((header::CONTENT_LENGTH, "4000000")).to_http_request();
        let mut taken = Vec::new();
        while let Ok(permit) = room.reserve(&request, Compression::Identity, limits) {
            taken.push(permit);
        }
        assert!((60..=70).contains(&taken.len()), "{}", taken.len());
        taken.pop();
        assert!(room.reserve(&request, Compression::Identity, limits).is_ok());
        let unstated = TestRequest::default().to_http_request();
        assert!(room.reserve(&unstated, Compression::Gzip, limits).is_err(), "that one needs more");
    }
}
