//! What ends by itself, and when.

use serde_json::{Value, json};
use tests::client::PASSWORD;

use super::service::{Owner, Service};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn key(service: &Service, owner: &Owner, body: &Value) -> Value {
    service.post(owner, &format!("{}/keys", owner.project), body).expect(201).json()
}

/// The status of a dashboard that is asked for with a key alone.
fn read(service: &Service, key: &Value) -> u16 {
    service.client.get("/dashboard").key(key.as_str().unwrap()).send().status
}

#[test]
fn an_access_token_is_good_for_ninety_minutes_to_the_second() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    service.pass(90 * MINUTE - 1);
    service.client.me(&owner.token).assert_status(200);
    service.pass(1);
    service.client.me(&owner.token).assert_status(401);
    service.client.me(&service.token("ann")).assert_status(200);
}

#[test]
fn a_key_ends_at_its_instant_also_where_it_is_remembered() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    // The clock of the tests stands at 12:00:00.
    let body = json!({"name": "script", "scopes": ["read"], "expires_at": "2025-06-01T12:00:05Z"});
    let key = key(&service, &owner, &body)["key"].clone();
    service.pass(4);
    assert_eq!(read(&service, &key), 200);
    service.pass(1);
    assert_eq!(read(&service, &key), 401);
}

#[test]
fn what_is_to_end_must_end_in_the_future() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    for path in ["keys", "links"] {
        let body = json!({"name": "late", "expires_at": "2025-06-01T12:00:00Z"});
        let answer = service.post(&owner, &format!("{}/{path}", owner.project), &body).expect(422);
        assert_eq!(answer.faulty_fields(), ["expires_at"]);
    }
}

#[test]
fn a_rotated_key_is_good_beside_the_new_one_until_the_overlap_is_over() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    let old = key(&service, &owner, &json!({"name": "script", "scopes": ["read"]}));
    let path = format!("{}/keys/{}/rotate", owner.project, text(&old["id"]));
    let new = service.post(&owner, &path, &json!({"overlap_minutes": 10})).expect(201).json();
    service.pass(10 * MINUTE - 1);
    assert_eq!((read(&service, &old["key"]), read(&service, &new["key"])), (200, 200));
    service.pass(1);
    assert_eq!((read(&service, &old["key"]), read(&service, &new["key"])), (401, 200));
}

#[test]
fn a_link_ends_at_its_instant() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    let body = json!({"name": "a look", "expires_at": "2025-06-02"});
    let link = service.post(&owner, &format!("{}/links", owner.project), &body).expect(201).json();
    let path = format!("/dashboard?link={}", text(&link["token"]));
    service.pass(12 * HOUR - 1);
    service.client.get(&path).send().assert_status(200);
    service.pass(1);
    service.client.get(&path).send().assert_status(401);
}

#[test]
fn an_invitation_is_good_for_a_week_unless_told_otherwise() {
    let service = Service::start(|config| config.registration = crate::config::Registration::Open);
    let owner = service.owner("ann");
    let invite = |hours: Value| {
        let body = json!({"role": "viewer", "expires_in_hours": hours});
        let path = format!("{}/invitations", owner.project);
        text(&service.post(&owner, &path, &body).expect(201).json()["token"])
    };
    let (week, hour) = (invite(Value::Null), invite(json!(1)));
    let bob = service.owner("bob");
    service.pass(HOUR);
    let accept = |guest: &Owner, token: &str| {
        service.post(guest, "/invitations/accept", &json!({"token": token})).status
    };
    assert_eq!(accept(&bob, &hour), 403);
    service.pass(7 * DAY - HOUR - 1);
    let bob = Owner { token: service.token("bob"), ..bob };
    assert_eq!(accept(&bob, &week), 200);
}

#[test]
fn a_quota_of_the_day_ends_with_the_day() {
    let service = Service::start(|_| {});
    let owner = service.owner("ann");
    let settings = json!({"quota": {"events_per_day": 2}});
    let path = format!("{}/settings", owner.project);
    service.client.call("PUT", &path).bearer(&owner.token).json(&settings).send().assert_status(200);
    let key = text(&key(&service, &owner, &json!({"name": "servers"}))["key"]);
    let event = json!({"created_at": "2025-06-01", "method": "GET", "endpoint": "/", "process_time": 1,
        "status_code": 200});
    let track = || service.client.track(&key, &event);
    track().assert_status(200);
    track().assert_status(200);
    let refused = track().expect(429);
    assert_eq!(refused.header("retry-after"), (12 * HOUR).to_string());
    service.pass(12 * HOUR - 1);
    assert_eq!(track().expect(429).header("retry-after"), "1");
    service.pass(1);
    track().assert_status(200);
}

#[test]
fn wrong_passwords_are_throttled_until_the_time_that_the_answer_names() {
    let service = Service::start(|_| {});
    let _ = service.owner("ann");
    let mut wrong = service.client.token("ann", "wrong password");
    for _ in 0..1000 {
        if wrong.status == 429 {
            break;
        }
        wrong = service.client.token("ann", "wrong password");
    }
    wrong.assert_status(429);
    // Who guesses may not even be right, or guesses would go on.
    service.client.token("ann", PASSWORD).assert_status(429);
    let seconds: u64 = wrong.header("retry-after").parse().unwrap();
    assert!((1..=HOUR).contains(&seconds), "{seconds}");
    service.pass(seconds);
    service.client.token("ann", PASSWORD).assert_status(200);
}

/// `name=value` of the cookie of a new session.
fn session(service: &Service) -> String {
    let call = service.client.call("POST", "/session").header("Sec-Fetch-Site", "same-origin");
    let answer = call.json(&json!({"username": "ann", "password": PASSWORD})).send().expect(200);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn status(service: &Service, cookie: &str) -> u16 {
    service.client.get("/session").header("Cookie", cookie).send().status
}

#[test]
fn a_session_ends_a_week_after_its_last_use() {
    let service = Service::start(|_| {});
    let _ = service.owner("ann");
    let (used, unused) = (session(&service), session(&service));
    service.pass(4 * DAY);
    assert_eq!(status(&service, &used), 200);
    service.pass(3 * DAY);
    assert_eq!((status(&service, &used), status(&service, &unused)), (200, 401));
    service.pass(7 * DAY);
    assert_eq!(status(&service, &used), 401);
}

#[test]
fn a_session_ends_thirty_days_after_it_began_however_often_it_is_used() {
    let service = Service::start(|_| {});
    let _ = service.owner("ann");
    let cookie = session(&service);
    for _ in 0..29 {
        service.pass(DAY);
        assert_eq!(status(&service, &cookie), 200);
    }
    service.pass(DAY);
    assert_eq!(status(&service, &cookie), 401);
}
