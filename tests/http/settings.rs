//! The settings of a project: one document with a version, and what the time zone in it does.

use serde_json::{Value, json};
use tests::{Answer, Project, Setup, on_each_backend};

use crate::support::{event_with, texts};

on_each_backend!(
    a_new_project_has_the_default_settings,
    a_document_is_put_in_the_place_of_the_whole,
    every_faulty_field_is_named_by_its_path,
    settings_change_only_from_the_version_that_was_read,
    entity_tags_are_compared_as_http_has_it,
    of_two_who_change_the_same_version_one_is_told,
    the_zone_is_that_of_questions_that_name_none,
    settings_none_answers_as_if_there_were_none,
    default_settings_change_no_answer,
    settings_hold_for_every_key_at_once_and_after_a_restart,
);

fn default() -> Value {
    let quota = json!({"events_per_second": null, "events_per_day": null, "names_per_field": null});
    json!({"timezone": null, "quota": quota})
}

fn a_new_project_has_the_default_settings(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let shown = project.get("/settings").expect(200);
    assert_eq!(shown.json(), default());
    let tag = shown.header("etag");
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let read = project.key(&["read"]);
    let by_key = server.client().get(&project.path("/settings")).key(&read.text).send().expect(200);
    assert_eq!((by_key.json(), by_key.header("etag")), (default(), tag));
}

fn a_document_is_put_in_the_place_of_the_whole(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let whole = json!({"timezone": "Europe/Berlin", "quota":
        {"events_per_second": 1_000_000, "events_per_day": 1_000_000_000_000_u64, "names_per_field": 1}});
    let first = project.get("/settings").expect(200).header("etag").to_owned();
    let put = project.put("/settings", &whole).expect(200);
    assert_eq!(put.json(), whole);
    assert_ne!(put.header("etag"), first);
    let shown = project.get("/settings").expect(200);
    assert_eq!((shown.json(), shown.header("etag")), (whole, put.header("etag")));
    let part = project.put("/settings", &json!({"quota": {"events_per_day": 5.0}})).expect(200).json();
    let mut expected = default();
    expected["quota"]["events_per_day"] = json!(5);
    assert_eq!(part, expected, "what is absent has its default");
    for body in [json!({}), json!({"timezone": null, "quota": null}), json!({"quota": {}})] {
        assert_eq!(project.put("/settings", &body).expect(200).json(), default(), "{body}");
    }
}

fn every_faulty_field_is_named_by_its_path(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let tag = project.get("/settings").expect(200).header("etag").to_owned();
    let many = json!({"timezone": "Mars/Phobos", "colour": 1, "quota":
        {"events_per_second": 0, "events_per_day": 1.5, "names_per_field": "many", "x": {}}});
    let fields = project.put("/settings", &many).expect(422).faulty_fields();
    let expected = [
        "colour",
        "quota.events_per_day",
        "quota.events_per_second",
        "quota.names_per_field",
        "quota.x",
        "timezone",
    ];
    assert_eq!(fields, expected);
    for (body, field) in [
        (r#"{"timezone": 1}"#, "timezone"),
        (r#"{"timezone": ""}"#, "timezone"),
        (r#"{"timezone": "europe/berlin"}"#, "timezone"),
        (r#"{"quota": 1}"#, "quota"),
        (r#"{"quota": []}"#, "quota"),
        (r#"{"quota": {"events_per_second": 1000001}}"#, "quota.events_per_second"),
        (r#"{"quota": {"events_per_day": -1}}"#, "quota.events_per_day"),
        (r#"{"quota": {"events_per_day": 99999999999999999999}}"#, "quota.events_per_day"),
        (r#"{"quota": {"names_per_field": true}}"#, "quota.names_per_field"),
        // JSON leaves open which of two would count.
        (r#"{"timezone": "UTC", "timezone": "Europe/Berlin"}"#, "timezone"),
        (r#"{"quota": {"events_per_day": 1, "events_per_day": 2}}"#, "quota.events_per_day"),
        (r#"{"quota": {}, "quota": {}}"#, "quota"),
        ("[]", "body"),
        ("null", "body"),
    ] {
        let answer = project.call("PUT", "/settings").body("application/json", body).send();
        assert_eq!(answer.expect(422).faulty_fields(), [field], "{body}");
    }
    let codes = project.put("/settings", &json!({"quota": {"events_per_day": "1", "names_per_field": 0}}));
    let errors = codes.expect(422).json()["errors"].clone();
    assert_eq!(texts(errors.as_array().expect("a list"), "code"), ["type", "range"]);
    for body in ["", "{", "{}x", "\u{0}"] {
        project.call("PUT", "/settings").body("application/json", body).send().assert_status(400);
    }
    assert_eq!(project.get("/settings").expect(200).header("etag"), tag);
}

fn put_if(project: &Project, tag: &str, body: &Value) -> Answer {
    project.call("PUT", "/settings").header("If-Match", tag).json(body).send()
}

fn settings_change_only_from_the_version_that_was_read(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let berlin = json!({"timezone": "Europe/Berlin"});
    let first = project.get("/settings").expect(200).header("etag").to_owned();
    let second = put_if(&project, &first, &berlin).expect(200).header("etag").to_owned();
    let stale = put_if(&project, &first, &json!({})).expect(412);
    assert_eq!(stale.detail(), "It has been changed meanwhile; read it again");
    assert_eq!(project.get("/settings").expect(200).json()["timezone"], "Europe/Berlin");
    put_if(&project, &second, &json!({})).assert_status(200);
    // A faulty document is told to be so, whatever its version.
    put_if(&project, &second, &json!({"timezone": 1})).assert_status(422);
    put_if(&project, "*", &berlin).assert_status(200);
    project.put("/settings", &berlin).assert_status(200);
}

fn entity_tags_are_compared_as_http_has_it(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let body = json!({});
    let old = project.get("/settings").expect(200).header("etag").to_owned();
    let current = || project.get("/settings").expect(200).header("etag").to_owned();
    project.put("/settings", &body).assert_status(200);
    for list in ["OLD, NOW", "NOW,OLD", "\"x\" , NOW ", "NOW"] {
        let list = list.replace("OLD", &old).replace("NOW", &current());
        put_if(&project, &list, &body).assert_status(200);
    }
    // What no answer has given is no present version, and a weak tag is none that may be written upon.
    for tag in ["\"x\"", "\"\"", "\"-1\"", "\"99999999999999999999\"", &old, &format!("W/{}", current())] {
        put_if(&project, tag, &body).assert_status(412);
    }
    for tag in ["", "1", "\"1", "x\"1\"", "\"1\" \"2\"", "w/\"1\"", "\"a\"b\"", "*, \"1\""] {
        assert_eq!(put_if(&project, tag, &body).expect(422).faulty_fields(), ["If-Match"], "{tag}");
    }
    let tag = current();
    let twice = project.call("PUT", "/settings").header("If-Match", &old).header("If-Match", &tag);
    twice.json(&body).send().assert_status(200);
}

fn of_two_who_change_the_same_version_one_is_told(setup: Setup) {
    let server = setup.start();
    let project = server.client().owner("ann");
    for _ in 0..5 {
        let tag = project.get("/settings").expect(200).header("etag").to_owned();
        let mut statuses = std::thread::scope(|scope| {
            let zones = ["Europe/Berlin", "Asia/Tokyo", "UTC"];
            let (project, tag) = (&project, &tag);
            let threads = zones
                .map(|zone| scope.spawn(move || put_if(project, tag, &json!({"timezone": zone})).status));
            threads.map(|thread| thread.join().expect("an answer"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412]);
    }
}

/// A project with events round midnight of Kathmandu (18:15 UTC).
fn round_midnight(setup: Setup) -> (tests::Server, Project) {
    let server = setup.start();
    let project = server.client().owner("ann");
    let key = project.key(&["ingest"]);
    let times =
        ["2025-08-19T18:14:59Z", "2025-08-19T18:15:00Z", "2025-08-20T18:14:59Z", "2025-08-20T18:15:00Z"];
    let events: Vec<_> = times.iter().map(|time| event_with(&json!({"created_at": time}))).collect();
    server.client().track_batch(&key.text, &events).assert_status(200);
    (server, project)
}

const DAY: &str = "start_date=2025-08-20&end_date=2025-08-20&include=coverage";

fn count(answer: &Value) -> Value {
    answer["summary"]["total_requests"].clone()
}

fn the_zone_is_that_of_questions_that_name_none(setup: Setup) {
    let (server, project) = round_midnight(setup);
    let utc = project.ask("/dashboard", DAY).expect(200).json();
    project.set(&json!({"timezone": "Asia/Kathmandu"}));
    let figures = project.ask("/dashboard", DAY).expect(200).json();
    let named = project.ask("/dashboard", &format!("{DAY}&timezone=Asia/Kathmandu")).expect(200).json();
    assert_eq!(figures, named);
    let coverage = &figures["coverage"];
    assert_eq!(coverage["timezone"], "Asia/Kathmandu");
    assert_eq!(
        (&coverage["start"], &coverage["end"]),
        (&json!("2025-08-19T18:15:00Z"), &json!("2025-08-20T18:14:59.999999Z"))
    );
    assert_eq!(count(&figures), 2);
    let report = project.ask("/report", &format!("{DAY}&format=json")).expect(200).json();
    assert_eq!(report["report"], figures);
    assert_eq!(report["report_metadata"]["period"]["start"], "2025-08-19T18:15:00Z");
    let logs = project.ask("/raw_logs", "start_date=2025-08-20&end_date=2025-08-20").expect(200).json();
    let times = texts(logs.as_array().expect("a list"), "created_at");
    assert_eq!(times, ["2025-08-19T18:15:00Z", "2025-08-20T18:14:59Z"]);
    // By every way in, and another zone wins.
    let read = project.key(&["read"]);
    let by_key = server.client().get(&format!("/dashboard?{DAY}")).key(&read.text).send();
    assert_eq!(by_key.expect(200).json(), figures);
    let link = project.link(&json!({"hide": ["user_agent"]}));
    let by_link = server.client().get(&format!("/dashboard?{DAY}&link={link}")).send();
    assert_eq!(by_link.expect(200).json(), figures);
    let mut named = project.ask("/dashboard", &format!("{DAY}&timezone=UTC")).expect(200).json();
    assert!(named["time_series"][0]["start"].is_string());
    for bucket in named["time_series"].as_array_mut().expect("a list") {
        bucket.as_object_mut().expect("an object").remove("start");
    }
    assert_eq!(named, utc);
}

fn settings_none_answers_as_if_there_were_none(setup: Setup) {
    let (_server, project) = round_midnight(setup);
    let queries = [
        ("/dashboard", DAY),
        ("/report", "format=json&start_date=2025-08-20&end_date=2025-08-20"),
        ("/raw_logs", "start_date=2025-08-20&end_date=2025-08-20"),
    ];
    let ask = |more: &str| {
        queries.map(|(path, query)| {
            let mut answer = project.ask(path, &format!("{query}{more}")).expect(200).json();
            if path == "/report" {
                answer["report_metadata"]["generated_at"] = Value::Null;
            }
            answer
        })
    };
    let before = ask("");
    project.set(&json!({"timezone": "Asia/Kathmandu"}));
    assert_eq!(ask("&settings=none"), before);
    assert_ne!(ask(""), before);
    assert_eq!(ask("&settings=none&timezone=Asia/Kathmandu"), ask(""));
    for value in ["", "None", "all", "none,none"] {
        for (path, query) in queries {
            let answer = project.ask(path, &format!("{query}&settings={value}")).expect(422);
            assert_eq!(answer.faulty_fields(), ["settings"], "{path} {value:?}");
        }
    }
}

fn default_settings_change_no_answer(setup: Setup) {
    let (server, project) = round_midnight(setup);
    let key = project.key(&["ingest"]);
    let base = |path: &str| {
        // As in the base API: a bearer token beside a key.
        let call = server.client().get(path).bearer(&project.account.token).key(&key.text);
        call.send().expect(200).text()
    };
    let paths = [format!("/dashboard?{DAY}"), "/raw_logs".to_owned()];
    let before = paths.each_ref().map(|path| base(path));
    let has_start =
        |text: &str| text.split("\"coverage\"").next().is_some_and(|text| text.contains("\"start\""));
    assert!(!has_start(&before[0]), "{}", before[0]);
    project.set(&json!({"quota": {"events_per_day": 1_000_000}}));
    project.set(&json!({}));
    assert_eq!(paths.each_ref().map(|path| base(path)), before);
    project.set(&json!({"timezone": "UTC"}));
    assert!(has_start(&base(&paths[0])), "a zone that is named makes buckets state their start");
}

fn settings_hold_for_every_key_at_once_and_after_a_restart(setup: Setup) {
    let (server, project) = round_midnight(setup);
    let keys = [project.key(&["read"]), project.key(&["read", "ingest"])];
    let zones = |client: &tests::Client| {
        keys.each_ref().map(|key| {
            let figures = client.get(&format!("/dashboard?{DAY}")).key(&key.text).send().expect(200).json();
            figures["coverage"]["timezone"].as_str().expect("a zone").to_owned()
        })
    };
    assert_eq!(zones(server.client()), ["UTC", "UTC"]);
    for zone in ["Asia/Kathmandu", "Pacific/Kiritimati"] {
        project.set(&json!({"timezone": zone}));
        assert_eq!(zones(server.client()), [zone, zone]);
    }
    let server = server.restart();
    assert_eq!(zones(server.client()), ["Pacific/Kiritimati", "Pacific/Kiritimati"]);
}
