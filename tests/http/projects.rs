//! Projects: making, listing, showing and renaming them. Their end is the subject of `project_end`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tests::{Account, Setup, on_each_backend};

use crate::support::{event, events, texts};

on_each_backend!(
    a_project_is_made_and_found_at_its_location,
    a_generated_key_has_a_project_of_its_own,
    names_need_not_be_unique_and_keep_every_letter,
    faulty_names_are_refused,
    the_list_is_given_in_parts,
    faulty_parts_are_refused,
    the_list_holds_ones_own_projects_with_ones_role,
    a_project_is_renamed,
    a_project_tells_of_its_events,
    projects_of_others_look_like_none,
);

fn a_project_is_made_and_found_at_its_location(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let before = Utc::now();
    let made = ann.post("/projects", &json!({"name": "Shop API"})).expect(201);
    let id = made.id();
    assert_eq!(made.header("location"), format!("/projects/{id}"));
    let body = made.json();
    let created_at: DateTime<Utc> = body["created_at"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(body["created_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{body}");
    assert!((before..=Utc::now()).contains(&created_at), "{body}");
    let expected = json!({
        "id": id, "name": "Shop API", "role": "owner", "created_at": body["created_at"],
        "last_event_at": null, "events": 0,
    });
    assert_eq!(body, expected);
    assert_eq!(ann.get(made.header("location")).expect(200).json(), expected);
    assert_eq!(ann.get("/projects").expect(200).json(), json!({"items": [expected], "next": null}));
}

fn a_generated_key_has_a_project_of_its_own(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("ann");
    let ann = client.sign_in("ann");
    let _ = client.generate_key(&ann.token).expect(200);
    let projects = ann.get("/projects").expect(200).items();
    let ids = texts(&projects, "id");
    assert_eq!(texts(&projects, "name"), ids.iter().map(|id| format!("API {id}")).collect::<Vec<_>>());
    assert_eq!(texts(&projects, "role"), ["owner", "owner"]);
    let keys = ann.get(&format!("/projects/{}/keys", ids[0])).expect(200).items();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["scopes"], json!(["ingest"]));
    assert_eq!(keys[0]["prefix"].as_str(), tenant.key.get(..8));
}

fn names_need_not_be_unique_and_keep_every_letter(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let (ж, astral) = ("ж".repeat(60), "\u{1f600}".repeat(60));
    let names = ["a", "a", "A", "a  b", "%_'\"\\<b>", "-", "null", &ж, &astral];
    for name in names {
        assert_eq!(ann.post("/projects", &json!({"name": name})).expect(201).json()["name"], name);
    }
    assert_eq!(texts(&ann.get("/projects").expect(200).items(), "name"), names);
}

fn faulty_names_are_refused(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let project = ann.project("stays");
    let long = "ж".repeat(61);
    let names = ["", " ", " a", "a ", "a\u{a0}", "a\nb", "a\0", "\u{7f}", "\u{85}", &long];
    let bodies = names.iter().map(|name| json!({"name": name})).chain([
        json!({}),
        json!({"name": null}),
        json!({"name": 1}),
        json!({"name": ["a"]}),
        json!({"name": {"name": "a"}}),
    ]);
    for body in bodies {
        assert_eq!(ann.post("/projects", &body).expect(422).faulty_fields(), ["name"], "{body}");
        assert_eq!(project.patch("", &body).expect(422).faulty_fields(), ["name"], "{body}");
        let deleted = project.call("DELETE", "").json(&body).send();
        assert_eq!(deleted.expect(422).faulty_fields(), ["name"], "{body}");
    }
    for body in [json!({"name": "a", "id": "7"}), json!({"name": "a", "owner": "bob"})] {
        ann.post("/projects", &body).assert_status(422);
        project.patch("", &body).assert_status(422);
    }
    assert_eq!(texts(&ann.get("/projects").expect(200).items(), "name"), ["stays"]);
}

/// All entries of a list, in parts of `limit`, and how many parts there were.
fn in_parts(get: impl Fn(&str) -> Value, limit: usize) -> (Vec<Value>, usize) {
    let (mut all, mut parts, mut query) = (Vec::new(), 0, format!("?limit={limit}"));
    loop {
        let part = get(&query);
        let items = part["items"].as_array().expect("a list");
        parts += 1;
        all.extend(items.iter().cloned());
        let Some(next) = part["next"].as_str() else { return (all, parts) };
        assert_eq!(items.len(), limit, "only the last part may be short");
        query = format!("?limit={limit}&cursor={next}");
    }
}

fn the_list_is_given_in_parts(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let _ = server.client().owner("bob");
    let names: Vec<String> = (0..7).map(|number| format!("project {number}")).collect();
    let projects: Vec<_> = names.iter().map(|name| ann.project(name)).collect();
    let get = |query: &str| ann.get(&format!("/projects{query}")).expect(200).json();
    for (limit, expected_parts) in [(1, 7), (3, 3), (7, 1), (100, 1)] {
        let (all, parts) = in_parts(get, limit);
        assert_eq!((texts(&all, "name"), parts), (names.clone(), expected_parts), "limit {limit}");
    }
    // What goes and comes meanwhile neither repeats nor hides what stays.
    let first = get("?limit=3");
    projects[2].end(&names[2]).assert_status(204);
    let _ = ann.project("late");
    let rest = get(&format!("?cursor={}", first["next"].as_str().expect("a cursor")));
    let rest = texts(rest["items"].as_array().expect("a list"), "name");
    assert_eq!(rest, ["project 3", "project 4", "project 5", "project 6", "late"]);
}

fn faulty_parts_are_refused(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let lists =
        ["/projects".to_owned(), project.path("/keys"), project.path("/audit"), "/me/audit".to_owned()];
    for path in lists {
        for limit in ["0", "101", "-1", "", "x", "1.5", "99999999999999999999"] {
            let answer = project.account.get(&format!("{path}?limit={limit}")).expect(422);
            assert_eq!(answer.faulty_fields(), ["limit"], "{path} {limit}");
        }
        for cursor in ["", "0", "-1", "x", "1.5", "99999999999999999999", "%00"] {
            let answer = project.account.get(&format!("{path}?cursor={cursor}&limit=0")).expect(422);
            assert_eq!(answer.faulty_fields(), ["cursor", "limit"], "{path} {cursor}");
        }
        // Beyond either end.
        let after = format!("{path}?cursor={}", i64::MAX);
        project.account.get(&after).assert_status(200);
    }
}

fn the_list_holds_ones_own_projects_with_ones_role(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let viewer = project.member("vic", "viewer");
    let editor = project.member("eve", "editor");
    let _ = viewer.account.project("of vic");
    let listed = |account: &Account| {
        let items = account.get("/projects").expect(200).items();
        texts(&items, "name").into_iter().zip(texts(&items, "role")).collect::<Vec<_>>()
    };
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(listed(&project.account), pairs(&[("watched", "owner")]));
    assert_eq!(listed(&viewer.account), pairs(&[("watched", "viewer"), ("of vic", "owner")]));
    assert_eq!(listed(&editor.account), pairs(&[("watched", "editor")]));
    for (member, role) in [(&project, "owner"), (&viewer, "viewer"), (&editor, "editor")] {
        assert_eq!(member.get("").expect(200).json()["role"], role);
    }
    let read = project.key(&["read"]);
    let by_key = server.client().get(&project.path("")).key(&read.text).send().expect(200).json();
    assert_eq!((&by_key["role"], &by_key["name"]), (&Value::Null, &json!("watched")));
}

fn a_project_is_renamed(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    server.client().track(&key.text, &event()).assert_status(200);
    let renamed = project.patch("", &json!({"name": "renamed"})).expect(200).json();
    assert_eq!(renamed["name"], "renamed");
    assert_eq!(project.get("").expect(200).json(), renamed);
    // Nothing else changes.
    server.client().track(&key.text, &event()).assert_status(200);
    assert_eq!(project.ask("/raw_logs", "").expect(200).json().as_array().map(Vec::len), Some(2));
    project.patch("", &json!({"name": "renamed"})).assert_status(200);
}

fn a_project_tells_of_its_events(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    server.client().track_batch(&key.text, &events(3)).assert_status(200);
    let mut late = event();
    late["created_at"] = json!("2025-08-21T07:08:09.5Z");
    server.client().track(&key.text, &late).assert_status(200);
    let shown = project.get("").expect(200).json();
    assert_eq!((&shown["events"], &shown["last_event_at"]), (&json!(4), &json!("2025-08-21T07:08:09.500Z")));
}

fn projects_of_others_look_like_none(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let bob = server.client().account("bob");
    let ids = [
        project.id.as_str(),
        "999999",
        "0",
        "01",
        "-1",
        "x",
        "9223372036854775808",
        "%20",
        "%00",
        "%E0%A5%A7",
    ];
    let mut answers = Vec::new();
    for id in ids {
        for (method, rest) in
            [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/keys"), ("PUT", "/settings")]
        {
            let call = bob.call(method, &format!("/projects/{id}{rest}"));
            let answer =
                if method == "GET" { call } else { call.json(&json!({"name": "x"})) }.send().expect(404);
            answers.push(answer.json());
        }
        answers.push(bob.get(&format!("/raw_logs?project={id}")).expect(404).json());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(project.get("").expect(200).json()["name"], "watched");
}
