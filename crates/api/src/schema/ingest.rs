//! What the document says about batches and the ledger.

use utoipa::{IntoParams, ToSchema};

use super::EventBody;
use super::choices::{EncodingName, MomentText};

/// Events; a faulty one is refused and does not hinder the others.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `batch` reads it")]
pub(crate) struct BatchBody(Vec<EventBody>);

/// How a batch is stored.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the handler reads them")]
pub(crate) struct BatchParams {
    /// All or nothing: one faulty event, and none is stored; by default false.
    #[param(example = false)]
    atomic: Option<bool>,
}

/// Headers of a batch.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the headers; the handler reads them")]
pub(crate) struct BatchHeaders {
    /// A name for this batch, 1–255 visible ASCII characters: when it is sent again under the same name, nothing
    /// is stored twice and the answer is the original one. Names are kept for 24 hours.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = r"^[\x21-\x7E]+$",
        example = "0198c7a5-7a51-7b5e-9d0c-3f1f6c1d2e4a"
    )]
    idempotency_key: Option<String>,
    /// How the body is compressed; by default not at all.
    #[param(inline, rename = "Content-Encoding", nullable = false, example = "identity")]
    content_encoding: Option<EncodingName>,
}

/// Which hours are listed: at most 31 days.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `domain` reads them")]
pub(crate) struct LedgerParams {
    /// First instant, or date (its start); by default a day before the end.
    #[param(inline, example = "2025-08-20")]
    start_date: Option<MomentText>,
    /// Last instant, or date (its end); by default now.
    #[param(inline, example = "2025-08-20")]
    end_date: Option<MomentText>,
}
