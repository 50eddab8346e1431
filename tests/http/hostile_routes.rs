//! Input that is made to break things, for every route of projects and accounts: never a 5xx, and nothing that was there
//! is damaged. For events and questions see `hostile`.

use serde_json::{Value, json};
use tests::{Account, Answer, Client, Project, Setup, on_each_backend};

on_each_backend!(
    hostile_bodies_never_break_anything,
    hostile_values_of_fields_never_break_anything,
    hostile_ids_are_not_found,
    hostile_parameters_never_break_anything,
    names_that_are_repeated_are_faults,
    bodies_that_are_too_long_are_refused,
);

/// Every route that takes a JSON body: method, path and a body that it accepts.
fn routes(project: &Project, key: &str) -> Vec<(&'static str, String, Value)> {
    let path = |rest: &str| project.path(rest);
    vec![
        ("POST", "/projects".to_owned(), json!({"name": "a"})),
        ("PATCH", path(""), json!({"name": "watched"})),
        ("DELETE", path(""), json!({"name": "another"})),
        ("PUT", path("/settings"), json!({"timezone": "UTC", "quota": {"events_per_day": 1_000_000}})),
        ("POST", path("/keys"), json!({"name": "a", "scopes": ["read"], "expires_at": "2100-01-01"})),
        (
            "PATCH",
            path(&format!("/keys/{key}")),
            json!({"name": "a", "scopes": ["read"], "expires_at": null}),
        ),
        ("POST", path(&format!("/keys/{key}/rotate")), json!({"overlap_minutes": 1})),
        ("PATCH", path("/members/999999"), json!({"role": "viewer"})),
        ("POST", path("/invitations"), json!({"role": "viewer", "expires_in_hours": 1})),
        ("POST", "/invitations".to_owned(), json!({"expires_in_hours": 1})),
        ("POST", "/invitations/accept".to_owned(), json!({"token": "x"})),
        (
            "POST",
            path("/links"),
            json!({"name": "a", "filters": ["method=GET"], "hide": ["ip"], "expires_at": null}),
        ),
    ]
}

/// An administrator's project, so that every route is open, with the id of a key.
fn scene(client: &Client) -> (Project, String) {
    let project = client.owner("ann");
    let key = project.key(&["ingest"]).id;
    (project, key)
}

fn assert_refused(answer: &Answer, shown: &str) {
    let statuses = [400, 403, 404, 409, 413, 422];
    assert!(statuses.contains(&answer.status), "{} {shown}: {}", answer.request, answer.text());
}

fn assert_sound(project: &Project) {
    for path in ["/projects", "/me", "/me/audit", "/invitations"] {
        project.account.get(path).assert_status(200);
    }
    for rest in ["", "/settings", "/keys", "/members", "/invitations", "/links", "/audit"] {
        project.get(rest).assert_status(200);
    }
    assert_eq!(project.get("").expect(200).json()["name"], "watched");
}

fn hostile_bodies() -> Vec<Vec<u8>> {
    let deep = format!("{}{}", "[".repeat(7000), "]".repeat(7000));
    let deep_objects = format!("{}1{}", "{\"name\":".repeat(1600), "}".repeat(1600));
    let wide = format!("{{{}\"name\":\"a\"}}", "\"x\":1,".repeat(2000));
    let texts = [
        "",
        " ",
        "[]",
        "[{}]",
        "null",
        "true",
        "1",
        "\"\"",
        "{",
        "{\"name\"",
        "{\"name\":}",
        "{}x",
        "{}{}",
        "{,}",
        "{\"name\":NaN}",
        "{\"name\":1e999}",
        "{\"name\":'a'}",
        "{name:\"a\"}",
        "{\"a\":1,}",
        "\u{feff}{}",
        r#"{"name":"\ud800"}"#,
        r#"{"name":"\u0000"}"#,
        r#"{"\u0000":1}"#,
        r#"{"":1}"#,
        &deep,
        &deep_objects,
        &wide,
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(b"\xff\xfe\x00".to_vec());
    bodies.push(b"{\"name\":\"\xc3\x28\"}".to_vec());
    bodies.push(vec![0; 1000]);
    bodies
}

fn hostile_bodies_never_break_anything(setup: Setup) {
    let server = setup.start();
    let (project, key) = scene(server.client());
    for (method, path, _) in routes(&project, &key) {
        for body in hostile_bodies() {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let answer = project.account.call(method, &path).body("application/json", body).send();
            assert_refused(&answer, &shown);
        }
    }
    assert_sound(&project);
}

fn hostile_values() -> Vec<Value> {
    let mut values = vec![
        json!(true),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!([]),
        json!([null]),
        json!([[["x"]]]),
        json!({}),
        json!({"name": {"name": "a"}}),
        json!(""),
        json!(" "),
        json!("\0"),
        json!("a\0b"),
        json!("\u{7f}"),
        json!("\u{202e}\u{0}"),
        json!("x".repeat(10_000)),
        json!("ж".repeat(61)),
        json!(vec!["x"; 1000]),
        json!("0001-01-01"),
        json!("9999-12-31T23:59:59.999999-14:00"),
        json!("10000-01-01"),
        json!("' OR 1=1 --"),
        json!("$(id)"),
    ];
    values.extend(["method=\0", "=", "method", "ip=::\0", "endpoint=%00"].map(|text| json!([text])));
    values
}

fn hostile_values_of_fields_never_break_anything(setup: Setup) {
    let server = setup.start();
    let (project, key) = scene(server.client());
    for (method, path, good) in routes(&project, &key) {
        let fields: Vec<String> = good.as_object().expect("an object").keys().cloned().collect();
        for field in &fields {
            for value in hostile_values() {
                let mut body = good.clone();
                body[field] = value.clone();
                // A name that is good makes or renames something, and is no fault.
                let answer = project.account.call(method, &path).json(&body).send();
                assert!(answer.status < 500, "{} {field}: {value}: {}", answer.request, answer.text());
                if answer.status == 200 && method == "PATCH" && path == project.path("") {
                    project.patch("", &json!({"name": "watched"})).assert_status(200);
                }
            }
        }
        let mut body = good.clone();
        for field in &fields {
            body[field] = json!({"\0": ["\0"]});
        }
        assert_refused(&project.account.call(method, &path).json(&body).send(), "all fields at once");
    }
    assert_sound(&project);
}

const IDS: [&str; 16] = [
    "0",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e3",
    "x",
    "%00",
    "%0a",
    "%ff",
    "%20",
    "999999",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "..%2f..",
];

fn hostile_ids_are_not_found(setup: Setup) {
    let server = setup.start();
    let (project, key) = scene(server.client());
    let long = "1".repeat(3000);
    for id in IDS.into_iter().chain([long.as_str()]) {
        for (method, path, good) in routes(&project, &key) {
            let of_project =
                path.replacen(&format!("/projects/{}", project.id), &format!("/projects/{id}"), 1);
            if of_project != path {
                let answer = project.account.call(method, &of_project).json(&good).send();
                assert_eq!(answer.status, 404, "{} {id}: {}", answer.request, answer.text());
            }
        }
        for rest in ["/keys", "/members", "/invitations", "/links"] {
            for method in ["GET", "PATCH", "DELETE"] {
                let answer =
                    project.call(method, &format!("{rest}/{id}")).json(&json!({"role": "viewer"})).send();
                assert!([404, 405, 422].contains(&answer.status), "{}: {}", answer.request, answer.text());
            }
        }
        for path in ["/invitations", "/me/sessions"] {
            project.account.call("DELETE", &format!("{path}/{id}")).send().assert_status(404);
        }
    }
    assert_sound(&project);
}

fn hostile_parameters_never_break_anything(setup: Setup) {
    let server = setup.start();
    let (project, _) = scene(server.client());
    let values = [
        "",
        "%00",
        "%ff%fe",
        "NaN",
        "1e999",
        "-1",
        "99999999999999999999",
        "%27%20OR%201=1",
        "[]",
        "%F0%9F%92%A3",
        "%",
        "%zz",
        "&&",
        "=",
        "x&limit=1&limit=2",
    ];
    let mut paths: Vec<String> = ["/projects", "/me/audit", "/me/sessions", "/invitations", "/shared", "/me"]
        .map(str::to_owned)
        .into();
    paths.extend(["", "/keys", "/audit", "/members", "/links", "/settings"].map(|rest| project.path(rest)));
    for path in paths {
        for name in ["cursor", "limit", "project", "settings", "link", "invitation", "%00", ""] {
            for value in values {
                let answer = project.account.get(&format!("{path}?{name}={value}"));
                let statuses = [200, 400, 401, 404, 422];
                assert!(statuses.contains(&answer.status), "{}: {}", answer.request, answer.text());
            }
        }
    }
    let many: String = (0..2000).map(|number| format!("limit={number}&")).collect();
    project.account.get(&format!("/projects?{many}")).assert_status(422);
    assert_sound(&project);
}

fn names_that_are_repeated_are_faults(setup: Setup) {
    let server = setup.start();
    let (project, key) = scene(server.client());
    for (method, path, good) in routes(&project, &key) {
        for (field, value) in good.as_object().expect("an object") {
            let others: String = good
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{}:{value},", json!(name)))
                .collect();
            let body = format!("{{{others}{}:{value}}}", json!(field));
            let answer = project.account.call(method, &path).body("application/json", body.clone()).send();
            let answer = answer.expect(422);
            assert_eq!(answer.faulty_fields(), [field.as_str()], "{} {body}", answer.request);
            assert_eq!(answer.json()["errors"][0]["code"], "duplicate");
        }
    }
    // The same name in other letters.
    let body = r#"{"name": "a", "n\u0061me": "b"}"#;
    let answer = project.account.call("POST", "/projects").body("application/json", body).send();
    assert_eq!(answer.expect(422).faulty_fields(), ["name"]);
    assert_eq!(project.account.get("/projects").expect(200).items().len(), 1);
}

fn bodies_that_are_too_long_are_refused(setup: Setup) {
    let server = setup.start();
    let (project, key) = scene(server.client());
    let account: &Account = &project.account;
    for (method, path, good) in routes(&project, &key) {
        let body = format!("{good}{}", " ".repeat(20_000));
        account.call(method, &path).body("application/json", body).send().assert_status(413);
    }
    assert_sound(&project);
}
