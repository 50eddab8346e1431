//! Shared links of a project: making, listing and deleting them.

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

use crate::links::through;

on_each_backend!(
    a_link_is_shown_once,
    a_link_that_was_deleted_is_refused_at_once,
    faulty_links_are_refused,
    a_project_has_a_bounded_number_of_links,
    editors_make_links_and_viewers_do_not,
);

fn a_link_is_shown_once(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let body = json!({
        "name": "for acme", "filters": ["consumer=acme", "not_method=OPTIONS", "not_method=HEAD"],
        "hide": ["user_agent", "ip", "ip"], "expires_at": "2100-01-01",
    });
    let made = project.post("/links", &body).expect(201);
    let shown = made.json();
    let mut expected = json!({
        "id": made.id(), "name": "for acme",
        "filters": ["consumer=acme", "not_method=OPTIONS", "not_method=HEAD"], "hide": ["ip", "user_agent"],
        "created_at": shown["created_at"], "expires_at": "2100-01-01T00:00:00Z",
    });
    assert_eq!(made.header("location"), project.path(&format!("/links/{}", made.id())));
    assert_eq!(project.account.get(made.header("location")).expect(200).json(), expected);
    assert_eq!(project.get("/links").expect(200).json(), json!({"items": [expected], "next": null}));
    expected["token"] = shown["token"].clone();
    assert_eq!(shown, expected);
    let plain = project.post("/links", &json!({"name": "all"})).expect(201).json();
    assert_eq!(
        (&plain["filters"], &plain["hide"], &plain["expires_at"]),
        (&json!([]), &json!([]), &Value::Null)
    );
}

fn a_link_that_was_deleted_is_refused_at_once(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let other = project.account.project("other");
    let made = project.post("/links", &json!({"name": "a"})).expect(201);
    let (token, path) = (made.json()["token"].clone(), format!("/links/{}", made.id()));
    let token = token.as_str().expect("a token");
    through(client, "/raw_logs", token, "").assert_status(200);
    assert_eq!(other.delete(&path).expect(404).detail(), "There is no such link");
    assert_eq!(other.get(&path).expect(404).detail(), "There is no such link");
    project.delete(&path).assert_status(204);
    through(client, "/raw_logs", token, "").assert_status(401);
    for path in [path.as_str(), "/links/x", "/links/0"] {
        assert_eq!(project.delete(path).expect(404).detail(), "There is no such link");
    }
}

fn faulty_links_are_refused(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let many: Vec<_> = (0..51).map(|number| format!("endpoint=/{number}")).collect();
    let filters = |filters: Value| json!({"name": "a", "filters": filters});
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "a", "hide": ["endpoint"]}), "hide"),
        (json!({"name": "a", "hide": "ip"}), "hide"),
        (json!({"name": "a", "hide": [1]}), "hide"),
        (json!({"name": "a", "expires_at": "2020-01-01"}), "expires_at"),
        (json!({"name": "a", "token": "mine"}), "token"),
        (filters(json!("method=GET")), "filters"),
        (filters(json!([{"method": "GET"}])), "filters"),
        (filters(json!(["start_date=2025-08-01"])), "filters"),
        (filters(json!(["limit=1"])), "filters"),
        (filters(json!(["project=1"])), "filters"),
        (filters(json!(["method=get"])), "filters"),
        (filters(json!(["ip=localhost"])), "filters"),
        (filters(json!(["endpoint="])), "filters"),
        (filters(json!(["endpoint=\u{0}"])), "filters"),
        (filters(json!(["process_time_min=5", "process_time_max=4"])), "filters"),
        (filters(json!([format!("endpoint={}", "x".repeat(600))])), "filters"),
        (filters(json!(many)), "filters"),
    ] {
        assert_eq!(project.post("/links", &body).expect(422).faulty_fields(), [field], "{body}");
    }
    assert!(project.get("/links").expect(200).items().is_empty());
}

fn a_project_has_a_bounded_number_of_links(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let links: Vec<_> = (0..100).map(|_| project.link(&json!({}))).collect();
    project.post("/links", &json!({"name": "one more"})).assert_status(409);
    let listed = project.get("/links").expect(200).items();
    assert_eq!(listed.len(), 100);
    through(server.client(), "/shared", &links[99], "").assert_status(200);
    project.delete(&format!("/links/{}", listed[0]["id"].as_str().expect("an id"))).assert_status(204);
    let _ = project.link(&json!({}));
}

fn editors_make_links_and_viewers_do_not(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let (viewer, editor) = (project.member("vic", "viewer"), project.member("eve", "editor"));
    viewer.post("/links", &json!({"name": "a"})).assert_status(403);
    viewer.get("/links").assert_status(403);
    let link = editor.link(&json!({}));
    // The link is the project's: it stays when its maker goes.
    project.delete(&format!("/members/{}", project.account_id("eve"))).assert_status(204);
    editor.post("/links", &json!({"name": "a"})).assert_status(404);
    through(server.client(), "/shared", &link, "").assert_status(200);
}
