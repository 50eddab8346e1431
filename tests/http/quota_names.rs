//! The quota of names: how many different endpoints, routes, user agents, hosts and consumers a project has.

use serde_json::{Value, json};
use tests::{Setup, on_each_backend};

use crate::quota::{ledger, limited};
use crate::support::event_with;

on_each_backend!(
    a_new_name_beyond_the_limit_is_refused_and_known_ones_are_not,
    each_field_is_counted_by_itself,
    of_a_batch_only_the_events_with_new_names_are_refused,
    names_are_known_after_a_restart,
    names_that_were_there_before_the_quota_count,
    a_refused_event_uses_up_no_name,
    a_refused_batch_uses_up_no_name,
    a_higher_limit_lets_more_in,
);

fn named(field: &str, name: &str) -> Value {
    event_with(&json!({field: name}))
}

fn a_new_name_beyond_the_limit_is_refused_and_known_ones_are_not(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 3}));
    for endpoint in ["/a", "/b", "/c", "/a"] {
        client.track(&key.text, &named("endpoint", endpoint)).assert_status(200);
    }
    for endpoint in ["/d", "/A"] {
        let answer = client.track(&key.text, &named("endpoint", endpoint)).expect(422);
        assert_eq!(answer.faulty_fields(), ["endpoint"]);
        assert_eq!(answer.json()["errors"][0]["code"], "quota");
    }
    // Blanks at the ends are none of the name.
    for endpoint in ["/b", " /c "] {
        client.track(&key.text, &named("endpoint", endpoint)).assert_status(200);
    }
    let expected = json!({"received": 8, "stored": 6, "duplicate": 0, "rejected": {"endpoint.quota": 2}});
    assert_eq!(ledger(&project, 8), expected);
}

fn each_field_is_counted_by_itself(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 1}));
    let fields = ["route", "user_agent", "hostname", "consumer"];
    // One name in each field, though it is the same in all.
    let mut all = event_with(&json!({"endpoint": "/x"}));
    for field in fields {
        all[field] = json!("/x");
    }
    client.track(&key.text, &all).assert_status(200);
    client.track(&key.text, &event_with(&json!({"endpoint": "/x"}))).assert_status(200);
    for field in fields {
        let mut other = event_with(&json!({"endpoint": "/x", "ip": "2001:db8::1", "status_code": 599}));
        client.track(&key.text, &other).assert_status(200);
        other[field] = json!("/y");
        assert_eq!(client.track(&key.text, &other).expect(422).faulty_fields(), [field]);
    }
    let mut faulty = all.clone();
    for field in fields {
        faulty[field] = json!("/z");
    }
    let mut named = client.track(&key.text, &faulty).expect(422).faulty_fields();
    named.sort();
    assert_eq!(named, ["consumer", "hostname", "route", "user_agent"]);
    let total = ledger(&project, 11);
    let rejected = json!({"route.quota": 2, "user_agent.quota": 1, "hostname.quota": 1, "consumer.quota": 1});
    assert_eq!((&total["stored"], &total["rejected"]), (&json!(6), &rejected));
}

fn of_a_batch_only_the_events_with_new_names_are_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 3}));
    let batch: Vec<_> =
        ["/a", "/b", "/a", "/c", "/d", "/e", "/b"].iter().map(|name| named("endpoint", name)).collect();
    let answer = client.track_batch(&key.text, &batch).expect(200).json();
    assert_eq!((&answer["stored"], &answer["rejected"]), (&json!(5), &json!(2)));
    assert_eq!(answer["errors"][0]["index"], 4);
    assert_eq!(answer["errors"][0]["errors"][0]["code"], "quota");
    let whole = client.call("POST", "/track/batch?atomic=true").key(&key.text).json(&json!(batch)).send();
    whole.assert_status(422);
    let total = ledger(&project, 14);
    assert_eq!(total["rejected"], json!({"endpoint.quota": 4, "batch.atomic": 5}));
    assert_eq!(project.get("").expect(200).json()["events"], 5);
}

fn names_are_known_after_a_restart(setup: Setup) {
    let server = setup.start();
    let (_, key) = limited(server.client(), &json!({"names_per_field": 2}));
    server.client().track(&key.text, &named("consumer", "a")).assert_status(200);
    let server = server.kill().start();
    for (consumer, status) in [("b", 200), ("c", 422), ("a", 200), ("b", 200)] {
        server.client().track(&key.text, &named("consumer", consumer)).assert_status(status);
    }
    let server = server.restart();
    for (consumer, status) in [("c", 422), ("a", 200), ("b", 200)] {
        server.client().track(&key.text, &named("consumer", consumer)).assert_status(status);
    }
}

fn names_that_were_there_before_the_quota_count(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({}));
    let names: Vec<_> = (0..10).map(|number| named("hostname", &format!("h{number}"))).collect();
    client.track_batch(&key.text, &names).assert_status(200);
    project.set(&json!({"quota": {"names_per_field": 5}}));
    // More than there may be: none goes, and none comes.
    assert_eq!(client.track(&key.text, &named("hostname", "h10")).expect(422).faulty_fields(), ["hostname"]);
    assert_eq!(project.get("").expect(200).json()["events"], 10);
    let known = names.iter().filter(|event| client.track(&key.text, event).status == 200).count();
    assert_eq!(known, 10, "names that are known stay known");
}

fn a_refused_event_uses_up_no_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 2, "events_per_second": 1}));
    let paid: Vec<_> = (0..60).map(|_| named("endpoint", "/a")).collect();
    client.track_batch(&key.text, &paid).assert_status(200);
    // Refused for another reason.
    client.track(&key.text, &named("endpoint", "/never")).assert_status(429);
    let mut faulty = named("endpoint", "/faulty");
    faulty["status_code"] = json!(99);
    client.track(&key.text, &faulty).assert_status(422);
    project.set(&json!({"quota": {"names_per_field": 2}}));
    // And for another field.
    client.track(&key.text, &event_with(&json!({"endpoint": "/a", "consumer": "x"}))).assert_status(200);
    client.track(&key.text, &event_with(&json!({"endpoint": "/a", "consumer": "y"}))).assert_status(200);
    let other = event_with(&json!({"endpoint": "/refused", "consumer": "z"}));
    assert_eq!(client.track(&key.text, &other).expect(422).faulty_fields(), ["consumer"]);
    client.track(&key.text, &named("endpoint", "/b")).assert_status(200);
    client.track(&key.text, &named("endpoint", "/c")).assert_status(422);
}

fn a_refused_batch_uses_up_no_name(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 2, "events_per_day": 4}));
    client.track(&key.text, &named("endpoint", "/a")).assert_status(200);
    let new = |number: u32| named("endpoint", &format!("/new-{number}"));
    let whole = client.call("POST", "/track/batch?atomic=true").key(&key.text);
    whole.json(&json!([new(1), json!({})])).send().assert_status(422);
    let over: Vec<_> = (0..4).map(|_| new(2)).collect();
    client.track_batch(&key.text, &over).assert_status(429);
    let broken = format!("[{}, {{", new(3));
    client.batch(&key.text).body("application/json", broken).send().assert_status(400);
    project.set(&json!({"quota": {"names_per_field": 2, "events_per_second": 1}}));
    let paid: Vec<_> = (0..60).map(|_| named("endpoint", "/a")).collect();
    client.track_batch(&key.text, &paid).assert_status(200);
    client.track_batch(&key.text, &[new(4)]).assert_status(429);
    project.set(&json!({"quota": {"names_per_field": 2}}));
    client.track(&key.text, &new(5)).assert_status(200);
    client.track(&key.text, &new(6)).assert_status(422);
}

fn a_higher_limit_lets_more_in(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (project, key) = limited(client, &json!({"names_per_field": 1}));
    let send = |name: &str| client.track(&key.text, &named("route", name)).status;
    assert_eq!([send("/a"), send("/b")], [200, 422]);
    project.set(&json!({"quota": {"names_per_field": 2}}));
    assert_eq!([send("/a"), send("/b"), send("/c")], [200, 200, 422]);
    project.set(&json!({}));
    assert_eq!([send("/c"), send("/d")], [200, 200]);
    project.set(&json!({"quota": {"names_per_field": 2}}));
    assert_eq!(send("/e"), 422);
}
