//! `api-analytics project`, beside a running service and without one.

use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Client, Server, Setup, Tenant, on_each_backend};

use crate::support::{event, events};

on_each_backend!(
    makes_lists_and_renames_projects,
    a_removed_project_takes_nothing_in_and_leaves_nothing,
    the_name_is_asked_for_against_mistakes,
    what_is_wrong_is_named_in_one_line,
    everything_stands_in_the_audit_log,
);

/// How long a running service may believe what it knew, and some time to spare.
const PATIENCE: Duration = Duration::from_secs(15);

fn served(client: &Client, token: &str) -> Value {
    client.get("/projects").bearer(token).send().expect(200).json()["items"].clone()
}

fn list(setup: &Setup) -> Value {
    setup.command("project list --json").json()
}

fn makes_lists_and_renames_projects(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    client.track(&ann.key, &event()).assert_status(200);
    let id = setup.command_with(&["project", "add", "Shop 店", "--owner", "ann"], "").line();
    assert_eq!(id, "2", "the id alone, for scripts");
    let third = setup.command_with(&["project", "add", "Shop 店", "--owner", "ann", "--json"], "").json();
    assert_eq!(third["id"], "3");

    // The same as over HTTP, but for the role, which an operator has not.
    let mut expected = served(client, &ann.token);
    for project in expected.as_array_mut().expect("a list") {
        let project = project.as_object_mut().expect("an object");
        assert_eq!(project.remove("role"), Some(json!("owner")));
        project.insert("owners".to_owned(), json!(["ann"]));
    }
    assert_eq!(list(setup), expected);
    assert_eq!(list(setup)[0]["events"], 1);
    assert_eq!(list(setup)[2], third);

    let table = setup.command("project list").done().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("id  name     owners  events  last event            created"), "{table}");
    assert!(lines[1].starts_with(" 1  API 1    ann          1  20"), "{table}");
    assert!(lines[2].starts_with(" 2  Shop 店  ann          0  -  "), "{table}");

    let renamed = setup.command_with(&["project", "rename", "2", "The other shop", "--json"], "").json();
    assert_eq!((&renamed["id"], &renamed["name"]), (&json!("2"), &json!("The other shop")));
    assert_eq!(served(client, &ann.token)[1]["name"], "The other shop");
}

/// Waits until the service refuses the key.
fn wait_until_refused(client: &Client, key: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = client.track(key, &event());
        if answer.status == 401 {
            return;
        }
        assert!(Instant::now() < end, "after {PATIENCE:?}: {}", answer.status);
        thread::sleep(Duration::from_millis(100));
    }
}

/// A tenant whose project holds events in segments and in rows, the name of a batch, and an hour of the ledger.
fn filled(server: &Server, name: &str) -> Tenant {
    let tenant = server.client().tenant(name);
    let file = server.setup().data_dir().with_extension("csv");
    let mut csv = "created_at,method,endpoint,ip,process_time,status_code\n".to_owned();
    for number in 0..12_000 {
        csv.push_str(&format!("2025-08-20T12:00:00Z,GET,/{number},,1,200\n"));
    }
    fs::write(&file, csv).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let _ = server.setup().command_with(&["load", file, "--api-key", &tenant.key], "").done();
    let batch = server.client().batch(&tenant.key).header("Idempotency-Key", "once");
    batch.json(&Value::from(events(10))).send().assert_status(200);
    tenant
}

fn a_removed_project_takes_nothing_in_and_leaves_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client().clone();
    let (ann, bob) = (filled(&server, "ann"), filled(&server, "bob"));
    let remove = ["project", "remove", "1", "--name", "API 1", "--json"];
    assert_eq!(server.setup().command_with(&remove, "").json()["events"], 12_010);
    assert_eq!(served(&client, &ann.token), json!([]));
    client.get("/projects/1").bearer(&ann.token).send().assert_status(404);
    wait_until_refused(&client, &ann.key);
    assert_eq!(client.raw_logs(&bob, "offset=12009").expect(200).json().as_array().map(Vec::len), Some(1));

    // Nobody but the command is there to remove the other one's rows.
    let setup = server.stop();
    assert_eq!(rows(&setup, "1"), [0, 0, 0, 0]);
    assert_eq!(rows(&setup, "2"), [12_010, 1, 1, 1]);
    let said = setup.command_with(&["project", "remove", "2", "--name", "API 2"], "").line();
    assert_eq!(said, "project 2, \"API 2\", is removed with 12010 events");
    assert_eq!(rows(&setup, "2"), [0, 0, 0, 0]);
    assert_eq!(setup.count("SELECT count(*) FROM deleted_projects"), 0);
    assert_eq!(list(&setup), json!([]));
    // The account stays, and owns nothing.
    let _ = setup.command("user remove bob").done();
}

/// Rows of a project in the tables that are emptied in portions: events, segments, hours of the ledger, names of
/// batches.
fn rows(setup: &Setup, project: &str) -> [i64; 4] {
    ["events", "segments", "ingest_ledger", "idempotency_keys"]
        .map(|table| setup.count(&format!("SELECT count(*) FROM {table} WHERE project_id = {project}")))
}

fn the_name_is_asked_for_against_mistakes(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    client.track(&ann.key, &event()).assert_status(200);
    for name in ["API 2", "api 1", "API 1 "] {
        let said = setup.command_with(&["project", "remove", "1", "--name", name], "");
        assert_ne!(said.code, Some(0), "{name:?}");
    }
    setup.command_with(&["project", "remove", "1", "--name", "API"], "").assert_failed("\"API 1\"");
    setup.command("project remove 1").assert_misused("--name");
    client.track(&ann.key, &event()).assert_status(200);
    assert_eq!(list(setup)[0]["events"], 2);
}

#[expect(clippy::needless_pass_by_value, reason = "the form of every test of both back ends")]
fn what_is_wrong_is_named_in_one_line(setup: Setup) {
    let _ = setup.command_with(&["user", "add", "ann"], PASSWORD).done();
    setup.command("project add Shop --owner eve").assert_failed("no account \"eve\"");
    setup.command("project rename 7 Shop").assert_failed("no project 7");
    setup.command("project remove 7 --name Shop").assert_failed("no project 7");
    setup.command("project add Shop").assert_misused("--owner");
    for id in ["x", "0", "01", "-1"] {
        setup.command_with(&["project", "rename", id, "Shop"], "").assert_misused(id);
    }
    for name in ["", " Shop", "a\tb", &"s".repeat(61)] {
        setup.command_with(&["project", "add", name, "--owner", "ann"], "").assert_misused("invalid value");
    }
    assert_eq!(list(&setup), json!([]));
    assert_eq!(setup.command("project list").line(), "id  name  owners  events  last event  created");
}

fn everything_stands_in_the_audit_log(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let id = setup.command("project add Shop --owner ann").line();
    let _ = setup.command(&format!("project rename {id} Store")).done();
    let entries = client.get(&format!("/projects/{id}/audit")).bearer(&ann.token).send().expect(200).json();
    let entries = entries["items"].as_array().expect("a list").iter();
    let entries: Vec<_> =
        entries.map(|entry| json!([entry["actor"], entry["action"], entry["subject"]])).collect();
    let expected = [
        json!(["command line", "project.rename", "Store"]),
        json!(["command line", "project.create", format!("Shop ({id})")]),
    ];
    assert_eq!(entries, expected);
    let _ = setup.command(&format!("project remove {id} --name Store")).done();
    let removed = "SELECT count(*) FROM audit WHERE actor = 'command line' AND action = 'project.delete'";
    assert_eq!(setup.count(removed), 1);
}
