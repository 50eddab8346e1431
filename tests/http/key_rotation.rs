//! Keys that take the place of others, keys that end by themselves, and when a key was last used.

use chrono::{DateTime, SubsecRound, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};
use tests::{Setup, eventually, on_each_backend};

use crate::support::{event, events};

on_each_backend!(
    a_rotated_key_is_like_the_old_one,
    without_overlap_the_old_key_ends_at_once,
    the_old_key_is_good_for_the_overlap,
    an_overlap_never_lengthens_a_key,
    faulty_overlaps_are_refused,
    a_batch_sent_again_with_the_rotated_key_is_a_replay,
    a_key_ends_when_it_said_it_would,
    an_expired_key_does_not_come_back,
    the_last_use_is_kept_to_the_minute,
);

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().expect("RFC 3339")
}

fn a_rotated_key_is_like_the_old_one(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let body = json!({"name": "web", "scopes": ["ingest", "read"], "expires_at": "2100-01-01T00:00:00Z"});
    let old = project.post("/keys", &body).expect(201).json();
    let old_id = old["id"].as_str().expect("an id");
    let made = project.post(&format!("/keys/{old_id}/rotate"), &json!({})).expect(201);
    let new = made.json();
    assert_eq!(made.header("location"), project.path(&format!("/keys/{}", made.id())));
    assert_ne!((&new["id"], &new["key"], &new["prefix"]), (&old["id"], &old["key"], &old["prefix"]));
    for field in ["name", "scopes", "expires_at", "last_used_at", "revoked_at"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    let mut shown = project.account.get(made.header("location")).expect(200).json();
    shown["key"] = new["key"].clone();
    assert_eq!(shown, new);
}

fn without_overlap_the_old_key_ends_at_once(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    for body in [json!({}), json!({"overlap_minutes": 0}), json!({"overlap_minutes": null})] {
        let old = project.key(&["ingest"]);
        client.track(&old.text, &event()).assert_status(200);
        let path = format!("/keys/{}", old.id);
        let new = project.post(&format!("{path}/rotate"), &body).expect(201).json();
        assert_eq!(client.track(&old.text, &event()).expect(401).detail(), "Invalid API Key", "{body}");
        client.track(new["key"].as_str().expect("a key"), &event()).assert_status(200);
        assert!(time(&project.get(&path).expect(200).json()["expires_at"]) <= Utc::now());
        project.post(&format!("{path}/rotate"), &json!({})).assert_status(409);
    }
    assert_eq!(project.get("").expect(200).json()["events"], 6);
}

fn the_old_key_is_good_for_the_overlap(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let old = project.key(&["ingest"]);
    let path = format!("/keys/{}", old.id);
    let before = Utc::now();
    let new = project.post(&format!("{path}/rotate"), &json!({"overlap_minutes": 60})).expect(201).json();
    for key in [old.text.as_str(), new["key"].as_str().expect("a key")] {
        client.track(key, &event()).assert_status(200);
    }
    let end = time(&project.get(&path).expect(200).json()["expires_at"]) - TimeDelta::hours(1);
    assert!((before.trunc_subsecs(3)..=Utc::now()).contains(&end), "{end}");
    assert!(new["expires_at"].is_null());
}

fn an_overlap_never_lengthens_a_key(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let soon = (Utc::now() + TimeDelta::minutes(5)).trunc_subsecs(3);
    let body = json!({"name": "short", "expires_at": soon.to_rfc3339()});
    let path = format!("/keys/{}", project.post("/keys", &body).expect(201).id());
    project.post(&format!("{path}/rotate"), &json!({"overlap_minutes": 60})).assert_status(201);
    assert_eq!(time(&project.get(&path).expect(200).json()["expires_at"]), soon);
}

fn faulty_overlaps_are_refused(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}/rotate", key.id);
    for overlap in
        [json!(-1), json!(43_201), json!(1.5), json!("1"), json!([]), json!(1e300), json!(u64::MAX)]
    {
        let answer = project.post(&path, &json!({"overlap_minutes": overlap})).expect(422);
        assert_eq!(answer.faulty_fields(), ["overlap_minutes"], "{overlap}");
    }
    assert_eq!(project.post(&path, &json!({"minutes": 1})).expect(422).faulty_fields(), ["minutes"]);
    server.client().track(&key.text, &event()).assert_status(200);
    project.post(&path, &json!({"overlap_minutes": 43_200})).assert_status(201);
}

fn a_batch_sent_again_with_the_rotated_key_is_a_replay(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let old = project.key(&["ingest"]);
    let send = |key: &str, count: usize| {
        client.batch(key).header("Idempotency-Key", "batch-1").json(&json!(events(count))).send()
    };
    let first = send(&old.text, 3).expect(200);
    let new = project.post(&format!("/keys/{}/rotate", old.id), &json!({})).expect(201).json();
    let new = new["key"].as_str().expect("a key");
    let again = send(new, 3).expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    // Another batch under that name is refused whichever key it comes with.
    send(new, 4).assert_status(422);
    assert_eq!(project.get("").expect(200).json()["events"], 3);
    // In another project it is another name.
    let other = project.account.project("other").key(&["ingest"]);
    assert_eq!(send(&other.text, 3).expect(200).header("idempotency-replayed"), "");
}

fn a_key_ends_when_it_said_it_would(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let end = Utc::now() + TimeDelta::seconds(2);
    let body = json!({"name": "short", "scopes": ["ingest", "read"], "expires_at": end.to_rfc3339()});
    let made = project.post("/keys", &body).expect(201).json();
    let key = made["key"].as_str().expect("a key");
    client.track(key, &event()).assert_status(200);
    // Though it has just been looked up.
    eventually("the end of the key", || {
        let answer = client.get("/raw_logs").key(key).send();
        (answer.status == 401).then(|| assert!(Utc::now() >= end && answer.detail() == "Invalid API Key"))
    });
    assert_eq!(client.track(key, &event()).expect(401).detail(), "Invalid API Key");
    assert_eq!(project.ask("/raw_logs", "").expect(200).json().as_array().map(Vec::len), Some(1));
}

fn an_expired_key_does_not_come_back(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}", key.id);
    project.patch(&path, &json!({"expires_at": "2020-01-01"})).assert_status(200);
    client.track(&key.text, &event()).assert_status(401);
    let ended = project.get(&path).expect(200).json();
    for change in [json!({"expires_at": null}), json!({"expires_at": "2100-01-01"}), json!({"name": "b"})] {
        project.patch(&path, &change).assert_status(409);
        client.track(&key.text, &event()).assert_status(401);
    }
    assert_eq!(project.get(&path).expect(200).json(), ended);
    project.delete(&path).assert_status(204);
}

fn the_last_use_is_kept_to_the_minute(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let (used, unused) = (project.key(&["ingest"]), project.key(&["ingest"]));
    let before = Utc::now();
    server.client().track(&used.text, &event()).assert_status(200);
    let after = Utc::now();
    // Stored now and then, and at the end.
    let server = server.restart();
    let project = project.on(server.client());
    let last_used_at =
        |id: &str| project.get(&format!("/keys/{id}")).expect(200).json()["last_used_at"].clone();
    let whole_minute =
        |at: DateTime<Utc>| at.with_second(0).and_then(|at| at.with_nanosecond(0)).expect("a time");
    let last = time(&last_used_at(&used.id));
    assert!([before, after].map(whole_minute).contains(&last), "{last}");
    assert_eq!(last_used_at(&unused.id), Value::Null);
}
