//! The service: HTTP API, ingest, configuration and command line of `api-analytics`.
//!
//! Handlers are thin: they extract, call one function and convert. `routes` is the table of all of them,
//! `problem` the only place that picks a status for an error, `ingest` the way of events to the disk, `batch` the reading of many at once.

mod access;
mod answers;
mod app;
mod auth;
mod batch;
mod body;
pub mod cli;
mod client_address;
mod clock;
mod config;
mod connections;
mod cors;
mod database_lock;
mod datasets;
mod exposure;
mod files;
mod header_value;
mod headers;
mod ingest;
mod intake;
mod log_limit;
mod maintenance;
mod openapi;
mod origin;
mod origins;
mod pace;
mod problem;
mod questions;
mod quota;
mod random;
mod read_error;
mod routes;
mod schema;
mod sealing;
mod sign_in;
mod startup;
mod telemetry;
#[cfg(test)]
mod tests;
mod tidying;
