//! The audit logs: who did what, to what, when and from where; of a project, and of an account.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Project, Setup, eventually, on_each_backend};

use crate::support::{event, texts};

on_each_backend!(
    every_change_of_a_project_is_entered,
    nothing_is_entered_where_nothing_was_done,
    an_entry_says_who_when_and_from_where,
    an_entry_names_the_client_behind_a_trusted_proxy,
    the_log_is_given_in_parts_the_newest_first,
    a_project_has_its_own_log,
    an_account_sees_what_was_done_in_its_name,
    an_account_sees_what_was_tried_in_its_name,
    an_owner_sees_what_was_tried_in_the_name_of_a_member,
    an_account_does_not_see_from_where_others_acted,
    what_an_account_did_stays_when_it_goes,
    no_secret_stands_in_a_log,
    strange_names_are_entered_as_they_are,
);

fn entries(project: &Project) -> Vec<Value> {
    project.get("/audit").expect(200).items()
}

/// Actions with their subjects, the oldest first.
fn done(entries: &[Value]) -> Vec<(String, String)> {
    let mut done: Vec<_> = texts(entries, "action").into_iter().zip(texts(entries, "subject")).collect();
    done.reverse();
    done
}

fn every_change_of_a_project_is_entered(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let mut expected = vec![("project.create", format!("watched ({})", project.id))];
    project.patch("", &json!({"name": "renamed"})).assert_status(200);
    expected.push(("project.rename", "renamed".to_owned()));
    project.set(&json!({"timezone": "Europe/Berlin"}));
    expected.push(("settings.change", "version 1".to_owned()));
    let key = project.post("/keys", &json!({"name": "web"})).expect(201).id();
    expected.push(("key.create", format!("web ({key})")));
    project.patch(&format!("/keys/{key}"), &json!({"name": "www"})).assert_status(200);
    expected.push(("key.change", format!("www ({key})")));
    let body = json!({"overlap_minutes": 5});
    let rotated = project.post(&format!("/keys/{key}/rotate"), &body).expect(201).id();
    expected.push(("key.rotate", format!("www ({rotated}) in place of {key}")));
    project.delete(&format!("/keys/{key}")).assert_status(204);
    expected.push(("key.revoke", format!("www ({key})")));
    let link = project.post("/links", &json!({"name": "a link"})).expect(201).id();
    expected.push(("link.create", format!("a link ({link})")));
    project.delete(&format!("/links/{link}")).assert_status(204);
    expected.push(("link.delete", format!("a link ({link})")));
    let invitation = project.post("/invitations", &json!({"role": "owner"})).expect(201).id();
    expected.push(("invitation.create", format!("owner ({invitation})")));
    project.delete(&format!("/invitations/{invitation}")).assert_status(204);
    expected.push(("invitation.delete", format!("owner ({invitation})")));
    let bob = project.member("bob", "viewer");
    let invitation: u64 = invitation.parse::<u64>().expect("digits today") + 1;
    expected.push(("invitation.create", format!("viewer ({invitation})")));
    expected.push(("member.join", "bob: viewer".to_owned()));
    let path = format!("/members/{}", project.account_id("bob"));
    project.patch(&path, &json!({"role": "editor"})).assert_status(204);
    expected.push(("member.role", "bob: editor".to_owned()));
    project.delete(&path).assert_status(204);
    expected.push(("member.remove", "bob: editor".to_owned()));
    let expected: Vec<_> =
        expected.into_iter().map(|(action, subject)| (action.to_owned(), subject)).collect();
    let entries = entries(&project);
    assert_eq!(done(&entries), expected);
    for entry in &entries {
        let actor = if entry["action"] == "member.join" { "bob" } else { "ann" };
        assert_eq!(entry["actor"], actor, "{entry}");
    }
    bob.get("/audit").assert_status(404);
}

fn nothing_is_entered_where_nothing_was_done(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let viewer = project.member("vic", "viewer");
    let key = project.key(&["ingest"]);
    let path = format!("/keys/{}", key.id);
    let vic = format!("/members/{}", project.account_id("vic"));
    project.delete(&path).assert_status(204);
    let before = entries(&project);
    for _ in 0..2 {
        project.delete(&path).assert_status(204);
        project.patch(&vic, &json!({"role": "viewer"})).assert_status(204);
    }
    project.patch(&path, &json!({"name": "b"})).assert_status(409);
    project.patch("", &json!({"name": ""})).assert_status(422);
    project.put("/settings", &json!({"timezone": "x"})).assert_status(422);
    project.call("PUT", "/settings").header("If-Match", "\"9\"").json(&json!({})).send().assert_status(412);
    project.end("other").assert_status(409);
    viewer.post("/keys", &json!({"name": "a"})).assert_status(403);
    viewer.account.accept("made-up").assert_status(403);
    client.track(&key.text, &event()).assert_status(401);
    project.ask("/raw_logs", "").assert_status(200);
    assert_eq!(entries(&project), before);
}

fn an_entry_says_who_when_and_from_where(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let second = project.member("owen", "owner");
    let before = Utc::now();
    second.set(&json!({}));
    let entry = entries(&project).swap_remove(0);
    let mut fields: Vec<_> = entry.as_object().expect("an object").keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["action", "actor", "address", "at", "id", "subject"]);
    assert!(entry["id"].is_string(), "{entry}");
    let at: DateTime<Utc> = entry["at"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!((before..=Utc::now()).contains(&at), "{entry}");
    assert_eq!((&entry["actor"], &entry["action"]), (&json!("owen"), &json!("settings.change")));
    assert_eq!(entry["address"], "127.0.0.1");
}

fn an_entry_names_the_client_behind_a_trusted_proxy(setup: Setup) {
    let server = setup.env("API_ANALYTICS_TRUSTED_PROXIES", "127.0.0.1").start();
    let project = server.client().owner("ann");
    let call = project.call("PUT", "/settings").header("X-Forwarded-For", "203.0.113.66, 192.0.2.77");
    call.json(&json!({})).send().assert_status(200);
    assert_eq!(entries(&project)[0]["address"], "192.0.2.77");
}

fn the_log_is_given_in_parts_the_newest_first(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    for number in 0..120 {
        project.patch("", &json!({"name": format!("name {number}")})).assert_status(200);
    }
    let first = project.get("/audit").expect(200);
    assert_eq!(first.items().len(), 100, "at most so many at once");
    assert_eq!(first.items()[0]["subject"], "name 119");
    let mut path = "/audit?limit=50".to_owned();
    let mut all = Vec::new();
    loop {
        let part = project.get(&path).expect(200);
        all.extend(part.items());
        let json = part.json();
        let Some(next) = json["next"].as_str() else { break };
        path = format!("/audit?limit=50&cursor={next}");
        // What is done meanwhile is above what is read.
        project.set(&json!({}));
    }
    let subjects: Vec<_> = (0..120).rev().map(|number| format!("name {number}")).collect();
    assert_eq!(texts(&all[..120], "subject"), subjects);
    assert_eq!(texts(&all[120..], "action"), ["project.create"]);
}

fn a_project_has_its_own_log(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let other = project.account.project("other");
    let before = entries(&project);
    other.set(&json!({}));
    let _ = other.key(&["read"]);
    assert_eq!(entries(&project), before);
    assert_eq!(entries(&other).len(), 3);
    for (member, status) in [
        (project.member("vic", "viewer"), 403),
        (project.member("eve", "editor"), 403),
        (project.seen_by(&server.client().account("mallory")), 404),
    ] {
        member.get("/audit").assert_status(status);
    }
}

fn an_account_sees_what_was_done_in_its_name(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let bob = project.member("bob", "viewer");
    let path = format!("/members/{}", project.account_id("bob"));
    project.patch(&path, &json!({"role": "owner"})).assert_status(204);
    bob.set(&json!({}));
    bob.end("watched").assert_status(204);
    let own = bob.account.get("/me/audit").expect(200).items();
    let expected = [("account.create", "bob"), ("project.delete", "watched (1)")];
    let expected = expected.map(|(action, subject)| (action.to_owned(), subject.to_owned()));
    // What was done in the project went with it.
    assert_eq!(done(&own), expected);
    assert!(own.iter().all(|entry| entry["actor"] == "bob"));
    let of_ann = project.account.get("/me/audit").expect(200).items();
    assert_eq!(texts(&of_ann, "action"), ["account.create"]);
    // Another one did this to it.
    let project = project.account.project("second");
    bob.account.accept(&project.invitation("viewer")).assert_status(200);
    project.delete(&format!("/members/{}", project.account_id("bob"))).assert_status(204);
    let removed = bob.account.get("/me/audit").expect(200).items().swap_remove(0);
    assert_eq!((&removed["action"], &removed["actor"]), (&json!("member.remove"), &json!("ann")));
    // From where is the project's to know.
    assert_eq!(removed["address"], Value::Null);
    server.client().get("/me/audit").send().assert_status(401);
}

fn an_account_sees_what_was_tried_in_its_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let ann = client.account("ann");
    client.token("ann", "another password").assert_status(401);
    client.token("Ann", "another password").assert_status(401);
    // Noted after the answer, which must not tell by its time that there is such an account.
    let own = eventually("the entry", || {
        let own = ann.get("/me/audit").expect(200).items();
        (own.len() > 1).then_some(own)
    });
    assert_eq!(texts(&own, "action"), ["session.fail", "account.create"]);
    assert_eq!((&own[0]["actor"], &own[0]["address"]), (&json!("ann"), &json!("127.0.0.1")));
}

fn an_owner_sees_what_was_tried_in_the_name_of_a_member(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, other) = (client.owner("ann"), client.owner("eve"));
    let bob = project.member("bob", "viewer");
    client.token("bob", "another password").assert_status(401);
    let tried = eventually("the entry", || {
        entries(&project).into_iter().find(|entry| entry["action"] == "session.fail")
    });
    assert_eq!((&tried["actor"], &tried["address"]), (&json!("bob"), &json!("127.0.0.1")));
    assert!(entries(&other).iter().all(|entry| entry["action"] != "session.fail"));
    bob.account.get("/me/audit").assert_status(200);
}

fn an_account_does_not_see_from_where_others_acted(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let bob = project.member("bob", "viewer");
    let members = project.get("/members").expect(200).items();
    let id = members.iter().find(|member| member["username"] == "bob").expect("bob")["account"].clone();
    let path = format!("/members/{}", id.as_str().expect("an id"));
    project.patch(&path, &json!({"role": "editor"})).assert_status(204);
    let own = bob.account.get("/me/audit").expect(200).items();
    let changed = own.iter().find(|entry| entry["action"] == "member.role").expect("the change");
    assert_eq!((&changed["actor"], &changed["address"]), (&json!("ann"), &Value::Null));
}

fn what_an_account_did_stays_when_it_goes(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let bob = project.member("bob", "owner");
    bob.set(&json!({}));
    let leave = bob.account.call("DELETE", "/me").json(&json!({"password": PASSWORD}));
    leave.send().assert_status(204);
    let entries = entries(&project);
    assert_eq!(texts(&entries[..2], "action"), ["member.remove", "settings.change"]);
    assert_eq!(texts(&entries[..2], "actor"), ["bob", "bob"]);
    // Whoever has the name next has done none of it.
    let next = server.client().account("bob");
    assert_eq!(texts(&next.get("/me/audit").expect(200).items(), "action"), ["account.create"]);
}

fn no_secret_stands_in_a_log(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let rotated = project.post(&format!("/keys/{}/rotate", key.id), &json!({})).expect(201).json();
    let secrets = [
        key.text,
        rotated["key"].as_str().expect("a key").to_owned(),
        project.link(&json!({"filters": ["consumer=acme"]})),
        project.invitation("viewer"),
        project.account.token.clone(),
        PASSWORD.to_owned(),
    ];
    for text in [project.get("/audit").text(), project.account.get("/me/audit").text()] {
        assert!(secrets.iter().all(|secret| !text.contains(&secret[..12])), "{text}");
    }
}

fn strange_names_are_entered_as_they_are(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let names = ["\"><script>", "'; DROP TABLE audit; --", "\u{202e}evil", "100% _", &"ж".repeat(60)];
    for name in names {
        project.patch("", &json!({"name": name})).assert_status(200);
    }
    let subjects = texts(&entries(&project), "subject");
    let expected: Vec<_> = names.iter().rev().copied().collect();
    assert_eq!(subjects[..names.len()], expected);
}
