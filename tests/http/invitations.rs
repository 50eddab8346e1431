//! Invitations to a project and to the service, and who may register.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Account, Answer, Client, Setup, on_each_backend};

use crate::support::texts;

on_each_backend!(
    an_invitation_opens_a_project_once,
    of_two_who_accept_at_once_one_becomes_a_member,
    an_invitation_is_listed_until_it_is_used,
    an_invitation_that_was_taken_back_is_not_good,
    an_invitation_never_lowers_a_role,
    faulty_invitations_are_refused,
    the_first_account_looks_after_the_service,
    of_two_first_accounts_at_once_one_looks_after_the_service,
    whoever_comes_registers_where_registration_is_open,
    only_who_is_invited_registers_where_registration_is_by_invitation,
    a_name_that_is_taken_uses_up_no_invitation,
    nobody_registers_where_registration_is_closed,
    invitations_to_the_service_are_listed_and_taken_back,
);

fn register(client: &Client, username: &str, query: &str) -> Answer {
    let body = json!({"username": username, "password": PASSWORD});
    client.call("POST", &format!("/register{query}")).json(&body).send()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn time(value: &Value) -> DateTime<Utc> {
    text(value).parse().expect("RFC 3339")
}

fn an_invitation_opens_a_project_once(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let before = Utc::now();
    let made = project.post("/invitations", &json!({"role": "editor"})).expect(201);
    let shown = made.json();
    assert_eq!(made.header("location"), project.path(&format!("/invitations/{}", made.id())));
    let week = time(&shown["expires_at"]) - TimeDelta::days(7);
    assert!((before - TimeDelta::seconds(1)..=Utc::now()).contains(&week), "{shown}");
    let token = text(&shown["token"]);
    let [bob, eve] = ["bob", "eve"].map(|name| server.client().account(name));
    let accepted = bob.accept(&token).expect(200).json();
    assert_eq!(accepted, json!({"project": project.id, "role": "editor"}));
    assert_eq!(project.seen_by(&bob).get("").expect(200).json()["role"], "editor");
    let unknown = eve.accept("unknown").expect(403).json();
    for account in [&bob, &eve] {
        assert_eq!(account.accept(&token).expect(403).json(), unknown);
    }
    project.seen_by(&eve).get("").assert_status(404);
}

fn of_two_who_accept_at_once_one_becomes_a_member(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let accounts = ["bob", "eve", "max"].map(|name| server.client().account(name));
    for _ in 0..5 {
        let project = ann.project("shared");
        let token = project.invitation("viewer");
        let mut statuses = std::thread::scope(|scope| {
            let accept = accounts.each_ref().map(|account| scope.spawn(|| account.accept(&token).status));
            accept.map(|thread| thread.join().expect("an answer"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403, 403]);
        assert_eq!(project.get("/members").expect(200).items().len(), 2);
    }
}

fn an_invitation_is_listed_until_it_is_used(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let made = project.post("/invitations", &json!({"role": "viewer", "expires_in_hours": 720})).expect(201);
    let mut expected = made.json();
    let token = text(&expected.as_object_mut().expect("an object").remove("token").expect("a token"));
    assert_eq!(project.get("/invitations").expect(200).json(), json!({"items": [expected], "next": null}));
    assert_eq!(project.account.get(made.header("location")).expect(200).json(), expected);
    assert_eq!((&expected["id"], &expected["role"]), (&json!(made.id()), &json!("viewer")));
    server.client().account("bob").accept(&token).assert_status(200);
    assert!(project.get("/invitations").expect(200).items().is_empty());
    project.account.get(made.header("location")).assert_status(404);
    project.delete(&format!("/invitations/{}", made.id())).assert_status(404);
}

fn an_invitation_that_was_taken_back_is_not_good(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let other = project.account.project("other");
    let made = project.post("/invitations", &json!({"role": "owner"})).expect(201);
    let (token, path) = (text(&made.json()["token"]), format!("/invitations/{}", made.id()));
    assert_eq!(other.delete(&path).expect(404).detail(), "There is no such invitation");
    other.get(&path).assert_status(404);
    project.delete(&path).assert_status(204);
    project.delete(&path).assert_status(404);
    server.client().account("bob").accept(&token).assert_status(403);
    for id in ["x", "0", "999999"] {
        project.delete(&format!("/invitations/{id}")).assert_status(404);
    }
}

fn an_invitation_never_lowers_a_role(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let editor = project.member("eve", "editor");
    for (role, expected) in
        [("viewer", "editor"), ("editor", "editor"), ("owner", "owner"), ("viewer", "owner")]
    {
        let accepted = editor.account.accept(&project.invitation(role)).expect(200).json();
        assert_eq!(accepted["role"], expected, "invited as {role}");
        assert_eq!(editor.get("").expect(200).json()["role"], expected);
    }
    assert_eq!(project.account.accept(&project.invitation("viewer")).expect(200).json()["role"], "owner");
}

fn faulty_invitations_are_refused(setup: Setup) {
    let server = setup.start();
    let root = server.client().account("root");
    let project = server.client().owner("ann");
    for hours in [json!(0), json!(721), json!(-1), json!(1.5), json!("1"), json!([1])] {
        let body = json!({"role": "viewer", "expires_in_hours": hours});
        assert_eq!(project.post("/invitations", &body).expect(422).faulty_fields(), ["expires_in_hours"]);
        let body = json!({"expires_in_hours": hours});
        assert_eq!(root.post("/invitations", &body).expect(422).faulty_fields(), ["expires_in_hours"]);
    }
    assert_eq!(root.post("/invitations", &json!({"role": "owner"})).expect(422).faulty_fields(), ["role"]);
    for token in [json!(1), Value::Null, json!(["x"])] {
        let answer = project.account.post("/invitations/accept", &json!({"token": token})).expect(422);
        assert_eq!(answer.faulty_fields(), ["token"]);
    }
    for token in ["", "x", "\0", &"x".repeat(64), &"x".repeat(10_000)] {
        project.account.accept(token).assert_status(403);
    }
    assert!(project.get("/invitations").expect(200).items().is_empty());
}

fn the_first_account_looks_after_the_service(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let service = || client.get("/service").send().expect(200).json();
    assert_eq!((&service()["first_account"], &service()["registration"]), (&json!(true), &json!("open")));
    let first = client.account("first");
    assert_eq!(service()["first_account"], false);
    let second = client.account("second");
    first.post("/invitations", &json!({})).assert_status(201);
    let refused = second.post("/invitations", &json!({})).expect(403);
    assert_eq!(refused.detail(), "Only an administrator of the service may do this");
    client.call("POST", "/invitations").json(&json!({})).send().assert_status(401);
}

fn of_two_first_accounts_at_once_one_looks_after_the_service(setup: Setup) {
    let server = setup.start();
    let accounts: Vec<Account> = std::thread::scope(|scope| {
        let client = server.client();
        let names = (0..6).map(|number| format!("account {number}"));
        let registered: Vec<_> = names.map(|name| scope.spawn(move || client.account(&name))).collect();
        registered.into_iter().map(|thread| thread.join().expect("an account")).collect()
    });
    let statuses = accounts.iter().map(|account| account.post("/invitations", &json!({})).status);
    assert_eq!(statuses.filter(|status| *status == 201).count(), 1);
}

fn whoever_comes_registers_where_registration_is_open(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    register(server.client(), "bob", "").assert_status(200);
    // An invitation that comes along counts all the same, and must be good.
    register(server.client(), "eve", &format!("?invitation={}", project.invitation("editor")))
        .assert_status(200);
    let eve = server.client().sign_in("eve");
    assert_eq!(project.seen_by(&eve).get("").expect(200).json()["role"], "editor");
    register(server.client(), "mallory", "?invitation=made-up").assert_status(403);
    server.client().token("mallory", PASSWORD).assert_status(401);
}

/// A service for invited ones with an administrator, who came while it was open.
fn by_invitation(setup: Setup) -> (tests::Server, Account) {
    let server = setup.start();
    let root = server.client().account("root");
    let server = server.stop().env("API_ANALYTICS_REGISTRATION", "invited").start();
    let root = root.on(server.client());
    assert_eq!(server.client().get("/service").send().expect(200).json()["registration"], "invited");
    (server, root)
}

fn only_who_is_invited_registers_where_registration_is_by_invitation(setup: Setup) {
    let (server, root) = by_invitation(setup);
    let client = server.client();
    let made = root.post("/invitations", &json!({"expires_in_hours": 1})).expect(201);
    let token = text(&made.json()["token"]);
    assert!(time(&made.json()["expires_at"]) <= Utc::now() + TimeDelta::hours(1));
    assert_eq!(made.json()["role"], Value::Null);
    for (query, detail) in [
        ("", "An account needs an invitation"),
        ("?invitation=", "The invitation is unknown, used or has expired"),
        ("?invitation=made-up", "The invitation is unknown, used or has expired"),
    ] {
        assert_eq!(register(client, "bob", query).expect(403).detail(), detail, "{query}");
    }
    register(client, "bob", &format!("?invitation={token}")).assert_status(200);
    register(client, "eve", &format!("?invitation={token}")).assert_status(403);
    // It opens no project, and one to a project makes an account, too.
    let bob = client.sign_in("bob");
    bob.accept(&token).assert_status(403);
    bob.post("/invitations", &json!({})).assert_status(403);
    let project = bob.project("of bob");
    register(client, "eve", &format!("?invitation={}", project.invitation("viewer"))).assert_status(200);
    assert_eq!(project.seen_by(&client.sign_in("eve")).get("").expect(200).json()["role"], "viewer");
}

fn a_name_that_is_taken_uses_up_no_invitation(setup: Setup) {
    let (server, root) = by_invitation(setup);
    let token = text(&root.post("/invitations", &json!({})).expect(201).json()["token"]);
    let query = format!("?invitation={token}");
    register(server.client(), "root", &query).assert_status(400);
    let short = json!({"username": "bob", "password": "short"});
    server.client().call("POST", &format!("/register{query}")).json(&short).send().assert_status(422);
    let statuses = std::thread::scope(|scope| {
        let (client, query) = (server.client(), &query);
        let threads = ["bob", "eve"].map(|name| scope.spawn(move || register(client, name, query).status));
        threads.map(|thread| thread.join().expect("an answer"))
    });
    assert!(statuses == [200, 403] || statuses == [403, 200], "{statuses:?}");
}

fn nobody_registers_where_registration_is_closed(setup: Setup) {
    let server = setup.start();
    let root = server.client().account("root");
    let project = root.project("watched");
    let to_service = text(&root.post("/invitations", &json!({})).expect(201).json()["token"]);
    let to_project = project.invitation("viewer");
    let server = server.stop().env("API_ANALYTICS_REGISTRATION", "closed").start();
    assert_eq!(server.client().get("/service").send().expect(200).json()["registration"], "closed");
    for query in [String::new(), format!("?invitation={to_service}"), format!("?invitation={to_project}")] {
        let refused = register(server.client(), "bob", &query).expect(403);
        assert_eq!(refused.detail(), "This service does not let anybody register");
    }
    // Who has an account goes on.
    let root = root.on(server.client());
    assert_eq!(root.get("/projects").expect(200).items().len(), 1);
}

fn invitations_to_the_service_are_listed_and_taken_back(setup: Setup) {
    let (server, root) = by_invitation(setup);
    let made: Vec<_> = (0..3).map(|_| root.post("/invitations", &json!({})).expect(201)).collect();
    let ids: Vec<String> = made.iter().map(Answer::id).collect();
    let listed = root.get("/invitations").expect(200).items();
    assert_eq!(texts(&listed, "id"), ids);
    assert!(listed.iter().all(|invitation| invitation.get("token").is_none()));
    assert_eq!(root.get(made[1].header("location")).expect(200).json(), listed[1]);
    root.call("DELETE", made[1].header("location")).send().assert_status(204);
    root.call("DELETE", made[1].header("location")).send().assert_status(404);
    root.get(made[1].header("location")).assert_status(404);
    let query = format!("?invitation={}", text(&made[1].json()["token"]));
    register(server.client(), "bob", &query).assert_status(403);
    // Neither list shows what is in the other.
    let project = root.project("watched");
    let to_project = project.post("/invitations", &json!({"role": "viewer"})).expect(201).id();
    assert_eq!(root.get("/invitations").expect(200).items().len(), 2);
    root.get(&format!("/invitations/{to_project}")).assert_status(404);
    project.get(&format!("/invitations/{}", ids[0])).assert_status(404);
    // However many are forgotten, there is a way to make room.
    for _ in 2..100 {
        root.post("/invitations", &json!({})).assert_status(201);
    }
    root.post("/invitations", &json!({})).assert_status(409);
    root.call("DELETE", &format!("/invitations/{}", ids[0])).send().assert_status(204);
    root.post("/invitations", &json!({})).assert_status(201);
}
