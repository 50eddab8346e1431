//! `api-analytics load`: which lines are taken, and for which project.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};
use tests::{Backend, Said, Setup, on_each_backend};

on_each_backend!(
    loads_good_lines_and_names_the_others,
    loads_into_the_project_that_is_named,
    keys_that_send_nothing_name_no_project,
);

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

/// A file without any event.
fn empty_file(setup: &Setup) -> PathBuf {
    let file = setup.data_dir().with_extension("csv");
    fs::write(&file, HEADER).expect("a file");
    file
}

fn load_with(setup: &Setup, arguments: &[&str]) -> Said {
    let file = empty_file(setup);
    let words = [&["load", file.to_str().expect("UTF-8")], arguments].concat();
    setup.command_with(&words, "")
}

fn loads_into_the_project_that_is_named(setup: Setup) {
    let server = setup.start();
    let (ann, bob) = (server.client().tenant("ann"), server.client().tenant("bob"));
    let setup = server.setup();
    let file = empty_file(setup);
    fs::write(&file, format!("{HEADER}2025-08-20,GET,/a,,1,200\n")).expect("a file");
    let path = file.to_str().expect("UTF-8");
    for way in [
        &["--project", "2"][..],
        &["--project", "2", "--username", "bob"],
        &["--api-key", &bob.key],
        &["--username", "bob", "--api-key", &bob.key],
    ] {
        let said = setup.command_with(&[&["load", path], way].concat(), "");
        assert_eq!(said.line(), "1 events stored, 0 lines refused", "{way:?}");
    }
    assert_eq!(server.client().all_logs(&bob).len(), 4);
    assert_eq!(server.client().all_logs(&ann).len(), 0);

    for (arguments, named) in [
        (&["--project", "7"][..], "no project 7"),
        (&["--project", "2", "--username", "ann"], "\"ann\" is no member of project 2"),
        (&["--username", "ann", "--api-key", &bob.key], "\"ann\" is no member of project 2"),
        (&["--username", "eve", "--api-key", &ann.key], "no account \"eve\""),
        (&["--api-key", "nonsense"], "unknown or revoked"),
    ] {
        load_with(setup, arguments).assert_failed(named);
    }
    load_with(setup, &["--project", "2", "--api-key", &bob.key]).assert_misused("cannot be used with");
    load_with(setup, &["--username", "bob"]).assert_misused("--project ID, or --api-key KEY");
    load_with(setup, &["--project", "two"]).assert_misused("two");
    assert_eq!(server.client().all_logs(&bob).len(), 4);
}

fn keys_that_send_nothing_name_no_project(setup: Setup) {
    let server = setup.start();
    let _ = server.client().tenant("ann");
    let setup = server.setup();
    let key = |arguments: &str| setup.command(&format!("key add 1 --name k --scope {arguments}")).line();
    load_with(setup, &["--api-key", &key("read")]).assert_failed("not for sending events");
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(1);
    let expired =
        key(&format!("ingest --expires {}", soon.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    load_with(setup, &["--api-key", &expired]).assert_failed("expired");
    let revoked = key("ingest");
    let _ = setup.command("key revoke 1 4").done();
    load_with(setup, &["--api-key", &revoked]).assert_failed("unknown or revoked");
}

#[test]
fn a_key_in_the_environment_is_for_want_of_a_flag() {
    let server = sqlite_setup().start();
    let (ann, bob) = (server.client().tenant("ann"), server.client().tenant("bob"));
    let setup = server.stop().env("API_ANALYTICS_KEY", &ann.key);
    let file = empty_file(&setup);
    fs::write(&file, format!("{HEADER}2025-08-20,GET,/a,,1,200\n")).expect("a file");
    let path = file.to_str().expect("UTF-8");
    for way in [&[][..], &["--project", "2"], &["--api-key", &bob.key]] {
        let _ = setup.command_with(&[&["load", path], way].concat(), "").done();
    }
    let events = |project: usize| setup.command("project list --json").json()[project]["events"].clone();
    assert_eq!((events(0), events(1)), (json!(1), json!(2)));
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
