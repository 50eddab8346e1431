//! A database of the version before projects: what it answered is answered still, digit for digit.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::{Client, Setup, old_database, on_each_backend};

on_each_backend!(
    answers_stay_as_they_were,
    a_batch_that_came_before_the_upgrade_is_known_after_it,
    a_revoked_key_stays_refused_and_its_events_stay_readable,
);

/// A key as that version gave it out; what was its number is that of its project.
struct Key {
    project: String,
    user: String,
    text: String,
    is_revoked: bool,
}

struct Old {
    answers: Value,
    keys: Vec<Key>,
    /// Bearer tokens of the users, for whom the old passwords are good.
    tokens: BTreeMap<String, String>,
}

impl Old {
    fn sign_in(client: &Client) -> Self {
        let answers = old_database::answers();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut tokens = BTreeMap::new();
        for user in answers["users"].as_array().expect("users") {
            let (username, password) = (text(&user["username"]), text(&user["password"]));
            let token = text(&client.token(&username, &password).expect(200).json()["access_token"]);
            tokens.insert(username, token);
        }
        let mut keys = Vec::new();
        for key in answers["keys"].as_array().expect("keys") {
            keys.push(Key {
                project: key["project"].to_string(),
                user: text(&key["user"]),
                text: text(&key["key"]),
                is_revoked: key["revoked"] == true,
            });
        }
        Self { answers, keys, tokens }
    }

    fn key(&self, project: &Value) -> &Key {
        let project = project.to_string();
        self.keys.iter().find(|key| key.project == project).expect("a key of that project")
    }

    fn token(&self, key: &Key) -> &str {
        &self.tokens[&key.user]
    }

    fn list(&self, name: &str) -> &[Value] {
        self.answers[name].as_array().expect("a list")
    }
}

/// Everything that was answered is answered; there may be more of it.
fn assert_covers(new: &Value, old: &Value, place: &str) {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            for (name, old) in old {
                let new = new.get(name).unwrap_or_else(|| panic!("{place}.{name} is missing"));
                assert_covers(new, old, &format!("{place}.{name}"));
            }
        }
        (Value::Array(new), Value::Array(old)) => {
            assert_eq!(new.len(), old.len(), "{place}");
            for (number, (new, old)) in new.iter().zip(old).enumerate() {
                assert_covers(new, old, &format!("{place}[{number}]"));
            }
        }
        // Not compared: when a report was made.
        (_, Value::Null) if place.ends_with(".generated_at") => {}
        _ => assert_eq!(new, old, "{place}"),
    }
}

fn answers_stay_as_they_were(setup: Setup) {
    let server = setup.with_old_database().start();
    let client = server.client();
    let old = Old::sign_in(client);
    let mut asked = 0;
    for question in old.list("questions") {
        let key = old.key(&question["project"]);
        let path = question["path"].as_str().expect("a path");
        let by_project = client.get(&format!("{path}&project={}", key.project)).bearer(old.token(key));
        assert_covers(&by_project.send().expect(200).json(), &question["answer"], path);
        if !key.is_revoked {
            let by_key = client.get(path).bearer(old.token(key)).key(&key.text).send();
            assert_covers(&by_key.expect(200).json(), &question["answer"], path);
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
    for (user, token) in &old.tokens {
        let projects = client.get("/projects").bearer(token).send().expect(200).json();
        let projects = projects["items"].as_array().expect("items").clone();
        let theirs: Vec<_> = old.keys.iter().filter(|key| key.user == *user).collect();
        assert_eq!(projects.len(), theirs.len());
        for (project, key) in projects.iter().zip(theirs) {
            assert_eq!(project["id"], *key.project);
            assert_eq!(project["name"], format!("API {}", key.project));
            assert_eq!(project["role"], "owner");
        }
    }
}

fn a_batch_that_came_before_the_upgrade_is_known_after_it(setup: Setup) {
    let server = setup.with_old_database().start();
    let client = server.client();
    let old = Old::sign_in(client);
    assert_eq!(old.list("batches").len(), 2);
    for batch in old.list("batches") {
        let key = old.key(&batch["project"]);
        let (name, body) = (batch["name"].as_str().expect("a name"), batch["body"].as_str().expect("a body"));
        let send = |body: &str| {
            client.batch(&key.text).header("Idempotency-Key", name).body("application/json", body).send()
        };
        let again = send(body).expect(200);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.json(), batch["answer"]);
        send("[]").assert_status(422);
    }
}

fn a_revoked_key_stays_refused_and_its_events_stay_readable(setup: Setup) {
    let server = setup.with_old_database().start();
    let client = server.client();
    let old = Old::sign_in(client);
    let revoked = old.keys.iter().find(|key| key.is_revoked).expect("a revoked key");
    let event = crate::support::event();
    assert_eq!(client.track(&revoked.text, &event).expect(401).detail(), "Invalid API Key");
    let read = client.get("/raw_logs").bearer(old.token(revoked)).key(&revoked.text).send();
    assert_eq!(read.expect(401).detail(), "Invalid API Key");
    let path = format!("/raw_logs?project={}", revoked.project);
    let events = client.get(&path).bearer(old.token(revoked)).send().expect(200).json();
    assert_eq!(events.as_array().map(Vec::len), Some(56));
    // They are nobody else's.
    let other = old.keys.iter().find(|key| key.user != revoked.user).expect("another user");
    client.get(&path).bearer(old.token(other)).send().assert_status(404);
}
