//! API keys of a project: making, listing, changing and revoking them, and what each scope opens. Rotation is the
//! subject of `key_rotation`.

use serde_json::{Value, json};
use tests::{Key, Project, Setup, on_each_backend};

use crate::support::{event, texts};

on_each_backend!(
    a_key_is_shown_once,
    a_key_is_for_sending_events_unless_told_otherwise,
    faulty_keys_are_refused,
    the_list_is_given_in_parts_with_revoked_keys,
    a_key_is_changed_field_by_field,
    scopes_that_change_count_at_once,
    a_revoked_key_is_refused_at_once_and_its_events_stay,
    a_read_key_answers_every_question_and_sends_nothing,
    an_ingest_key_alone_reads_nothing,
    a_key_beside_another_project_is_refused,
    a_project_has_a_bounded_number_of_keys,
);

/// The questions that any credential for reading opens.
pub(crate) const QUESTIONS: [&str; 5] =
    ["/raw_logs", "/dashboard", "/report?format=json", "/report?format=pdf", "/shared"];

fn a_key_is_shown_once(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let body =
        json!({"name": "web", "scopes": ["read", "ingest"], "expires_at": "2100-01-01T00:00:00+01:00"});
    let made = project.post("/keys", &body).expect(201);
    let shown = made.json();
    let text = shown["key"].as_str().expect("the key");
    assert_eq!(made.header("location"), project.path(&format!("/keys/{}", made.id())));
    assert!((20..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
    assert_eq!(shown["prefix"].as_str(), text.get(..8), "{shown}");
    let mut expected = json!({
        "id": made.id(), "name": "web", "prefix": shown["prefix"], "scopes": ["ingest", "read"],
        "created_at": shown["created_at"], "expires_at": "2099-12-31T23:00:00Z", "last_used_at": null,
        "revoked_at": null,
    });
    assert_eq!(project.account.get(made.header("location")).expect(200).json(), expected);
    assert_eq!(project.get("/keys").expect(200).items(), [expected.clone()]);
    expected["key"] = json!(text);
    assert_eq!(shown, expected);
    // Not in any other answer either.
    for path in ["/projects".to_owned(), project.path(""), project.path("/audit"), "/me/audit".to_owned()] {
        assert!(!project.account.get(&path).expect(200).text().contains(text), "{path}");
    }
}

fn a_key_is_for_sending_events_unless_told_otherwise(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    for body in [json!({"name": "a"}), json!({"name": "a", "scopes": null, "expires_at": null})] {
        let made = project.post("/keys", &body).expect(201).json();
        assert_eq!((&made["scopes"], &made["expires_at"]), (&json!(["ingest"]), &Value::Null));
        server.client().track(made["key"].as_str().expect("a key"), &event()).assert_status(200);
    }
}

fn faulty_keys_are_refused(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}", key.id);
    let faults = [
        (json!({"name": ""}), "name"),
        (json!({"name": 1}), "name"),
        (json!({"name": "a", "scopes": []}), "scopes"),
        (json!({"name": "a", "scopes": "read"}), "scopes"),
        (json!({"name": "a", "scopes": ["write"]}), "scopes"),
        (json!({"name": "a", "scopes": ["Read"]}), "scopes"),
        (json!({"name": "a", "scopes": [1]}), "scopes"),
        (json!({"name": "a", "scopes": ["read", "read", "read"]}), "scopes"),
        (json!({"name": "a", "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "a", "expires_at": 4_102_444_800_u64}), "expires_at"),
        (json!({"name": "a", "expires_at": "10000-01-01"}), "expires_at"),
        (json!({"name": "a", "key": "chosen by myself"}), "key"),
        (json!({"name": "a", "project": "1"}), "project"),
    ];
    for (body, field) in faults {
        assert_eq!(project.post("/keys", &body).expect(422).faulty_fields(), [field], "{body}");
        assert_eq!(project.patch(&path, &body).expect(422).faulty_fields(), [field], "{body}");
    }
    let all = json!({"name": " ", "scopes": [], "expires_at": "x", "colour": 1});
    let named = ["colour", "expires_at", "name", "scopes"];
    assert_eq!(project.post("/keys", &all).expect(422).faulty_fields(), named);
    // A key that would never be good is a mistake; one that ends now is not.
    let past = json!({"name": "a", "expires_at": "2020-01-01T00:00:00Z"});
    assert_eq!(project.post("/keys", &past).expect(422).faulty_fields(), ["expires_at"]);
    assert_eq!(project.get("/keys").expect(200).items().len(), 1);
    for id in ["999999", "x", "0"] {
        let answer = project.patch(&format!("/keys/{id}"), &json!({"name": "a"})).expect(404);
        assert_eq!(answer.detail(), "There is no such key");
        assert_eq!(project.get(&format!("/keys/{id}")).expect(404).detail(), "There is no such key");
    }
}

fn the_list_is_given_in_parts_with_revoked_keys(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let keys: Vec<Key> = (0..5).map(|_| project.key(&["ingest"])).collect();
    let other = project.account.project("other");
    let foreign = other.key(&["ingest"]);
    project.delete(&format!("/keys/{}", keys[1].id)).assert_status(204);
    let first = project.get("/keys?limit=2").expect(200);
    assert_eq!(texts(&first.items(), "id"), [keys[0].id.as_str(), &keys[1].id]);
    assert!(first.items()[0]["revoked_at"].is_null() && first.items()[1]["revoked_at"].is_string());
    let next = first.json()["next"].as_str().expect("a cursor").to_owned();
    let rest = project.get(&format!("/keys?cursor={next}")).expect(200);
    assert_eq!(texts(&rest.items(), "id"), [keys[2].id.as_str(), &keys[3].id, &keys[4].id]);
    assert!(rest.json()["next"].is_null());
    // A key of another project of the same owner is none of this one.
    for (method, rest) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")] {
        let call = project.call(method, &format!("/keys/{}{rest}", foreign.id));
        let call = if method == "GET" { call } else { call.json(&json!({})) };
        assert_eq!(call.send().expect(404).detail(), "There is no such key", "{method}");
    }
    server.client().track(&foreign.text, &event()).assert_status(200);
}

fn a_key_is_changed_field_by_field(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}", key.id);
    let mut expected = project.get(&path).expect(200).json();
    for (change, field, value) in [
        (json!({"name": "b"}), "name", json!("b")),
        (json!({"scopes": ["read"]}), "scopes", json!(["read"])),
        (json!({"expires_at": "2100-01-01"}), "expires_at", json!("2100-01-01T00:00:00Z")),
        (json!({"name": null, "scopes": null}), "name", json!("b")),
        (json!({}), "name", json!("b")),
        (json!({"expires_at": null}), "expires_at", Value::Null),
    ] {
        expected[field] = value;
        assert_eq!(project.patch(&path, &change).expect(200).json(), expected, "{change}");
        assert_eq!(project.get(&path).expect(200).json(), expected, "{change}");
    }
}

fn scopes_that_change_count_at_once(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}", key.id);
    let statuses = || {
        let read = client.get("/raw_logs").key(&key.text).send().status;
        (client.track(&key.text, &event()).status, read)
    };
    assert_eq!(statuses(), (200, 401));
    project.patch(&path, &json!({"scopes": ["read"]})).assert_status(200);
    assert_eq!(statuses(), (403, 200));
    project.patch(&path, &json!({"scopes": ["ingest", "read"]})).assert_status(200);
    assert_eq!(statuses(), (200, 200));
}

fn a_revoked_key_is_refused_at_once_and_its_events_stay(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let (key, spare) = (project.key(&["ingest", "read"]), project.key(&["ingest", "read"]));
    client.track(&key.text, &event()).assert_status(200);
    client.get("/raw_logs").key(&key.text).send().assert_status(200);
    let path = format!("/keys/{}", key.id);
    project.delete(&path).assert_status(204);
    assert_eq!(client.track(&key.text, &event()).expect(401).detail(), "Invalid API Key");
    for call in [client.get("/raw_logs"), client.get("/raw_logs").bearer(&project.account.token)] {
        assert_eq!(call.key(&key.text).send().expect(401).detail(), "Invalid API Key");
    }
    assert_eq!(project.ask("/raw_logs", "").expect(200).json().as_array().map(Vec::len), Some(1));
    client.track(&spare.text, &event()).assert_status(200);
    // It stays revoked, since then.
    let revoked = project.get(&path).expect(200).json();
    project.delete(&path).assert_status(204);
    assert_eq!(project.get(&path).expect(200).json(), revoked);
    project.patch(&path, &json!({"expires_at": null})).assert_status(409);
    project.post(&format!("{path}/rotate"), &json!({})).assert_status(409);
    let server = server.restart();
    server.client().track(&key.text, &event()).assert_status(401);
}

fn answer_of(project: &Project, path: &str, key: &str) -> tests::Answer {
    project.account.client.get(path).key(key).send()
}

fn a_read_key_answers_every_question_and_sends_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let (ingest, read) = (project.key(&["ingest"]), project.key(&["read"]));
    client.track(&ingest.text, &event()).assert_status(200);
    for path in QUESTIONS.into_iter().chain(["/ingest/ledger"]) {
        answer_of(&project, path, &read.text).assert_status(200);
    }
    for rest in ["", "/settings"] {
        answer_of(&project, &project.path(rest), &read.text).assert_status(200);
    }
    let by_token = project.ask("/raw_logs", "").expect(200).json();
    assert_eq!(answer_of(&project, "/raw_logs", &read.text).expect(200).json(), by_token);
    let refused = client.track(&read.text, &event()).expect(403);
    assert_eq!(refused.detail(), "The API key is not for sending events");
    client.track_batch(&read.text, &[event()]).assert_status(403);
    for rest in ["/keys", "/members", "/links", "/invitations", "/audit"] {
        answer_of(&project, &project.path(rest), &read.text).assert_status(403);
    }
    for path in ["/me", "/projects", "/me/audit"] {
        answer_of(&project, path, &read.text).assert_status(401);
    }
    let other = project.account.project("other");
    answer_of(&project, &other.path(""), &read.text).assert_status(404);
}

fn an_ingest_key_alone_reads_nothing(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let ingest = project.key(&["ingest"]);
    for path in QUESTIONS.into_iter().chain(["/ingest/ledger"]) {
        let answer = answer_of(&project, path, &ingest.text).expect(401);
        assert_eq!(answer.detail(), "Could not validate credentials", "{path}");
        let beside = server.client().get(path).key(&ingest.text).bearer(&project.account.token);
        beside.send().assert_status(200);
    }
}

fn a_key_beside_another_project_is_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let other = project.account.project("other");
    let read = project.key(&["read"]);
    for path in QUESTIONS {
        let separator = if path.contains('?') { '&' } else { '?' };
        let named = |id: &str| format!("{path}{separator}project={id}");
        for call in [client.get(&named(&other.id)), client.get(&named("x"))] {
            for call in [call.clone(), call.bearer(&project.account.token)] {
                assert_eq!(call.key(&read.text).send().expect(422).faulty_fields(), ["project"], "{path}");
            }
        }
        client.get(&named(&project.id)).key(&read.text).send().assert_status(200);
        // Which of two projects is meant?
        let twice = format!("{}&project={}", named(&project.id), project.id);
        assert_eq!(project.account.get(&twice).expect(422).faulty_fields(), ["project"]);
        let unnamed = project.account.get(path).expect(401);
        assert_eq!(unnamed.detail(), "Missing API Key", "{path}");
    }
    let bob = client.account("bob");
    client.get("/raw_logs").key(&read.text).bearer(&bob.token).send().assert_status(403);
}

fn a_project_has_a_bounded_number_of_keys(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let keys: Vec<Key> = (0..100).map(|_| project.key(&["ingest"])).collect();
    project.post("/keys", &json!({"name": "one more"})).assert_status(409);
    project.post(&format!("/keys/{}/rotate", keys[0].id), &json!({})).assert_status(409);
    project.delete(&format!("/keys/{}", keys[0].id)).assert_status(204);
    let _ = project.key(&["ingest"]);
    let all = project.get("/keys").expect(200);
    assert_eq!(all.items().len(), 100);
    assert!(all.json()["next"].is_string());
    server.client().track(&keys[99].text, &event()).assert_status(200);
}
