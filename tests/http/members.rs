//! Members of a project: their roles, how these change, and that there is always an owner.

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Project, Setup, on_each_backend};

use crate::project_keys::QUESTIONS;
use crate::support::{event, texts};

on_each_backend!(
    members_are_listed_with_their_roles,
    each_role_does_what_it_may,
    a_role_that_changes_counts_at_once,
    a_member_who_is_removed_sees_nothing_any_more,
    the_last_owner_stays,
    of_two_owners_who_demote_each_other_one_stays,
    an_account_that_is_a_last_owner_stays,
    faulty_roles_are_refused,
    an_administrator_reads_no_project_of_others,
);

fn roles(project: &Project) -> Vec<(String, String)> {
    let members = project.get("/members").expect(200).items();
    texts(&members, "username").into_iter().zip(texts(&members, "role")).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

fn member_path(project: &Project, username: &str) -> String {
    format!("/members/{}", project.account_id(username))
}

fn members_are_listed_with_their_roles(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    for role in ["viewer", "editor", "owner"] {
        let _ = project.member(role, role);
    }
    let list = project.get("/members").expect(200);
    assert!(list.json()["next"].is_null());
    for member in list.items() {
        let mut fields: Vec<_> = member.as_object().expect("an object").keys().collect();
        fields.sort();
        assert_eq!(fields, ["account", "role", "username"]);
        assert!(member["account"].is_string(), "{member}");
    }
    let expected = [("ann", "owner"), ("viewer", "viewer"), ("editor", "editor"), ("owner", "owner")];
    assert_eq!(roles(&project), pairs(&expected));
}

fn each_role_does_what_it_may(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    server.client().track(&key.text, &event()).assert_status(200);
    let members = ["viewer", "editor", "owner"].map(|role| (role, project.member(role, role)));
    for (role, member) in &members {
        for path in QUESTIONS.into_iter().chain(["/ingest/ledger"]) {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            member.ask(path, query).assert_status(200);
        }
        let write = if *role == "viewer" { 403 } else { 200 };
        let manage = if *role == "owner" { 200 } else { 403 };
        member.get("/settings").assert_status(200);
        member.put("/settings", &json!({})).assert_status(write);
        member.get("/links").assert_status(write);
        for rest in ["/keys", "/members", "/invitations", "/audit"] {
            member.get(rest).assert_status(manage);
        }
        member.patch("", &json!({"name": "renamed"})).assert_status(manage);
        let refused = member.post("/invitations", &json!({"role": "viewer"})).status;
        assert_eq!(refused, if manage == 200 { 201 } else { 403 }, "{role}");
    }
    let words = [
        (&members[0].1, "/links", "This needs the role editor or owner"),
        (&members[1].1, "/keys", "This needs the role owner"),
    ];
    for (member, rest, detail) in words {
        assert_eq!(member.get(rest).expect(403).detail(), detail);
    }
}

fn a_role_that_changes_counts_at_once(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let member = project.member("max", "viewer");
    let path = member_path(&project, "max");
    for (role, settings, keys) in
        [("editor", 200, 403), ("owner", 200, 200), ("viewer", 403, 403), ("viewer", 403, 403)]
    {
        project.patch(&path, &json!({"role": role})).assert_status(204);
        member.put("/settings", &json!({})).assert_status(settings);
        member.get("/keys").assert_status(keys);
        assert_eq!(member.get("").expect(200).json()["role"], role);
    }
}

fn a_member_who_is_removed_sees_nothing_any_more(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let member = project.member("max", "owner");
    let path = member_path(&project, "max");
    let of_max = member.key(&["read"]);
    project.delete(&path).assert_status(204);
    member.get("").assert_status(404);
    member.ask("/raw_logs", "").assert_status(404);
    let beside = server.client().get("/raw_logs").key(&key.text).bearer(&member.account.token);
    beside.send().assert_status(403);
    assert!(member.account.get("/projects").expect(200).items().is_empty());
    // What the member made belongs to the project.
    server.client().get("/raw_logs").key(&of_max.text).send().assert_status(200);
    for answer in [project.delete(&path), project.patch(&path, &json!({"role": "owner"}))] {
        assert_eq!(answer.expect(404).detail(), "There is no such member");
    }
    assert_eq!(roles(&project), pairs(&[("ann", "owner")]));
}

fn the_last_owner_stays(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let editor = project.member("eve", "editor");
    let path = member_path(&project, "ann");
    for role in ["viewer", "editor"] {
        project.patch(&path, &json!({"role": role})).assert_status(409);
    }
    project.delete(&path).assert_status(409);
    project.patch(&path, &json!({"role": "owner"})).assert_status(204);
    assert_eq!(roles(&project), pairs(&[("ann", "owner"), ("eve", "editor")]));
    // With another one, oneself may go.
    project.patch(&member_path(&project, "eve"), &json!({"role": "owner"})).assert_status(204);
    project.delete(&path).assert_status(204);
    project.get("").assert_status(404);
    assert_eq!(roles(&editor), pairs(&[("eve", "owner")]));
}

fn of_two_owners_who_demote_each_other_one_stays(setup: Setup) {
    let server = setup.start();
    let ann = server.client().account("ann");
    let bob = server.client().account("bob");
    for round in 0..10 {
        let project = ann.project("shared");
        bob.accept(&project.invitation("owner")).assert_status(200);
        let of_bob = project.seen_by(&bob);
        let paths = [("bob", &project), ("ann", &of_bob)].map(|(name, by)| (member_path(&project, name), by));
        let statuses = std::thread::scope(|scope| {
            let demote = paths.each_ref().map(|(path, by)| {
                scope.spawn(move || match round % 2 {
                    0 => by.patch(path, &json!({"role": "viewer"})).status,
                    _ => by.delete(path).status,
                })
            });
            demote.map(|thread| thread.join().expect("an answer"))
        });
        let owners: usize = [&project, &of_bob]
            .iter()
            .filter_map(|project| {
                let answer = project.get("/members");
                (answer.status == 200).then(|| answer.items())
            })
            .flatten()
            .filter(|member| member["role"] == "owner")
            .count();
        assert_eq!(owners, 1, "{statuses:?}");
        // Who came second was an owner no more, or would have left the project without one.
        assert!(statuses.contains(&204) && statuses.iter().any(|status| [403, 404, 409].contains(status)));
    }
}

fn an_account_that_is_a_last_owner_stays(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let second = project.account.project("second \"one\"");
    let shared = project.account.project("shared");
    let other = shared.member("owen", "owner");
    let leave = || project.account.call("DELETE", "/me").json(&json!({"password": PASSWORD})).send();
    let detail = leave().expect(409).detail();
    for project in [&project, &second] {
        assert!(detail.contains(&format!("(id {})", project.id)), "{detail}");
    }
    assert!(detail.contains("watched") && !detail.contains("shared"), "{detail}");
    assert_eq!(roles(&shared), pairs(&[("ann", "owner"), ("owen", "owner")]));
    project.end("watched").assert_status(204);
    second.end("second \"one\"").assert_status(204);
    leave().assert_status(204);
    assert_eq!(roles(&other), pairs(&[("owen", "owner")]));
    project.account.get("/projects").assert_status(401);
    client.token("ann", PASSWORD).assert_status(401);
}

fn faulty_roles_are_refused(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let _ = project.member("max", "viewer");
    let path = member_path(&project, "max");
    for role in [json!("Owner"), json!("admin"), json!(""), json!(1), json!(["owner"]), Value::Null] {
        let body = json!({"role": role});
        assert_eq!(project.patch(&path, &body).expect(422).faulty_fields(), ["role"], "{body}");
        assert_eq!(project.post("/invitations", &body).expect(422).faulty_fields(), ["role"], "{body}");
    }
    let more = json!({"role": "owner", "account": "1"});
    assert_eq!(project.patch(&path, &more).expect(422).faulty_fields(), ["account"]);
    for id in ["999999", "x", "0", "-1"] {
        project.patch(&format!("/members/{id}"), &json!({"role": "owner"})).assert_status(404);
        project.delete(&format!("/members/{id}")).assert_status(404);
    }
    assert_eq!(roles(&project), pairs(&[("ann", "owner"), ("max", "viewer")]));
}

fn an_administrator_reads_no_project_of_others(setup: Setup) {
    let server = setup.start();
    // The first account of a service.
    let administrator = server.client().account("root");
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    server.client().track(&key.text, &event()).assert_status(200);
    administrator.post("/invitations", &json!({})).assert_status(201);
    let seen = project.seen_by(&administrator);
    for rest in ["", "/settings", "/keys", "/members", "/links", "/audit", "/invitations"] {
        assert_eq!(seen.get(rest).expect(404).detail(), "There is no such project", "{rest}");
    }
    seen.end("watched").assert_status(404);
    for path in ["/raw_logs", "/dashboard", "/shared", "/ingest/ledger"] {
        seen.ask(path, "").assert_status(404);
        let beside = server.client().get(path).key(&key.text).bearer(&administrator.token);
        beside.send().assert_status(403);
    }
    assert!(administrator.get("/projects").expect(200).items().is_empty());
}
