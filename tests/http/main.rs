//! Black-box tests of the service over HTTP: one module for each subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "helpers of tests: a failure here is a failed test, and the time is that of the service under test"
)]

mod access;
mod audit;
mod batch;
mod batch_limits;
mod batch_memory;
mod bearer;
mod command_beside;
mod command_demo;
mod command_key;
mod command_load;
mod command_password;
mod command_project;
mod command_user;
mod commands;
mod dashboard;
mod dashboard_range;
mod dashboard_rounding;
mod durability;
mod failing_database;
mod files;
mod filters;
mod headers;
mod hostile;
mod hostile_credentials;
mod hostile_routes;
mod idempotency;
mod include;
mod invitations;
mod key_rotation;
mod keys;
mod ledger;
mod link_hides;
mod link_list;
mod links;
mod members;
mod meta;
mod no_requests;
mod project_end;
mod project_keys;
mod projects;
mod quota;
mod quota_names;
mod races;
mod raw_logs_filter;
mod raw_logs_order;
mod register;
mod report;
mod segments;
mod sessions;
mod settings;
mod sign_ins;
mod slow_clients;
mod startup;
mod support;
mod timezone;
mod token;
mod track;
mod upgrade;
