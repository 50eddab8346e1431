//! `POST /track/batch`: both forms, plain and compressed, and the verdict for each event.

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

use crate::support::{event, event_with, events, gzip, lines, texts};

on_each_backend!(
    stores_an_array,
    stores_lines_and_ignores_blank_ones,
    tells_the_form_by_the_first_byte_where_no_type_does,
    takes_gzip,
    an_empty_batch_is_no_error,
    keeps_every_field_as_a_single_event_would,
    gives_a_verdict_for_each_event,
    a_malformed_line_is_one_refused_event,
    lists_a_hundred_refused_events_and_counts_all,
    all_or_nothing_stores_nothing_when_one_event_is_bad,
    refuses_a_malformed_array_as_a_whole,
    refuses_strangers_and_unknown_options,
);

fn counts(received: usize, stored: usize, rejected: usize) -> [(&'static str, Value); 4] {
    [
        ("received", json!(received)),
        ("stored", json!(stored)),
        ("duplicate", json!(0)),
        ("rejected", json!(rejected)),
    ]
}

fn assert_counts(answer: &Value, received: usize, stored: usize, rejected: usize) {
    for (name, value) in counts(received, stored, rejected) {
        assert_eq!(answer[name], value, "{name} of {answer}");
    }
}

fn stores_an_array(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for size in [1, 2, 63, 64, 65, 500] {
        let before = client.all_logs(&tenant).len();
        let answer = client.track_batch(&tenant.key, &events(size)).expect(200);
        let expected = json!({"received": size, "stored": size, "duplicate": 0, "rejected": 0, "errors": []});
        assert_eq!(answer.json(), expected);
        assert!(answer.header("content-type").starts_with("application/json"));
        assert_eq!(client.all_logs(&tenant).len(), before + size);
    }
}

fn stores_lines_and_ignores_blank_ones(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let body = format!("\r\n{}\n  \n", lines(&events(3)).replace('\n', "\r\n\n"));
    for content_type in ["application/x-ndjson", "application/jsonl; charset=utf-8", "APPLICATION/X-NDJSON"] {
        let answer = client.batch(&tenant.key).body(content_type, body.clone()).send().expect(200);
        assert_counts(&answer.json(), 3, 3, 0);
    }
    // The last line needs no end.
    let body = lines(&events(2));
    let answer = client.batch(&tenant.key).body("application/x-ndjson", body.trim_end()).send().expect(200);
    assert_counts(&answer.json(), 2, 2, 0);
    assert_eq!(client.all_logs(&tenant).len(), 11);
}

fn tells_the_form_by_the_first_byte_where_no_type_does(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let bodies = [format!(" \n{}", Value::from(events(2))), format!("\n {}", lines(&events(2)))];
    for body in bodies {
        let answer = client.batch(&tenant.key).bytes(body.clone()).send().expect(200);
        assert_counts(&answer.json(), 2, 2, 0);
        for content_type in ["text/plain", "application/octet-stream", "application/x-www-form-urlencoded"] {
            let answer = client.batch(&tenant.key).body(content_type, body.clone()).send().expect(200);
            assert_counts(&answer.json(), 2, 2, 0);
        }
    }
    assert_eq!(client.all_logs(&tenant).len(), 16);
}

fn takes_gzip(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let array = gzip(Value::from(events(700)).to_string().as_bytes());
    let answer = client.batch(&tenant.key).header("Content-Encoding", "gzip").body("application/json", array);
    assert_counts(&answer.send().expect(200).json(), 700, 700, 0);
    // Two members, one after the other, are one body.
    let members = [gzip(lines(&events(2)).as_bytes()), gzip(lines(&events(3)).as_bytes())].concat();
    let answer =
        client.batch(&tenant.key).header("Content-Encoding", "GZIP").body("application/jsonl", members);
    assert_counts(&answer.send().expect(200).json(), 5, 5, 0);
    let plain = client.batch(&tenant.key).header("Content-Encoding", "identity").json(&json!([event()]));
    assert_counts(&plain.send().expect(200).json(), 1, 1, 0);
    assert_eq!(client.all_logs(&tenant).len(), 706);
}

fn an_empty_batch_is_no_error(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let empty = json!({"received": 0, "stored": 0, "duplicate": 0, "rejected": 0, "errors": []});
    for (content_type, body) in [
        ("application/json", "[]"),
        ("application/json", " [ ]\n"),
        ("application/x-ndjson", ""),
        ("application/jsonl", "\n\n"),
    ] {
        let answer = client.batch(&tenant.key).body(content_type, body).send().expect(200);
        assert_eq!(answer.json(), empty, "{content_type} {body:?}");
    }
    assert!(client.all_logs(&tenant).is_empty());
}

fn keeps_every_field_as_a_single_event_would(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (single, batch) = (client.tenant("alice"), client.tenant("bob"));
    let events = [
        event(),
        event_with(
            &json!({"ip": null, "endpoint": "  /ж\u{0}  ", "created_at": "2025-08-20T12:00:00+02:00"}),
        ),
        event_with(
            &json!({"route": "/{x}", "user_agent": "curl", "hostname": "a.example", "consumer": "ann",
                           "request_bytes": 0, "response_bytes": i64::MAX}),
        ),
    ];
    client.track_all(&single, &events);
    client.track_batch(&batch.key, &events).assert_status(200);
    assert_eq!(client.all_logs(&batch), client.all_logs(&single));
}

fn gives_a_verdict_for_each_event(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let batch = [
        event(),
        event_with(&json!({"method": "get", "status_code": 600})),
        json!(7),
        event_with(&json!({"colour": "red"})),
        json!([event()]),
        Value::Null,
        event_with(&json!({"endpoint": "/last"})),
    ];
    let answer = client.track_batch(&tenant.key, &batch).expect(200).json();
    assert_counts(&answer, 7, 2, 5);
    let mut verdicts = Vec::new();
    for refused in answer["errors"].as_array().expect("a list") {
        let errors = refused["errors"].as_array().expect("errors");
        assert!(errors.iter().all(|error| error["detail"].is_string()), "{refused}");
        let fields = texts(errors, "field").join(" ");
        verdicts.push((
            refused["index"].as_u64().expect("an index"),
            fields,
            texts(errors, "code").join(" "),
        ));
    }
    let expected = [
        (1, "method status_code", "format range"),
        (2, "event", "type"),
        (3, "colour", "unknown"),
        (4, "event", "type"),
        (5, "event", "type"),
    ];
    assert_eq!(verdicts, expected.map(|(index, fields, codes)| (index, fields.to_owned(), codes.to_owned())));
    assert!(answer.get("errors_truncated").is_none());
    assert_eq!(texts(&client.all_logs(&tenant), "endpoint"), ["/users", "/last"]);
}

fn a_malformed_line_is_one_refused_event(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for malformed in
        ["{", "nonsense", "{} {}", "\u{0}", "{\"endpoint\": \"\\ud800\"}", "{\"process_time\": 1e999}"]
    {
        let body = format!("{}\n\n{malformed}\n{}\n", event(), event());
        let answer = client.batch(&tenant.key).body("application/x-ndjson", body).send().expect(200).json();
        assert_counts(&answer, 3, 2, 1);
        let refused = &answer["errors"][0];
        assert_eq!(refused["index"], 1, "{malformed}");
        assert_eq!(refused["errors"][0]["field"], "event", "{malformed}");
        assert_eq!(refused["errors"][0]["code"], "format", "{malformed}");
    }
    let broken = [event().to_string().as_bytes(), b"\n\xff\xfe\n"].concat();
    let answer = client.batch(&tenant.key).body("application/x-ndjson", broken).send().expect(200).json();
    assert_counts(&answer, 2, 1, 1);
}

fn lists_a_hundred_refused_events_and_counts_all(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    for (refused, listed) in [(100, 100), (101, 100), (250, 100)] {
        let mut batch = events(refused);
        batch.iter_mut().for_each(|event| event["status_code"] = json!(1));
        batch.push(event());
        let answer = client.track_batch(&tenant.key, &batch).expect(200).json();
        assert_counts(&answer, refused + 1, 1, refused);
        assert_eq!(answer["errors"].as_array().expect("a list").len(), listed);
        let truncated = answer.get("errors_truncated").cloned();
        assert_eq!(truncated, (refused > listed).then_some(Value::Bool(true)));
    }
}

fn all_or_nothing_stores_nothing_when_one_event_is_bad(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let atomic = |batch: &[Value]| {
        client.call("POST", "/track/batch?atomic=true").key(&tenant.key).json(&Value::from(batch)).send()
    };
    let mut batch = events(5);
    batch[3]["status_code"] = json!(0);
    let answer = atomic(&batch).expect(422).json();
    let refused = answer["rejected_events"].as_array().expect("a list");
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["index"], 3);
    assert_eq!(refused[0]["errors"][0]["field"], "status_code");
    assert!(client.all_logs(&tenant).is_empty());
    assert_counts(&atomic(&events(5)).expect(200).json(), 5, 5, 0);
    assert_counts(&atomic(&[]).expect(200).json(), 0, 0, 0);
    // Said plainly, the default.
    let call = client.call("POST", "/track/batch?atomic=false").key(&tenant.key).json(&Value::from(batch));
    assert_counts(&call.send().expect(200).json(), 5, 4, 1);
}

fn refuses_a_malformed_array_as_a_whole(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let good = event().to_string();
    for body in [
        String::new(),
        "[".to_owned(),
        format!("[{good}"),
        format!("[{good},]"),
        format!("[{good}] x"),
        format!("[{good} {good}]"),
        format!("[{good},{{]"),
        format!("[{good},{{\"a\":tru}}]"),
        "nonsense".to_owned(),
    ] {
        client.batch(&tenant.key).body("application/json", body).send().assert_status(400);
    }
    client.batch(&tenant.key).body("application/json", &b"[\"\xff\"]"[..]).send().assert_status(400);
    // Sound JSON, but no array.
    for body in ["{}", "null", "7", "\"[]\"", good.as_str()] {
        let answer = client.batch(&tenant.key).body("application/json", body).send().expect(422);
        assert_eq!(answer.faulty_fields(), ["body"], "{body}");
    }
    // What is wrong with one element alone does not hinder the others.
    let body = format!(r#"[{good},{{"endpoint":"\ud800"}},{{"process_time":1e999}},{good}]"#);
    let answer = client.batch(&tenant.key).body("application/json", body).send().expect(200);
    assert_counts(&answer.json(), 4, 2, 2);
    assert_eq!(client.all_logs(&tenant).len(), 2);
}

fn refuses_strangers_and_unknown_options(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let batch = Value::from(events(1));
    client.call("POST", "/track/batch").json(&batch).send().assert_status(401);
    client.track_batch("nobody", &events(1)).assert_status(401);
    let answer = client.call("POST", "/track/batch?atomic=perhaps").key(&tenant.key).json(&batch).send();
    assert_eq!(answer.expect(422).faulty_fields(), ["atomic"]);
    for coding in ["br", "deflate", "zstd", "gzip, gzip", "nonsense", "\u{e9}"] {
        let answer =
            client.batch(&tenant.key).header("Content-Encoding", coding).json(&batch).send().expect(415);
        assert!(answer.header("accept-encoding").contains("gzip"));
    }
    assert!(client.all_logs(&tenant).is_empty());
}
