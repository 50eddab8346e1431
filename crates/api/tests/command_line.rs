//! The command line by itself: help, exit codes, one clear line for each mistake.
//!
//! That this test is here also makes `cargo test` build the program, which the tests over HTTP start.
#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-analytics"));
    command.args(args).env_remove("API_ANALYTICS_CONFIG").env_remove("DATABASE_URL").output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn help_names_every_command() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = stdout(&output);
    for command in ["serve", "demo", "load", "maintain", "migrate", "openapi"] {
        assert!(help.contains(command), "{command} is missing: {help}");
    }
}

#[test]
fn misuse_has_an_exit_code_of_its_own() {
    assert_eq!(run(&[]).status.code(), Some(2));
    assert_eq!(run(&["fly"]).status.code(), Some(2));
    assert_eq!(run(&["serve", "--port", "many"]).status.code(), Some(2));
}

#[test]
fn a_failure_is_one_line_without_a_backtrace() {
    let output = run(&["migrate", "--database-url", "mysql://localhost/a"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(message.contains("database_url") && message.contains("mysql"), "{message}");
}

#[test]
fn a_key_or_secret_may_begin_with_a_hyphen() {
    let load = run(&["load", "--username", "ann", "--api-key", "-Jk", "no-such-file.csv"]);
    assert_eq!(load.status.code(), Some(1), "{}", String::from_utf8_lossy(&load.stderr));
    let serve = run(&["serve", "--secret-key", "-Jk", "--database-url", "mysql://localhost/a"]);
    assert_eq!(serve.status.code(), Some(1), "{}", String::from_utf8_lossy(&serve.stderr));
}

#[test]
fn the_openapi_document_is_of_version_3_1() {
    let output = run(&["openapi"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("\"openapi\": \"3.1.0\""));
}
