//! Several clients that do the same thing, or its opposite, at the same time: each gets an answer that fits the others',
//! none a 5xx, and what is left fits together.

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;
use tests::{Answer, Project, Setup, on_each_backend};

use crate::support::{event, texts};

on_each_backend!(
    projects_that_are_made_at_once_are_different_ones,
    of_many_names_at_once_one_stays,
    of_many_who_end_a_project_at_once_one_does,
    a_project_goes_under_the_name_that_it_has_in_that_instant,
    keys_that_are_made_at_once_stay_within_the_bound,
    of_many_who_rotate_a_key_at_once_one_does,
    a_key_that_is_revoked_and_changed_at_once_is_revoked,
    what_is_made_in_a_project_that_ends_goes_with_it,
);

/// The answers of so many threads that each do it once, at the same time.
fn at_once<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = std::sync::Barrier::new(count);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

fn projects_that_are_made_at_once_are_different_ones(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let made = at_once(8, |_| ann.post("/projects", &json!({"name": "the same"})).expect(201).id());
    let ids: BTreeSet<_> = made.iter().cloned().collect();
    assert_eq!(ids.len(), 8);
    let listed = texts(&ann.get("/projects").expect(200).items(), "id");
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), ids);
}

fn of_many_names_at_once_one_stays(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let answers = at_once(8, |number| project.patch("", &json!({"name": format!("name {number}")})));
    assert_eq!(statuses(&answers), [200; 8]);
    let last = project.get("/audit").expect(200).items()[0]["subject"].clone();
    assert_eq!(project.get("").expect(200).json()["name"], last);
}

fn of_many_who_end_a_project_at_once_one_does(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    for _ in 0..5 {
        let project = ann.project("short");
        let answers = at_once(4, |_| project.end("short"));
        assert_eq!(statuses(&answers), [204, 404, 404, 404]);
    }
    let ended = texts(&ann.get("/me/audit").expect(200).items(), "action");
    assert_eq!(ended.iter().filter(|action| *action == "project.delete").count(), 5);
}

fn a_project_goes_under_the_name_that_it_has_in_that_instant(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    for _ in 0..20 {
        let project = ann.project("old");
        let answers = at_once(2, |number| match number {
            0 => project.patch("", &json!({"name": "new"})),
            _ => project.end("old"),
        });
        match (answers[0].status, answers[1].status) {
            // It was renamed first: whoever wanted to end the one called old has not ended another.
            (200, 409) => assert_eq!(project.get("").expect(200).json()["name"], "new"),
            (404, 204) => project.get("").assert_status(404),
            // Renamed by who was let in before, or told the name as it is after.
            other => panic!("{other:?}"),
        }
    }
}

fn keys_that_are_made_at_once_stay_within_the_bound(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    for _ in 0..97 {
        let _ = project.key(&["ingest"]);
    }
    let answers = at_once(8, |number| project.post("/keys", &json!({"name": format!("key {number}")})));
    assert_eq!(statuses(&answers), [201, 201, 201, 409, 409, 409, 409, 409]);
    assert_eq!(project.get("/keys").expect(200).items().len(), 100);
    let answers = at_once(8, |_| project.post("/links", &json!({"name": "a link"})));
    assert_eq!(statuses(&answers), [201; 8]);
    assert_eq!(project.get("/links").expect(200).items().len(), 8);
}

fn of_many_who_rotate_a_key_at_once_one_does(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let old = project.key(&["ingest"]);
    let answers = at_once(4, |_| project.post(&format!("/keys/{}/rotate", old.id), &json!({})));
    assert_eq!(statuses(&answers), [201, 409, 409, 409]);
    let new = answers.iter().find(|answer| answer.status == 201).expect("a key").json();
    client.track(new["key"].as_str().expect("a key"), &event()).assert_status(200);
    client.track(&old.text, &event()).assert_status(401);
    assert_eq!(project.get("/keys").expect(200).items().len(), 2);
}

fn a_key_that_is_revoked_and_changed_at_once_is_revoked(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    for _ in 0..10 {
        let key = project.key(&["ingest"]);
        let path = format!("/keys/{}", key.id);
        let answers = at_once(3, |number| match number {
            0 => project.delete(&path),
            1 => project.patch(&path, &json!({"expires_at": "2100-01-01", "scopes": ["ingest", "read"]})),
            _ => client.track(&key.text, &event()),
        });
        answers[0].assert_status(204);
        assert!([200, 409].contains(&answers[1].status) && [200, 401].contains(&answers[2].status));
        // Whoever was let in before it, it is over now, also for what was just being looked up.
        client.track(&key.text, &event()).assert_status(401);
        assert!(project.get(&path).expect(200).json()["revoked_at"].is_string());
    }
}

fn what_is_made_in_a_project_that_ends_goes_with_it(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let bob = server.client().account("bob");
    let mut ended: Vec<Project> = Vec::new();
    for _ in 0..5 {
        let project = ann.project("short");
        let token = project.invitation("owner");
        let answers = at_once(6, |number| match number {
            0 => project.end("short"),
            1 => project.post("/keys", &json!({"name": "a"})),
            2 => project.post("/links", &json!({"name": "a"})),
            3 => project.post("/invitations", &json!({"role": "viewer"})),
            4 => project.put("/settings", &json!({"timezone": "UTC"})),
            _ => bob.accept(&token),
        });
        answers[0].assert_status(204);
        for answer in &answers[1..] {
            assert!([200, 201, 403, 404].contains(&answer.status), "{}: {}", answer.request, answer.text());
        }
        ended.push(project);
    }
    for account in [&ann, &bob] {
        assert!(account.get("/projects").expect(200).items().is_empty());
    }
    for project in ended {
        project.get("").assert_status(404);
        assert!(server.setup().rows_of_project(&project.id).keys().all(|table| table == "deleted_projects"));
    }
}
