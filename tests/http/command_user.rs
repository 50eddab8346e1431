//! `api-analytics user`, beside a running service: accounts without a password of their own to begin with.

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Client, Setup, on_each_backend};

on_each_backend!(
    the_first_account_is_the_administrator_also_before_the_first_start,
    makes_accounts_whoever_may_register,
    a_new_password_ends_sessions_and_tokens,
    an_administrator_is_made_and_unmade,
    the_last_owner_of_a_project_stays,
    what_is_refused_changes_nothing,
    everything_stands_in_the_audit_log,
);

fn token(client: &Client, username: &str, password: &str) -> String {
    let answer = client.token(username, password).expect(200).json();
    answer["access_token"].as_str().expect("a token").to_owned()
}

/// Whether the account may do what only administrators may.
fn is_administrator(client: &Client, token: &str) -> bool {
    let answer = client.call("POST", "/invitations").bearer(token).json(&json!({})).send();
    assert!([201, 403].contains(&answer.status), "{}", answer.text());
    answer.status == 201
}

fn add(setup: &Setup, name: &str) -> Value {
    setup.command_with(&["user", "add", name, "--json"], &format!("{PASSWORD}\n")).json()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(|user| user["username"].as_str()).collect()
}

fn the_first_account_is_the_administrator_also_before_the_first_start(setup: Setup) {
    assert_eq!(add(&setup, "ann")["is_admin"], true);
    let bob = add(&setup, "bob");
    assert_eq!(bob["is_admin"], false);
    let server = setup.start();
    for (name, expected) in [("ann", true), ("bob", false)] {
        let token = token(server.client(), name, PASSWORD);
        assert_eq!(is_administrator(server.client(), &token), expected, "{name}");
    }
    let list = server.setup().command("user list --json").json();
    assert_eq!(list[1], bob);
    assert_eq!(names(&list), ["ann", "bob"]);
    let created_at = bob["created_at"].as_str().expect("an instant");
    assert!(chrono::DateTime::parse_from_rfc3339(created_at).is_ok(), "{created_at}");
    assert_eq!(bob["id"], "2", "a text, as on the wire");
    let table = server.setup().command("user list").done().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[0].starts_with("id  username  administrator  created"), "{table}");
    assert!(lines[1].starts_with(" 1  ann       yes"), "{table}");
    assert!(lines[2].starts_with(" 2  bob       no "), "{table}");
}

fn makes_accounts_whoever_may_register(setup: Setup) {
    let server = setup.env("API_ANALYTICS_REGISTRATION", "closed").start();
    let (client, setup) = (server.client(), server.setup());
    client.register(&json!({"username": "eve", "password": PASSWORD})).assert_status(403);
    let _ = add(setup, "root");
    let said = setup.command_with(&["user", "add", "жук 甲", "--admin"], &format!("{PASSWORD}\n")).line();
    assert!(said.contains("жук 甲") && said.contains("administrator"), "{said}");
    assert!(is_administrator(client, &token(client, "жук 甲", PASSWORD)));
    assert_eq!(names(&setup.command("user list --json").json()), ["root", "жук 甲"]);
}

fn a_new_password_ends_sessions_and_tokens(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let (ann, bob) = (client.tenant("ann"), client.tenant("bob"));
    let sign_in = json!({"username": "ann", "password": PASSWORD});
    let browser = client.call("POST", "/session").header("Sec-Fetch-Site", "same-origin").json(&sign_in);
    browser.send().assert_status(200);
    let sessions = || setup.count("SELECT count(*) FROM sessions");
    assert_eq!(sessions(), 1);

    let said = setup.command_with(&["user", "password", "ann"], "battery staple\n").line();
    assert!(said.contains("ann") && !said.contains("battery"), "{said}");
    client.me(&ann.token).assert_status(401);
    client.token("ann", PASSWORD).assert_status(401);
    client.token("ann", "battery staple").assert_status(200);
    assert_eq!(sessions(), 0);
    // Keys are no sign-ins, and others are others.
    client.track(&ann.key, &crate::support::event()).assert_status(200);
    client.me(&bob.token).assert_status(200);
}

fn an_administrator_is_made_and_unmade(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let (_, bob) = (client.tenant("ann"), client.tenant("bob"));
    assert!(!is_administrator(client, &bob.token));
    for _ in 0..2 {
        assert_eq!(setup.command("user admin bob --json").json()["is_admin"], true);
        assert!(is_administrator(client, &bob.token));
    }
    for _ in 0..2 {
        assert_eq!(setup.command("user admin bob --revoke").line(), "account \"bob\" is no administrator");
        assert!(!is_administrator(client, &bob.token));
    }
}

fn the_last_owner_of_a_project_stays(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let bob = add(setup, "bob");
    let _ = setup.command_with(&["project", "add", "Shop API", "--owner", "ann"], "").done();
    let refused = setup.command("user remove ann");
    refused.assert_failed("\"API 1\" (id 1), \"Shop API\" (id 2)");
    client.me(&ann.token).assert_status(200);

    let token = token(client, "bob", PASSWORD);
    assert_eq!(setup.command("user remove bob --json").json(), bob);
    client.me(&token).assert_status(401);
    client.token("bob", PASSWORD).assert_status(401);
    assert_eq!(names(&setup.command("user list --json").json()), ["ann"]);
}

fn what_is_refused_changes_nothing(setup: Setup) {
    let _ = add(&setup, "ann");
    let list = setup.command("user list --json").json();
    let add = |name: &str, input: &str| setup.command_with(&["user", "add", name], input);
    for (input, named) in [
        ("short\n", "8 to 71 bytes"),
        (&format!("{}\n", "ж".repeat(36)), "8 to 71 bytes"),
        (&"x".repeat(100_000), "8 to 71 bytes"),
        ("", "standard input"),
    ] {
        add("bob", input).assert_failed(named);
        setup.command_with(&["user", "password", "ann"], input).assert_failed(named);
    }
    add("ann", "battery staple\n").assert_failed("already");
    for name in ["", " bob", "bob\n", &"b".repeat(31)] {
        add(name, "battery staple\n").assert_misused("invalid value");
    }
    for command in ["password", "admin", "remove"] {
        setup.command(&format!("user {command} nobody")).assert_failed("no account \"nobody\"");
    }
    setup.command("user add bob battery-staple").assert_misused("battery-staple");
    setup.command("user add bob --password battery-staple").assert_misused("--password");
    assert_eq!(setup.command("user list --json").json(), list);
    let server = setup.start();
    server.client().token("ann", PASSWORD).assert_status(200);
}

fn everything_stands_in_the_audit_log(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let _ = add(setup, "bob");
    let _ = setup.command("user admin bob").done();
    let _ = setup.command_with(&["user", "password", "bob"], "battery staple").done();
    let token = token(client, "bob", "battery staple");
    let entries = |path: &str, token: &str| {
        let list = client.get(path).bearer(token).send().expect(200).json();
        let texts = |entry: &Value| {
            assert_eq!(entry["address"], Value::Null);
            ["actor", "action", "subject"].map(|field| entry[field].as_str().expect("a text").to_owned())
        };
        list["items"].as_array().expect("a list").iter().map(texts).collect::<Vec<_>>()
    };
    let said = |action: &str, subject: &str| ["command line", action, subject].map(str::to_owned);
    let expected = [
        said("account.password", "bob"),
        said("account.admin", "bob: administrator"),
        said("account.create", "bob"),
    ];
    assert_eq!(entries("/me/audit", &token), expected);

    let invitation = client
        .call("POST", "/projects/1/invitations")
        .bearer(&ann.token)
        .json(&json!({"role": "viewer"}))
        .send()
        .expect(201)
        .json();
    let accept = client.call("POST", "/invitations/accept").bearer(&token);
    accept.json(&json!({"token": invitation["token"]})).send().assert_status(200);
    let _ = setup.command("user remove bob").done();
    let newest = client.get("/projects/1/audit").bearer(&ann.token).send().expect(200).json();
    let newest = &newest["items"][0];
    assert_eq!(newest["actor"], "command line");
    assert_eq!(newest["action"], "member.remove");
    assert_eq!(newest["subject"], "bob: viewer");
}
