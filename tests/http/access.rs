//! Who may do what: every route as every kind of caller, by the table of `docs/access.md`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Answer, Call, Client, Setup, on_each_backend};

on_each_backend!(every_route_answers_every_caller_as_the_table_says, the_table_holds_every_route);

const TABLE: &str = include_str!("../../docs/access.md");

/// What a caller presents.
struct Caller {
    token: Option<String>,
    cookie: Option<String>,
    key: Option<String>,
    link: Option<String>,
}

impl Caller {
    const NOBODY: Self = Self { token: None, cookie: None, key: None, link: None };

    /// The request as this caller sends it; `names_project` where neither path nor key nor link does.
    fn send(&self, client: &Client, method: &str, path: &str, project: &str, names_project: bool) -> Answer {
        let mut query = Vec::new();
        if let Some(link) = &self.link {
            query.push(format!("link={link}"));
        }
        if names_project && (self.token.is_some() || self.cookie.is_some()) {
            query.push(format!("project={project}"));
        }
        if path == "/report" {
            query.push("format=json".to_owned());
        }
        let separator = if query.is_empty() { "" } else { "?" };
        let mut call: Call<'_> = client.call(method, &format!("{path}{separator}{}", query.join("&")));
        if let Some(token) = &self.token {
            call = call.bearer(token);
        }
        if let Some(key) = &self.key {
            call = call.key(key);
        }
        if let Some(cookie) = &self.cookie {
            call = call.header("Cookie", cookie);
        }
        // Bodies that are let in and found faulty, so that nothing is changed.
        if method != "GET" {
            call = call.header("Sec-Fetch-Site", "same-origin").json(&json!({}));
        }
        call.send()
    }
}

/// One project, and somebody of each kind.
struct Scene {
    project: String,
    callers: Vec<(&'static str, Caller)>,
}

fn account(client: &Client, name: &str) -> String {
    client.register(&json!({"username": name, "password": PASSWORD})).assert_status(200);
    let token = client.token(name, PASSWORD).expect(200).json()["access_token"].clone();
    token.as_str().expect("a token").to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn scene(client: &Client) -> Scene {
    let by_token = |token: &str| Caller { token: Some(token.to_owned()), ..Caller::NOBODY };
    let by_key = |key: String| Caller { key: Some(key), ..Caller::NOBODY };
    let by_link = |link: String| Caller { link: Some(link), ..Caller::NOBODY };
    let administrator = account(client, "administrator");
    let foreigner = account(client, "foreigner");
    let owner = account(client, "owner");
    let post = |path: &str, body: Value| client.call("POST", path).bearer(&owner).json(&body).send();

    let project = text(&post("/projects", json!({"name": "watched"})).expect(201).json()["id"]);
    let path = format!("/projects/{project}");
    let member = |role: &str| {
        let invitation = post(&format!("{path}/invitations"), json!({"role": role})).expect(201).json();
        let token = account(client, role);
        let body = json!({"token": invitation["token"]});
        client.call("POST", "/invitations/accept").bearer(&token).json(&body).send().assert_status(200);
        token
    };
    let (viewer, editor) = (member("viewer"), member("editor"));
    let key = |scope: &str| {
        post(&format!("{path}/keys"), json!({"name": scope, "scopes": [scope]})).expect(201).json()
    };
    let (ingest, read, revoked, expired) = (key("ingest"), key("read"), key("read"), key("read"));
    let at = |key: &Value| format!("{path}/keys/{}", text(&key["id"]));
    client.call("DELETE", &at(&revoked)).bearer(&owner).send().assert_status(204);
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
    client.call("PATCH", &at(&expired)).bearer(&owner).json(&past).send().assert_status(200);

    let link = |expires_at: Value| {
        let body = json!({"name": "a link", "expires_at": expires_at});
        text(&post(&format!("{path}/links"), body).expect(201).json()["token"])
    };
    let soon = chrono::Utc::now() + chrono::TimeDelta::seconds(1);
    let expired_link = link(json!(soon.to_rfc3339()));
    let good_link = link(Value::Null);
    while client.get(&format!("/shared?link={expired_link}")).send().status != 401 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let session = client
        .call("POST", "/session")
        .header("Sec-Fetch-Site", "same-origin")
        .json(&json!({"username": "owner", "password": PASSWORD}))
        .send()
        .expect(200);
    let cookie = session.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    Scene {
        project,
        callers: vec![
            ("nobody", Caller::NOBODY),
            ("foreigner", by_token(&foreigner)),
            ("administrator", by_token(&administrator)),
            ("viewer", by_token(&viewer)),
            ("editor", by_token(&editor)),
            ("owner", by_token(&owner)),
            ("session", Caller { cookie: Some(cookie), ..Caller::NOBODY }),
            ("ingest key", by_key(text(&ingest["key"]))),
            ("read key", by_key(text(&read["key"]))),
            ("revoked key", by_key(text(&revoked["key"]))),
            ("expired key", by_key(text(&expired["key"]))),
            ("link", by_link(good_link)),
            ("expired link", by_link(expired_link)),
        ],
    }
}

/// The cells of each row of the table, its head first.
fn rows() -> Vec<Vec<&'static str>> {
    let lines = TABLE.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn request(cell: &'static str) -> (&'static str, &'static str) {
    cell.trim_matches('`').split_once(' ').expect("a method and a path")
}

/// What the table calls this answer.
fn verdict(answer: &Answer) -> String {
    let is_let_in = match answer.status {
        401 | 403 => false,
        404 => answer.detail() != "There is no such project",
        status => status < 500 && status != 429,
    };
    // An account that may accept invitations is told that this one is none.
    let is_let_in = is_let_in || answer.status == 403 && answer.detail().starts_with("The invitation");
    if is_let_in { "yes".to_owned() } else { answer.status.to_string() }
}

fn every_route_answers_every_caller_as_the_table_says(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let scene = scene(client);
    let rows = rows();
    let names: Vec<_> = scene.callers.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows[0][1..], names, "the head of the table");
    let mut faults = Vec::new();
    for row in &rows[1..] {
        let (method, template) = request(row[0]);
        // Ends a session for good, so it comes last.
        if (method, template) == ("DELETE", "/session") {
            continue;
        }
        let names_project = !template.contains("{project}");
        let path = template.replace("{project}", &scene.project);
        let path = ["{key}", "{account}", "{invitation}", "{link}", "{session}"]
            .iter()
            .fold(path, |path, name| path.replace(name, "999999"));
        for ((name, caller), expected) in scene.callers.iter().zip(&row[1..]) {
            let answer = caller.send(client, method, &path, &scene.project, names_project);
            let verdict = verdict(&answer);
            if verdict != *expected {
                faults.push(format!(
                    "{method} {template} as {name}: {verdict}, not {expected}: {}",
                    answer.text()
                ));
            }
        }
    }
    for (name, caller) in &scene.callers {
        let status = caller.send(client, "DELETE", "/session", &scene.project, false).status;
        assert_eq!(status, 204, "DELETE /session as {name}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn the_table_holds_every_route(setup: Setup) {
    let server = setup.start();
    let table: BTreeSet<String> = rows()[1..].iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let mut routes = BTreeSet::new();
    for (path, item) in server.client().document()["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    assert_eq!(table, routes);
}
