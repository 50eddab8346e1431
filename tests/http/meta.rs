//! What belongs to no single operation: the root, paths, methods, the OpenAPI document and its page.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

on_each_backend!(
    root_says_that_the_service_is_well,
    root_sends_browsers_to_the_web_page,
    trailing_slash_makes_no_difference,
    unknown_path_is_a_problem,
    wrong_method_is_a_problem_that_names_the_right_one,
    head_is_allowed_where_get_is,
    openapi_document_is_served_as_3_1_with_every_path,
    operations_of_the_document_have_names_of_their_own,
    parameters_of_the_document_stand_there_once_and_have_an_example,
    fields_of_the_document_have_an_example_or_a_list_of_values,
    links_of_the_document_lead_to_parameters_of_its_operations,
    schemas_of_the_document_contradict_no_example,
    docs_page_works_without_other_hosts,
    request_ids_differ,
);

fn root_says_that_the_service_is_well(setup: Setup) {
    let server = setup.start();
    for accept in ["*/*", "application/json", "application/json, text/html;q=0.5"] {
        let answer = server.client().get("/").header("Accept", accept).send().expect(200);
        assert_eq!(answer.json(), json!({"msg": "Analytics service OK"}), "{accept}");
        assert!(answer.header("content-type").starts_with("application/json"));
    }
}

fn root_sends_browsers_to_the_web_page(setup: Setup) {
    let server = setup.start();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = server.client().get("/").header("Accept", browser).send();
    assert!((300..400).contains(&answer.status), "{}", answer.status);
    let location = answer.header("location");
    assert!(location.starts_with('/') && !location.starts_with("//"), "{location:?}");
}

fn trailing_slash_makes_no_difference(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for path in ["/me", "/me/", "/raw_logs", "/raw_logs/", "/dashboard", "/dashboard/"] {
        let call = client.get(path).bearer(&tenant.token).key(&tenant.key);
        call.send().assert_status(200);
    }
    let event = super::support::event();
    client.call("POST", "/track/").key(&tenant.key).json(&event).send().assert_status(200);
    let body = json!({"username": "bob", "password": tests::client::PASSWORD});
    client.call("POST", "/register/").json(&body).send().assert_status(200);
}

fn unknown_path_is_a_problem(setup: Setup) {
    let server = setup.start();
    for path in ["/nothing", "/me/nothing", "/%00", "/..%2f..%2fetc%2fpasswd", "/raw_logs/1"] {
        server.client().get(path).send().assert_status(404);
    }
}

fn wrong_method_is_a_problem_that_names_the_right_one(setup: Setup) {
    let server = setup.start();
    let cases = [
        ("DELETE", "/", "GET"),
        ("GET", "/register", "POST"),
        ("GET", "/token", "POST"),
        ("POST", "/me", "GET"),
        ("GET", "/generate_key", "POST"),
        ("GET", "/track", "POST"),
        ("GET", "/track/batch", "POST"),
        ("POST", "/ingest/ledger", "GET"),
        ("DELETE", "/raw_logs", "GET"),
        ("POST", "/dashboard", "GET"),
        ("POST", "/report", "GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = server.client().call(method, path).send().expect(405);
        let allow = answer.header("allow");
        assert!(allow.split(", ").any(|name| name == allowed), "{method} {path}: {allow:?}");
    }
}

fn head_is_allowed_where_get_is(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for path in
        ["/", "/me", "/raw_logs", "/dashboard", "/report?format=json", "/ingest/ledger", "/openapi.json"]
    {
        let call = client.call("HEAD", path).bearer(&tenant.token).key(&tenant.key);
        let answer = call.send().expect(200);
        assert!(answer.body.is_empty(), "{path}");
    }
    client.call("HEAD", "/me").send().assert_status(401);
}

fn openapi_document_is_served_as_3_1_with_every_path(setup: Setup) {
    let server = setup.start();
    let answer = server.client().get("/openapi.json").send().expect(200);
    assert!(answer.header("content-type").starts_with("application/json"));
    let document = answer.json();
    let version = document["openapi"].as_str().expect("a version");
    assert!(version.starts_with("3.1"), "{version}");
    let mut paths = Vec::new();
    for path in document["paths"].as_object().expect("paths").keys() {
        paths.push(format!("/{}", path.trim_matches('/')));
    }
    for path in [
        "/",
        "/register",
        "/token",
        "/me",
        "/generate_key",
        "/track",
        "/track/batch",
        "/ingest/ledger",
        "/raw_logs",
        "/dashboard",
        "/report",
    ] {
        assert!(paths.iter().any(|known| known == path), "{path} is not among {paths:?}");
    }
}

/// Every operation of the document.
fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let items = document["paths"].as_object().expect("paths").values();
    items.flat_map(|item| item.as_object().expect("operations").values())
}

fn operations_of_the_document_have_names_of_their_own(setup: Setup) {
    let server = setup.start();
    let mut names = BTreeSet::new();
    for operation in operations(server.client().document()) {
        let name = operation["operationId"].as_str().expect("a name");
        assert!(names.insert(name), "{name} is the name of two operations");
    }
}

fn parameters_of_the_document_stand_there_once_and_have_an_example(setup: Setup) {
    let server = setup.start();
    for operation in operations(server.client().document()) {
        let mut names = BTreeSet::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = (parameter["in"].to_string(), parameter["name"].to_string());
            assert!(names.insert(name), "twice in {}: {parameter}", operation["operationId"]);
            let is_shown = parameter.get("example").is_some() || parameter["schema"].get("enum").is_some();
            assert!(is_shown, "in {}: {parameter}", operation["operationId"]);
        }
    }
}

/// Of lists and objects those that are in them are shown.
fn fields_of_the_document_have_an_example_or_a_list_of_values(setup: Setup) {
    let server = setup.start();
    for (name, schema) in server.client().document()["components"]["schemas"].as_object().expect("schemas") {
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            let kinds = schema["type"].to_string();
            let is_single = ["string", "integer", "number"].iter().any(|kind| kinds.contains(kind));
            let is_shown = schema.get("example").is_some() || schema.get("enum").is_some();
            assert!(is_shown || !is_single, "{name}.{field}: {schema}");
        }
    }
}

fn links_of_the_document_lead_to_parameters_of_its_operations(setup: Setup) {
    let server = setup.start();
    let document = server.client().document();
    let mut sources = BTreeSet::new();
    for operation in operations(document) {
        let answers = operation["responses"].as_object().expect("answers").values();
        for link in answers.filter_map(|answer| answer["links"].as_object()).flat_map(|links| links.values())
        {
            sources.insert(operation["operationId"].as_str().expect("a name"));
            let target = operations(document).find(|target| target["operationId"] == link["operationId"]);
            let target = target.unwrap_or_else(|| panic!("{link} leads nowhere"));
            let known = target["parameters"].as_array().expect("parameters");
            for name in link["parameters"].as_object().expect("parameters").keys() {
                assert!(known.iter().any(|parameter| parameter["name"] == name.as_str()), "{link}: {name}");
            }
        }
    }
    let expected = [
        "create_invitation",
        "create_key",
        "create_link",
        "create_project",
        "create_service_invitation",
        "list_members",
        "rotate_key",
        "show_settings",
    ];
    assert_eq!(sources, BTreeSet::from(expected));
}

/// A field that holds one of several words is a text, and not also an object.
fn schemas_of_the_document_contradict_no_example(setup: Setup) {
    fn check(value: &Value) {
        if let (Some(kind), Some(example)) = (value["type"].as_str(), value.get("example")) {
            let fits = match kind {
                "object" => example.is_object(),
                "string" => example.is_string(),
                "array" => example.is_array(),
                "integer" => example.is_i64() || example.is_u64(),
                _ => true,
            };
            assert!(fits, "{value}");
        }
        match value {
            Value::Object(fields) => fields.values().for_each(check),
            Value::Array(items) => items.iter().for_each(check),
            _ => {}
        }
    }
    let server = setup.start();
    check(&server.client().document()["components"]);
    check(&server.client().document()["paths"]);
}

fn docs_page_works_without_other_hosts(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let mut answer = client.get("/docs").send();
    for _ in 0..3 {
        if !(300..400).contains(&answer.status) {
            break;
        }
        let location = answer.header("location").to_owned();
        assert!(location.starts_with('/') && !location.starts_with("//"), "{location:?}");
        answer = client.get(&location).send();
    }
    let answer = answer.expect(200);
    assert!(answer.header("content-type").starts_with("text/html"));
    let page = answer.text();
    for reference in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "url(http", "from \"http"] {
        assert!(!page.contains(reference), "{reference} in {page}");
    }
}

fn request_ids_differ(setup: Setup) {
    let server = setup.start();
    let first = server.client().get("/").send();
    let second = server.client().get("/").send();
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}
