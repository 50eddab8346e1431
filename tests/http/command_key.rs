//! `api-analytics key`, beside a running service, which learns of each change within ten seconds.

use std::thread;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tests::{Client, Setup, on_each_backend};

use crate::support::event;

on_each_backend!(
    a_key_is_all_of_standard_output_and_works_at_once,
    keys_have_the_scopes_that_are_named,
    keys_end_when_they_expire,
    a_revoked_key_is_refused_by_the_running_service,
    what_is_wrong_is_named_in_one_line,
    everything_stands_in_the_audit_log,
);

/// How long a running service may believe what it knew, and some time to spare.
const PATIENCE: Duration = Duration::from_secs(15);

fn served(client: &Client, token: &str) -> Value {
    client.get("/projects/1/keys").bearer(token).send().expect(200).json()["items"].clone()
}

fn list(setup: &Setup) -> Value {
    setup.command("key list 1 --json").json()
}

fn a_key_is_all_of_standard_output_and_works_at_once(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let said = setup.command_with(&["key", "add", "1", "--name", "web servers"], "").done();
    let key = said.stdout.strip_suffix('\n').expect("a line").to_owned();
    assert_eq!(key.len(), 43, "{key}");
    assert!(said.stderr.contains("not shown again") && !said.stderr.contains(&key), "{}", said.stderr);
    client.track(&key, &event()).assert_status(200);
    client.get("/raw_logs").key(&key).send().assert_status(401);

    let made = setup.command("key add 1 --name other --json").json();
    let text = made["key"].as_str().expect("the key");
    assert!(text.starts_with(made["prefix"].as_str().expect("a prefix")));
    client.track(text, &event()).assert_status(200);
    // The same as over HTTP.
    assert_eq!(list(setup), served(client, &ann.token));
    let mut listed = made.clone();
    listed.as_object_mut().expect("an object").remove("key");
    assert_eq!(list(setup)[2], listed);
    assert_eq!((&listed["id"], &listed["name"]), (&json!("3"), &json!("other")));

    let table = setup.command("key list 1").done().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    // How wide the columns are depends on whether a use of a key has been put down already.
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(lines[0]), "id name prefix scopes state created expires last used revoked");
    let line = format!("2 web servers {} ingest in force 20", &key[..8]);
    assert!(words(lines[2]).starts_with(&line), "{table}");
    assert!(!table.contains(&key));
}

fn keys_have_the_scopes_that_are_named(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let _ = client.tenant("ann");
    for (scopes, sends, reads) in [
        ("--scope read", 403, 200),
        ("--scope ingest", 200, 401),
        ("--scope ingest --scope read", 200, 200),
        ("--scope read,ingest", 200, 200),
    ] {
        let key = setup.command(&format!("key add 1 --name k {scopes}")).line();
        client.track(&key, &event()).assert_status(sends);
        client.get("/raw_logs").key(&key).send().assert_status(reads);
    }
    assert_eq!(list(setup)[3]["scopes"], json!(["ingest", "read"]));
    setup.command("key add 1 --name k --scope write").assert_misused("possible values: ingest, read");
    setup.command("key add 1 --name k --scope ").assert_misused("possible values: ingest, read");
    assert_eq!(list(setup).as_array().map(Vec::len), Some(5));
}

fn keys_end_when_they_expire(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let _ = client.tenant("ann");
    let day = setup.command("key add 1 --name k --expires 2999-12-31 --json").json();
    assert_eq!(day["expires_at"], "2999-12-31T00:00:00Z");
    let zone = setup.command("key add 1 --name k --expires 2999-12-31T01:00:00+02:00 --json").json();
    assert_eq!(zone["expires_at"], "2999-12-30T23:00:00Z");

    let soon = Utc::now() + TimeDelta::seconds(3);
    let soon = format!("key add 1 --name k --expires {}", soon.format("%Y-%m-%dT%H:%M:%SZ"));
    let key = setup.command(&soon).line();
    client.track(&key, &event()).assert_status(200);
    wait_until_refused(client, &key);
    assert!(setup.command("key list 1").done().stdout.contains("  expired  "));

    for past in ["2020-01-01", "2020-01-01T00:00:00Z"] {
        setup.command(&format!("key add 1 --name k --expires {past}")).assert_failed("in the future");
    }
    for text in ["tomorrow", "1735689600", "2999-02-30"] {
        setup.command(&format!("key add 1 --name k --expires {text}")).assert_misused(text);
    }
    assert_eq!(list(setup).as_array().map(Vec::len), Some(4));
}

fn wait_until_refused(client: &Client, key: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = client.track(key, &event());
        match answer.status {
            401 => return assert_eq!(answer.detail(), "Invalid API Key"),
            200 => {}
            other => panic!("{other}: {}", answer.text()),
        }
        assert!(Instant::now() < end, "is good still after {PATIENCE:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

fn a_revoked_key_is_refused_by_the_running_service(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let other = setup.command("key add 1 --name other").line();
    client.track(&ann.key, &event()).assert_status(200);
    client.track(&other, &event()).assert_status(200);
    let said = setup.command("key revoke 1 1").line();
    assert_eq!(said, "key 1 of project 1, \"API\", is revoked");
    wait_until_refused(client, &ann.key);
    client.track(&other, &event()).assert_status(200);

    let revoked = list(setup)[0].clone();
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    assert_eq!(list(setup)[1]["revoked_at"], Value::Null);
    // Once more changes nothing.
    assert_eq!(setup.command("key revoke 1 1 --json").json(), revoked);
    let table = setup.command("key list 1").done().stdout;
    assert!(table.contains("  revoked   20") && table.contains("  in force  20"), "{table}");
}

fn what_is_wrong_is_named_in_one_line(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let (_, bob) = (client.tenant("ann"), client.tenant("bob"));
    setup.command("key add 7 --name k").assert_failed("no project 7");
    setup.command("key list 7").assert_failed("no project 7");
    setup.command("key revoke 7 1").assert_failed("no project 7");
    setup.command("key revoke 1 9").assert_failed("project 1 has no key 9");
    // That of another project.
    setup.command("key revoke 1 2").assert_failed("project 1 has no key 2");
    client.track(&bob.key, &event()).assert_status(200);
    setup.command("key add 1").assert_misused("--name");
    setup.command("key add one --name k").assert_misused("one");
    setup.command("key revoke 1").assert_misused("<KEY>");
    setup.command_with(&["key", "add", "1", "--name", ""], "").assert_misused("1 to 60 characters");
    assert_eq!(list(setup).as_array().map(Vec::len), Some(1));
}

fn everything_stands_in_the_audit_log(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let _ = setup.command("key add 1 --name web").done();
    for _ in 0..2 {
        let _ = setup.command("key revoke 1 2").done();
    }
    let entries = client.get("/projects/1/audit").bearer(&ann.token).send().expect(200).json();
    let entries = entries["items"].as_array().expect("a list").iter();
    let entries: Vec<_> =
        entries.map(|entry| json!([entry["actor"], entry["action"], entry["subject"]])).collect();
    let expected = [
        json!(["command line", "key.revoke", "web (2)"]),
        json!(["command line", "key.create", "web (2)"]),
        json!(["ann", "key.create", "API (1)"]),
        json!(["ann", "project.create", "API 1 (1)"]),
    ];
    assert_eq!(entries, expected);
}
