//! The connections of clients: how many there are, how slowly they may go, and what answer they get to what is no
//! request. Not for requests: see `routes`; nor for their bodies: see `body`.

mod bare;
mod connection;
mod descriptors;
mod exchange;
mod last_answer;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use descriptors::allow_connections;
pub(crate) use server::{Settings, serve};
