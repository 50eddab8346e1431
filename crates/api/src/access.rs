//! Who asks, for which project, and what they may do with it: one extractor for each need.
//!
//! A handler names what it needs in its signature, `Access<Read>` or `SignedIn`, and checks nothing itself. The rule of
//! who may what is [`Caller::may`](domain::Caller::may); which credentials are looked at, and what is answered where
//! one of them is missing or bad, is here alone.

mod extract;
mod person;
mod presented;
mod project;

pub(crate) use extract::{
    Access, Administrator, Ingest, Manage, QueryParams, Read, ReadAll, SignedIn, Upload, Write,
    presented_session,
};
