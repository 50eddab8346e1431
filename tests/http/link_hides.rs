//! What a link hides stands in no answer that it opens.

use std::process::{Command, Stdio};

use serde_json::json;
use tests::{Client, Setup, on_each_backend};

use crate::links::watched;

on_each_backend!(
    what_is_hidden_stands_in_no_json,
    what_is_hidden_cannot_be_asked_for,
    what_is_hidden_stands_in_no_pdf,
    fixed_filters_do_not_tell_of_what_is_hidden,
    the_owner_sees_everything_all_the_same,
);

const ALL_TIME: &str = "start_date=2025-08-01&end_date=2025-08-31";
/// What tells of each field in the events that are watched.
const TELLTALES: [(&str, &[&str]); 3] = [
    ("ip", &["192.0.2.1", "198.51.100.7", "203.0.113.9"]),
    ("consumer", &["acme", "globex"]),
    ("user_agent", &["curl/8", "bot/1"]),
];
/// Every figure there is.
const EVERYTHING: &str = "include=percentiles,apdex,status_classes,latency_histogram,comparison,heatmap,consumers,\
                          user_agents,hostnames,gaps,coverage";

fn through(client: &Client, path: &str, link: &str) -> tests::Answer {
    let separator = if path.contains('?') { '&' } else { '?' };
    client.get(&format!("{path}{separator}link={link}")).send().expect(200)
}

fn what_is_hidden_stands_in_no_json(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let whole = project.link(&json!({}));
    for (hidden, telltales) in TELLTALES {
        let link = project.link(&json!({"hide": [hidden]}));
        let dashboard = format!("/dashboard?{ALL_TIME}&{EVERYTHING}");
        let report = format!("/report?format=json&{ALL_TIME}&{EVERYTHING}");
        for path in ["/raw_logs", "/raw_logs?order_by=endpoint&order=desc", &dashboard, &report] {
            let (shown, all) = (through(client, path, &link).text(), through(client, path, &whole).text());
            for text in telltales {
                assert!(!shown.contains(text), "{hidden}: {text} in {path}: {shown}");
                assert!(all.contains(text), "{path}: a test that sees nothing shows nothing");
            }
            // The other fields are there.
            for (_, others) in TELLTALES.iter().filter(|(other, _)| *other != hidden) {
                assert!(others.iter().all(|text| shown.contains(text)), "{hidden}: {path}");
            }
        }
        let events = through(client, "/raw_logs", &link).json();
        for event in events.as_array().expect("a list") {
            match hidden {
                "ip" => assert!(event["ip"].is_null()),
                _ => assert!(event.get(hidden).is_none(), "{event}"),
            }
        }
    }
    let blind = project.link(&json!({"hide": ["ip", "consumer", "user_agent"]}));
    let figures = through(client, &format!("/dashboard?{ALL_TIME}&{EVERYTHING}"), &blind).json();
    assert_eq!(figures["top_ips"], json!([]));
    assert!(figures.get("consumers").is_none() && figures.get("user_agents").is_none());
    // Numbers stay what they are.
    assert_eq!(
        (&figures["summary"]["total_requests"], &figures["summary"]["unique_ips"]),
        (&json!(5), &json!(3))
    );
}

fn what_is_hidden_cannot_be_asked_for(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    for (hidden, telltales) in TELLTALES {
        let link = project.link(&json!({"hide": [hidden]}));
        for name in [hidden.to_owned(), format!("not_{hidden}")] {
            for path in ["/raw_logs", "/dashboard", "/report"] {
                let query = format!("{name}={}&format=json&link={link}", telltales[0]);
                let answer = client.get(&format!("{path}?{query}")).send().expect(422);
                assert_eq!(answer.faulty_fields(), [name.as_str()], "{path}");
            }
        }
    }
    // An order would tell who is who.
    let link = project.link(&json!({"hide": ["ip"]}));
    for query in ["order_by=ip", "order_by=method&order_by=ip", "order_by=ip&order=desc&limit=1"] {
        let answer = client.get(&format!("/raw_logs?{query}&link={link}")).send().expect(422);
        assert_eq!(answer.faulty_fields(), ["order_by"], "{query}");
    }
}

/// The text of a PDF; `None`, said loudly, where this machine has no `pdftotext`.
fn text_of(pdf: &[u8]) -> Option<String> {
    use std::io::Write;

    let command =
        Command::new("pdftotext").args(["-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = command else {
        let is_required = std::env::var("REQUIRE_PDFTOTEXT").as_deref() == Ok("1");
        assert!(!is_required, "REQUIRE_PDFTOTEXT=1, but this machine has no pdftotext (poppler-utils)");
        eprintln!(
            "SKIPPED: no pdftotext (poppler-utils) on this machine: what stands in a PDF is not looked at"
        );
        return None;
    };
    child.stdin.take().expect("piped").write_all(pdf).expect("a reader");
    let output = child.wait_with_output().expect("its output");
    assert!(output.status.success(), "no sound PDF");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

fn what_is_hidden_stands_in_no_pdf(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let path = format!("/report?format=pdf&{ALL_TIME}&include=consumers,user_agents,coverage");
    let Some(all) = text_of(&through(client, &path, &project.link(&json!({}))).body) else { return };
    // The document names addresses.
    assert!(TELLTALES[0].1.iter().all(|text| all.contains(text)), "{all}");
    for (hidden, telltales) in TELLTALES {
        let link = project.link(&json!({"hide": [hidden], "filters": ["not_consumer=initech"]}));
        let shown = text_of(&through(client, &path, &link).body).expect("a reader");
        assert!(shown.contains("/v1/secret"), "{shown}");
        assert!(telltales.iter().all(|text| !shown.contains(text)), "{hidden} in {shown}");
        assert_eq!(shown.contains("initech"), hidden != "consumer", "{shown}");
    }
}

fn fixed_filters_do_not_tell_of_what_is_hidden(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = watched(client);
    let link = project.link(&json!({
        "filters": ["consumer=acme", "not_ip=198.51.100.7", "endpoint=/v1/"], "hide": ["consumer", "ip"],
    }));
    assert_eq!(through(client, "/shared", &link).json()["filters"], json!(["endpoint=/v1/"]));
    let figures = through(client, &format!("/dashboard?{ALL_TIME}&include=coverage"), &link).json();
    assert_eq!(figures["coverage"]["filters"], json!(["endpoint=/v1/"]));
    // They hold, though they are not named.
    assert_eq!(figures["summary"]["total_requests"], 2);
    for answer in [client.get(&format!("/raw_logs?consumer=x&link={link}")).send()] {
        let answer = answer.expect(422);
        assert!(!answer.text().contains("acme"), "{}", answer.text());
    }
    let listed = project.get("/links").expect(200).items();
    assert_eq!(listed[0]["filters"], json!(["consumer=acme", "not_ip=198.51.100.7", "endpoint=/v1/"]));
}

fn the_owner_sees_everything_all_the_same(setup: Setup) {
    let server = setup.start();
    let project = watched(server.client());
    let before = project.ask("/dashboard", &format!("{ALL_TIME}&{EVERYTHING}")).expect(200).json();
    let link = project.link(&json!({"hide": ["ip", "consumer", "user_agent"], "filters": ["consumer=acme"]}));
    let _ = through(server.client(), &format!("/dashboard?{ALL_TIME}&{EVERYTHING}"), &link);
    assert_eq!(project.ask("/dashboard", &format!("{ALL_TIME}&{EVERYTHING}")).expect(200).json(), before);
    assert_eq!(before["top_ips"].as_array().map(Vec::len), Some(3));
    assert_eq!(before["consumers"].as_array().map(Vec::len), Some(2));
}
