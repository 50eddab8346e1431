//! Shared links: what they show, and that no question gets round them. What they hide is the subject of `link_hides`,
//! how they are made that of `link_list`.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use tests::{Answer, Client, Project, Setup, eventually, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    a_link_shows_what_its_filters_admit,
    a_question_narrows_a_link_and_never_widens_it,
    a_link_does_not_tell_of_what_it_leaves_out,
    a_link_opens_nothing_but_questions,
    a_link_stands_alone,
    a_link_ends_when_it_said_it_would,
    shared_says_what_is_open,
);

const ALL_TIME: &str = "start_date=2025-08-01&end_date=2025-08-31";

/// A project with three events of `acme` and two of others.
pub(crate) fn watched(client: &Client) -> Project {
    let project = client.owner("ann");
    let key = project.key(&["ingest"]);
    let events = [
        json!({"consumer": "acme", "endpoint": "/v1/a", "user_agent": "curl/8", "created_at": "2025-08-19"}),
        json!({"consumer": "acme", "endpoint": "/v1/b", "method": "POST", "status_code": 500}),
        json!({"consumer": "acme", "endpoint": "/v2/a", "ip": "198.51.100.7"}),
        json!({"consumer": "globex", "endpoint": "/v1/secret", "ip": "203.0.113.9", "user_agent": "bot/1"}),
        json!({"endpoint": "/v1/none", "ip": null, "created_at": "2025-08-01"}),
    ];
    let events: Vec<Value> = events.iter().map(event_with).collect();
    client.track_batch(&key.text, &events).assert_status(200);
    project
}

pub(crate) fn through(client: &Client, path: &str, link: &str, query: &str) -> Answer {
    client.get(&format!("{path}?link={link}&{query}")).send()
}

fn a_link_shows_what_its_filters_admit(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let cases = [
        (vec![], "", 5),
        (vec!["consumer=acme"], "consumer=acme", 3),
        (vec!["consumer=acme", "endpoint=/v1/"], "consumer=acme&endpoint=/v1/", 2),
        (
            vec!["endpoint_exact=/v1/a", "endpoint_exact=/v2/a"],
            "endpoint_exact=/v1/a&endpoint_exact=/v2/a",
            2,
        ),
        (vec!["not_ip=192.0.2.1"], "not_ip=192.0.2.1", 3),
        (vec!["status_class=5xx"], "status_class=5xx", 1),
        (vec!["process_time_min=12.6"], "process_time_min=12.6", 0),
    ];
    for (filters, query, count) in cases {
        let link = project.link(&json!({"filters": filters}));
        for (path, query) in [
            ("/raw_logs", format!("{query}&limit=50")),
            ("/dashboard", format!("{query}&{ALL_TIME}&include=consumers,user_agents,comparison")),
        ] {
            let asked = project.ask(path, &query).expect(200).json();
            let query: Vec<_> = query.split('&').filter(|one| !filters.contains(one)).collect();
            let shown = through(client, path, &link, &query.join("&")).expect(200).json();
            assert_eq!(shown, asked, "{path} {filters:?}");
            let events = shown.as_array().map(|list| list.len() as u64);
            assert_eq!(events.or(shown["summary"]["total_requests"].as_u64()), Some(count), "{filters:?}");
        }
        let report = through(client, "/report", &link, &format!("format=json&{ALL_TIME}")).expect(200).json();
        assert_eq!(report["report"]["summary"]["total_requests"], count, "{filters:?}");
    }
}

fn a_question_narrows_a_link_and_never_widens_it(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let link = project.link(&json!({"filters": ["consumer=acme", "endpoint=/v1/"]}));
    for (query, count) in [
        ("method=POST", 1),
        ("not_consumer=globex", 2),
        ("not_consumer=acme", 0),
        ("endpoint_exact=/v1/secret", 0),
        ("not_endpoint=/v1/", 0),
        ("ip=203.0.113.9", 0),
        ("settings=none", 2),
    ] {
        let answer = through(client, "/raw_logs", &link, query);
        assert_eq!(answer.expect(200).json().as_array().map(Vec::len), Some(count), "{query}");
        let figures = through(client, "/dashboard", &link, &format!("{query}&{ALL_TIME}")).expect(200).json();
        assert_eq!(figures["summary"]["total_requests"], count, "{query}");
    }
    for (query, field) in [
        ("consumer=globex", "consumer"),
        ("consumer=", "consumer"),
        ("consumer=acme", "consumer"),
        ("endpoint=/", "endpoint"),
        ("endpoint=/v1/&endpoint=/v2/", "endpoint"),
        ("%63onsumer=globex", "consumer"),
        ("consumer=x&consumer=globex&method=GET", "consumer"),
    ] {
        for path in ["/raw_logs", "/dashboard", "/report"] {
            let answer = through(client, path, &link, &format!("{query}&format=json")).expect(422);
            assert_eq!(answer.faulty_fields(), [field], "{path} {query}");
        }
    }
}

fn a_link_does_not_tell_of_what_it_leaves_out(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let query = format!("{ALL_TIME}&include=coverage");
    let coverage =
        |link: &str| through(client, "/dashboard", link, &query).expect(200).json()["coverage"].clone();
    let whole = coverage(&project.link(&json!({"hide": ["ip"]})));
    assert_eq!(
        (&whole["events_scanned"], &whole["oldest_event"]),
        (&json!(5), &json!("2025-08-01T00:00:00Z"))
    );
    let link = project.link(&json!({"filters": ["consumer=acme"]}));
    let part = coverage(&link);
    assert_eq!((&part["events_scanned"], &part["events_matched"]), (&json!(3), &json!(3)));
    assert_eq!((&part["oldest_event"], &part["filters"]), (&Value::Null, &json!(["consumer=acme"])));
    let report = through(client, "/report", &link, &format!("{query}&format=json")).expect(200).json();
    assert_eq!(report["report"]["coverage"], part);
    client.get(&format!("{}?link={link}", project.path(""))).send().assert_status(403);
}

fn a_link_opens_nothing_but_questions(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let link = project.link(&json!({}));
    through(client, "/ingest/ledger", &link, "").assert_status(403);
    for rest in ["", "/settings", "/keys", "/members", "/links", "/invitations", "/audit"] {
        through(client, &project.path(rest), &link, "").assert_status(403);
    }
    for path in ["/projects", "/me", "/me/audit", "/invitations", "/session"] {
        through(client, path, &link, "").assert_status(401);
    }
    for (method, rest) in [("PATCH", ""), ("DELETE", ""), ("PUT", "/settings"), ("POST", "/links")] {
        let call = client.call(method, &format!("{}?link={link}", project.path(rest)));
        call.json(&json!({"name": "watched"})).send().assert_status(403);
    }
    for path in ["/track", "/track/batch"] {
        let call = client.call("POST", &format!("{path}?link={link}")).json(&json!([]));
        call.send().assert_status(401);
    }
    assert_eq!(project.get("").expect(200).json()["name"], "watched");
}

fn a_link_stands_alone(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let (link, read) = (project.link(&json!({})), project.key(&["read"]));
    let path = format!("/raw_logs?link={link}");
    for call in [
        client.get(&path).bearer(&project.account.token),
        client.get(&path).bearer("x"),
        client.get(&path).key(&read.text),
        client.get(&path).key("x"),
        client.get(&format!("{path}&link={link}")),
        client.get(&format!("{path}&link=x")),
    ] {
        assert_eq!(call.send().expect(422).faulty_fields(), ["link"]);
    }
    through(client, "/raw_logs", &link, &format!("project={}", project.id)).assert_status(200);
    let other = project.account.project("other");
    let wrong = through(client, "/raw_logs", &link, &format!("project={}", other.id));
    assert_eq!(wrong.expect(422).faulty_fields(), ["project"]);
    let endless = "x".repeat(5000);
    let mut answers = Vec::new();
    for token in ["", "x", "%00", "%ff", &endless, &read.text, &project.invitation("viewer")] {
        let answer = through(client, "/raw_logs", token, "");
        assert!(!answer.header("www-authenticate").is_empty());
        answers.push(answer.expect(401).json());
    }
    answers.dedup();
    assert_eq!(texts(&answers, "detail"), ["The link is unknown or has expired"]);
}

fn a_link_ends_when_it_said_it_would(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let end = Utc::now() + TimeDelta::seconds(2);
    let link = project.link(&json!({"expires_at": end.to_rfc3339()}));
    through(client, "/raw_logs", &link, "").assert_status(200);
    eventually("the end of the link", || {
        let answer = through(client, "/raw_logs", &link, "");
        (answer.status == 401).then(|| assert!(Utc::now() >= end))
    });
    // It is listed still, so that it can be told why.
    assert_eq!(project.get("/links").expect(200).items().len(), 1);
}

fn shared_says_what_is_open(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    project.set(&json!({"timezone": "Asia/Kathmandu"}));
    let link = project.link(&json!({"filters": ["method=GET"], "hide": ["ip"], "expires_at": "2100-01-01"}));
    let expected = json!({
        "project": project.id, "name": "watched", "timezone": "Asia/Kathmandu", "filters": ["method=GET"],
        "hide": ["ip"], "expires_at": "2100-01-01T00:00:00Z",
    });
    assert_eq!(through(client, "/shared", &link, "").expect(200).json(), expected);
    let whole = json!({
        "project": project.id, "name": "watched", "timezone": "Asia/Kathmandu", "filters": [], "hide": [],
        "expires_at": null,
    });
    assert_eq!(project.ask("/shared", "").expect(200).json(), whole);
    let read = project.key(&["read"]);
    assert_eq!(client.get("/shared").key(&read.text).send().expect(200).json(), whole);
}
