//! The end of a project: at once for everybody who asks, and after a while in every table.

use std::collections::BTreeMap;

use serde_json::json;
use tests::{Project, Server, Setup, eventually, on_each_backend};

use crate::support::{event, events};

on_each_backend!(
    nothing_opens_a_project_that_has_ended,
    everything_of_a_project_is_removed_from_the_tables,
    a_wrong_name_removes_nothing,
    only_an_owner_ends_a_project,
    ids_are_never_used_again,
    a_project_that_ends_while_events_come_leaves_nothing,
    another_project_is_not_touched,
);

/// A project with something in every table.
fn filled(project: &Project) -> String {
    let client = &project.account.client;
    let key = project.key(&["ingest", "read"]).text;
    let named = client.batch(&key).header("Idempotency-Key", "a-name").json(&json!(events(50)));
    named.send().assert_status(200);
    client.track(&key, &json!({})).assert_status(422);
    let _ = project.link(&json!({"hide": ["ip"]}));
    let _ = project.invitation("viewer");
    project.set(&json!({"timezone": "Europe/Berlin"}));
    key
}

/// The rows of a project that was filled, once its refused event stands in the ledger, too.
fn settled_rows(server: &Server, project: &Project) -> BTreeMap<String, i64> {
    eventually("the refused event in the ledger", || {
        let rows = server.setup().rows_of_project(&project.id);
        (rows["ingest_ledger"] == 2).then_some(rows)
    })
}

fn assert_removed(server: &Server, project: &Project) {
    eventually("tables without the project", || {
        server.setup().rows_of_project(&project.id).is_empty().then_some(())
    });
}

fn nothing_opens_a_project_that_has_ended(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let viewer = project.member("vic", "viewer");
    let key = filled(&project);
    let (link, invitation) = (project.link(&json!({})), project.invitation("editor"));
    // Everything has been used, and is remembered where anything is.
    client.track(&key, &event()).assert_status(200);
    client.get("/raw_logs").key(&key).send().assert_status(200);
    client.get(&format!("/raw_logs?link={link}")).send().assert_status(200);
    project.end("watched").assert_status(204);

    assert_eq!(client.track(&key, &event()).expect(401).detail(), "Invalid API Key");
    assert_eq!(client.track_batch(&key, &events(2)).expect(401).detail(), "Invalid API Key");
    for path in ["/raw_logs", "/dashboard", "/report?format=json", "/ingest/ledger", "/shared"] {
        client.get(path).key(&key).send().assert_status(401);
        client.get(path).key(&key).bearer(&project.account.token).send().assert_status(401);
        let separator = if path.contains('?') { '&' } else { '?' };
        client.get(&format!("{path}{separator}link={link}")).send().assert_status(401);
        for member in [&project, &viewer] {
            let path = format!("{path}{separator}project={}", project.id);
            member.account.get(&path).assert_status(404);
        }
    }
    for rest in ["", "/keys", "/settings", "/members", "/invitations", "/links", "/audit"] {
        project.get(rest).assert_status(404);
    }
    assert!(project.account.get("/projects").expect(200).items().is_empty());
    assert!(viewer.account.get("/projects").expect(200).items().is_empty());
    client.account("late").accept(&invitation).assert_status(403);
    project.end("watched").assert_status(404);
}

fn everything_of_a_project_is_removed_from_the_tables(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let _ = filled(&project);
    let tables = [
        "api_keys",
        "audit",
        "events",
        "idempotency_keys",
        "ingest_ledger",
        "invitations",
        "links",
        "members",
        "projects",
    ];
    let rows = settled_rows(&server, &project);
    assert_eq!(rows.keys().collect::<Vec<_>>(), tables);
    assert_eq!(rows["events"], 50);
    project.end("watched").assert_status(204);
    // What was under way is done at the next start at the latest.
    let server = server.restart();
    assert_removed(&server, &project);
}

fn a_wrong_name_removes_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest"]).text;
    for name in ["Watched", "watched2", "watche", "API 1", &project.id] {
        project.end(name).assert_status(409);
    }
    project.delete("").assert_status(400);
    project.patch("", &json!({"name": "renamed"})).assert_status(200);
    project.end("watched").assert_status(409);
    client.track(&key, &event()).assert_status(200);
    assert_eq!(project.get("").expect(200).json()["events"], 1);
    project.end("renamed").assert_status(204);
}

fn only_an_owner_ends_a_project(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest", "read"]).text;
    for (member, status) in [
        (project.member("vic", "viewer"), 403),
        (project.member("eve", "editor"), 403),
        (project.seen_by(&client.account("mallory")), 404),
    ] {
        member.end("watched").assert_status(status);
    }
    let body = json!({"name": "watched"});
    client.call("DELETE", &project.path("")).key(&key).json(&body).send().assert_status(403);
    client.call("DELETE", &project.path("")).json(&body).send().assert_status(401);
    let second = project.member("owen", "owner");
    second.end("watched").assert_status(204);
    project.get("").assert_status(404);
}

fn ids_are_never_used_again(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let (mut server, mut ids) = (server, Vec::<i64>::new());
    for _ in 0..3 {
        let project = ann.on(server.client()).project("short");
        let key = project.key(&["ingest"]);
        ids.extend([&project.id, &key.id].map(|id| id.parse::<i64>().expect("digits today")));
        project.end("short").assert_status(204);
        // Also where all rows are gone and the numbers begin anew with a process.
        server = server.restart();
        assert_removed(&server, &project);
    }
    let (projects, keys): (Vec<_>, Vec<_>) = ids.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    for ids in [projects, keys] {
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }
}

fn a_project_that_ends_while_events_come_leaves_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let key = project.key(&["ingest"]).text;
    let answers = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let send = || {
                    let mut answers: BTreeMap<u16, u32> = BTreeMap::new();
                    while answers.get(&401).is_none_or(|refused| *refused < 5) {
                        *answers.entry(client.track_batch(&key, &events(20)).status).or_default() += 1;
                    }
                    answers
                };
                scope.spawn(send)
            })
            .collect();
        eventually("some events", || {
            (project.get("").expect(200).json()["events"].as_u64() >= Some(100)).then_some(())
        });
        project.end("watched").assert_status(204);
        senders.into_iter().map(|sender| sender.join().expect("a sender")).collect::<Vec<_>>()
    });
    for answers in answers {
        assert!(answers.keys().all(|status| [200, 401].contains(status)), "{answers:?}");
    }
    let server = server.restart();
    assert_removed(&server, &project);
}

fn another_project_is_not_touched(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let other = project.account.project("stays");
    let key = filled(&other);
    let (rows, listed) = (settled_rows(&server, &other), other.get("").expect(200).json());
    let _ = filled(&project);
    project.end("watched").assert_status(204);
    let server = server.restart();
    assert_removed(&server, &project);
    assert_eq!(server.setup().rows_of_project(&other.id), rows);
    assert_eq!(other.on(server.client()).get("").expect(200).json(), listed);
    server.client().track(&key, &event()).assert_status(200);
}
