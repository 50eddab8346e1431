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
    for command in ["serve", "demo", "user", "project", "key", "load", "maintain", "migrate", "openapi"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing: {help}");
    }
}

#[test]
fn help_names_the_tasks_of_a_command_and_where_the_data_may_lie() {
    for (command, tasks) in [
        ("user", &["add", "list", "password", "admin", "remove"][..]),
        ("project", &["add", "list", "rename", "remove"]),
        ("key", &["add", "list", "revoke"]),
    ] {
        let help = stdout(&run(&[command, "--help"]));
        for task in tasks {
            assert!(help.contains(&format!("\n  {task} ")), "{command} {task} is missing: {help}");
            let help = stdout(&run(&[command, task, "--help"]));
            for flag in ["--json", "--data-dir", "--database-url", "--config"] {
                assert!(help.contains(flag), "{command} {task} has no {flag}: {help}");
            }
        }
    }
}

#[test]
fn a_database_that_is_not_there_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("data");
    let file = folder.path().join("a.csv");
    std::fs::write(&file, "created_at,method,endpoint,ip,process_time,status_code\n").unwrap();
    let (place, file) = (place.to_str().unwrap(), file.to_str().unwrap());
    for command in [
        &["user", "list"][..],
        &["user", "password", "ann"],
        &["user", "admin", "ann"],
        &["user", "remove", "ann"],
        &["project", "add", "Shop", "--owner", "ann"],
        &["project", "list"],
        &["project", "rename", "1", "Shop"],
        &["project", "remove", "1", "--name", "Shop"],
        &["key", "add", "1", "--name", "k"],
        &["key", "list", "1"],
        &["key", "revoke", "1", "1"],
        &["load", file, "--project", "1"],
        &["maintain", "--status"],
    ] {
        let output = run(&[command, &["--data-dir", place]].concat());
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.contains("no database") && message.contains(place), "{message}");
        assert!(!std::path::Path::new(place).exists(), "{command:?}");
    }
}

#[test]
fn flags_stand_before_the_task_or_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    assert_eq!(run(&["migrate", "--data-dir", place]).status.code(), Some(0));
    for flags in [
        ["user", "--data-dir", place, "--json", "list"],
        ["user", "--json", "list", "--data-dir", place],
        ["user", "list", "--data-dir", place, "--json"],
    ] {
        let output = run(&flags);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "[]\n"), "{flags:?}");
    }
}

#[test]
fn a_list_whose_reader_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    assert_eq!(run(&["migrate", "--data-dir", place]).status.code(), Some(0));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_api-analytics"));
    command.args(["user", "list", "--data-dir", place]).stdout(writer).stderr(std::process::Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
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
