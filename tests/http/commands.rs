//! The other commands: load, migrate, openapi, demo.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};
use tests::{Backend, Setup, on_each_backend};

on_each_backend!(loads_good_lines_and_names_the_others, migrates_an_empty_database);

const HEADER: &str = "created_at,method,endpoint,ip,process_time,status_code\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sqlite_setup() -> Setup {
    Setup::on(Backend::Sqlite).expect("SQLite is always there")
}

/// Loads a file for a new tenant, and gives what the command said and what is stored then.
fn load(setup: Setup, csv: &[u8]) -> (Output, Vec<Value>) {
    let server = setup.start();
    let ann = server.client().tenant("ann");
    let setup = server.stop();
    let file = setup.data_dir().with_extension("csv");
    fs::write(&file, csv).expect("a file");
    let path = file.to_str().expect("UTF-8");
    let output = setup.run("load", &[path, "--username", "ann", "--api-key", &ann.key]);
    let server = setup.start();
    let stored = server.client().all_logs(&ann);
    (output, stored)
}

fn loads_good_lines_and_names_the_others(setup: Setup) {
    let csv = format!(
        "{HEADER}2025-08-20 10:00:00.000001,GET,/a,192.0.2.1,12.5,200\n\
         2025-08-20 10:00:01,GET,\"/b,\"\"c\"\"\",,3,404\n\
         never,get,/a,x,-1,600\n\
         2025-08-20,GET,/a\n\
         2025-08-20T10:00:02Z,POST,/ж,null,0,500\n"
    );
    let (output, stored) = load(setup, csv.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "3 events stored, 2 lines refused\n");
    let faults = text(&output.stderr);
    let lines: Vec<_> = faults.lines().collect();
    for field in ["line 4", "created_at", "method", "ip", "process_time", "status_code"] {
        assert!(lines[0].contains(field), "{field} is not in: {}", lines[0]);
    }
    assert!(lines[1].starts_with("line 5: has 3 columns"), "{faults}");
    let expected = json!([
        {"id": 1, "created_at": "2025-08-20T10:00:00.000001Z", "method": "GET", "endpoint": "/a",
         "ip": "192.0.2.1", "process_time": 12.5, "status_code": 200},
        {"id": 2, "created_at": "2025-08-20T10:00:01Z", "method": "GET", "endpoint": "/b,\"c\"",
         "ip": null, "process_time": 3.0, "status_code": 404},
        {"id": 3, "created_at": "2025-08-20T10:00:02Z", "method": "POST", "endpoint": "/ж",
         "ip": null, "process_time": 0.0, "status_code": 500},
    ]);
    assert_eq!(Value::from(stored), expected);
}

fn migrates_an_empty_database(setup: Setup) {
    for _ in 0..2 {
        let output = setup.run("migrate", &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    drop(setup.start());
}

#[test]
fn loads_more_lines_than_one_transaction_takes() {
    let mut csv = HEADER.to_owned();
    for second in 0..20_001 {
        csv.push_str(&format!(
            "2025-08-20 {:02}:{:02}:{:02},GET,/a,,1,200\n",
            second / 3600,
            second / 60 % 60,
            second % 60
        ));
    }
    let (output, _) = load(sqlite_setup(), csv.as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "20001 events stored, 0 lines refused\n");
}

#[test]
fn refuses_files_that_are_no_such_csv() {
    for (csv, named) in [("", "header"), ("a,b\n1,2\n", "header"), ("\u{feff}created_at\n", "header")] {
        let (output, stored) = load(sqlite_setup(), csv.as_bytes());
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
        assert!(stored.is_empty());
    }
}

#[test]
fn refuses_keys_that_are_not_the_users() {
    let server = sqlite_setup().start();
    let (ann, bob) = (server.client().tenant("ann"), server.client().tenant("bob"));
    let setup = server.stop();
    let file = setup.data_dir().with_extension("csv");
    fs::write(&file, HEADER).expect("a file");
    let path = file.to_str().expect("UTF-8");
    for (user, key, named) in [
        ("ann", bob.key.as_str(), "another account"),
        ("ann", "nonsense", "unknown"),
        ("eve", ann.key.as_str(), "eve"),
    ] {
        let output = setup.run("load", &[path, "--username", user, "--api-key", key]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(named), "{}", text(&output.stderr));
    }
}

#[test]
fn prints_the_document_that_the_service_serves() {
    let server = sqlite_setup().start();
    let served = server.client().document().clone();
    let output = std::process::Command::new(tests::binary()).arg("openapi").output().expect("it runs");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed, served);
}
