//! API keys: their making, their owners, and that each sees its own events only.

use serde_json::json;
use tests::{Setup, on_each_backend};

use crate::support::{event, event_with};

on_each_backend!(
    each_key_is_new_and_fits_the_limit,
    missing_and_invalid_keys_are_told_apart,
    a_key_of_another_user_is_forbidden,
    keys_see_their_own_events_only,
    several_keys_of_one_user_work_side_by_side,
);

fn each_key_is_new_and_fits_the_limit(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let mut keys = vec![tenant.key];
    for _ in 0..5 {
        let key = server.client().generate_key(&tenant.token).expect(200).json();
        keys.push(key.as_str().expect("a JSON string").to_owned());
    }
    for key in &keys {
        assert!((20..=64).contains(&key.len()), "{} characters", key.len());
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
}

fn missing_and_invalid_keys_are_told_apart(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let longer = format!("{}x", tenant.key);
    let over_long = "k".repeat(65);
    let endless = "k".repeat(6000);
    let shorter = &tenant.key[1..];
    let invalid = ["x", "' OR 1=1 --", &longer, &over_long, &endless, shorter];
    for path in ["/raw_logs", "/dashboard", "/report?format=json"] {
        let answer = client.get(path).bearer(&tenant.token).send().expect(401);
        assert_eq!(answer.detail(), "Missing API Key", "{path}");
        for key in invalid {
            let answer = client.get(path).bearer(&tenant.token).key(key).send().expect(401);
            assert_eq!(answer.detail(), "Invalid API Key", "{path} {key}");
        }
    }
    let answer = client.call("POST", "/track").json(&event()).send().expect(401);
    assert_eq!(answer.detail(), "Missing API Key");
    for key in invalid {
        assert_eq!(client.track(key, &event()).expect(401).detail(), "Invalid API Key", "{key}");
    }
    assert!(client.all_logs(&tenant).is_empty());
}

fn a_key_of_another_user_is_forbidden(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let alice = client.tenant("alice");
    let bob = client.tenant("bob");
    client.track_all(&alice, &[event()]);
    for path in ["/raw_logs", "/dashboard", "/report?format=json", "/report?format=pdf"] {
        client.get(path).bearer(&bob.token).key(&alice.key).send().assert_status(403);
        client.get(path).bearer(&alice.token).key(&bob.key).send().assert_status(403);
    }
}

fn keys_see_their_own_events_only(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let alice = client.tenant("alice");
    let bob = client.tenant("bob");
    let mut second = alice.clone();
    second.key = client.generate_key(&alice.token).expect(200).json().as_str().expect("a key").to_owned();
    for (tenant, endpoint) in [(&alice, "/first"), (&second, "/second"), (&bob, "/bob")] {
        client.track_all(tenant, &[event_with(&json!({"endpoint": endpoint}))]);
    }
    let range = "start_date=2025-08-01&end_date=2025-08-31";
    for (tenant, endpoint) in [(&alice, "/first"), (&second, "/second"), (&bob, "/bob")] {
        let logs = client.all_logs(tenant);
        assert_eq!(logs.len(), 1);
        assert_eq!(logs[0]["endpoint"], endpoint);
        let dashboard = client.dashboard(tenant, range).expect(200).json();
        assert_eq!(dashboard["summary"]["total_requests"], 1);
        assert_eq!(dashboard["endpoint_stats"][0]["endpoint"], endpoint);
        let report = client.report(tenant, &format!("format=json&{range}")).expect(200).json();
        assert_eq!(report["report"], dashboard);
    }
}

fn several_keys_of_one_user_work_side_by_side(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let second = client.generate_key(&tenant.token).expect(200).json();
    client.track(second.as_str().expect("a key"), &event()).assert_status(200);
    client.track(&tenant.key, &event()).assert_status(200);
    assert_eq!(client.all_logs(&tenant).len(), 1);
}
