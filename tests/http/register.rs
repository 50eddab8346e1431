//! `POST /register`: which names and passwords are taken.

use std::thread;

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Setup, on_each_backend};

on_each_backend!(
    accepts_names_and_passwords_up_to_the_limits,
    refuses_faulty_names_and_passwords_by_field,
    names_unknown_and_missing_fields,
    refuses_bodies_that_are_no_object,
    a_taken_name_is_refused,
    names_are_compared_exactly,
    parallel_registrations_of_one_name_give_one_account,
    an_account_outlives_a_restart,
);

fn accepts_names_and_passwords_up_to_the_limits(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let thirty = "é".repeat(30);
    let names = ["a", "two words", "日本語", "o'hara; DROP TABLE accounts --", "%_\\", thirty.as_str()];
    for username in names {
        let answer = client.register(&json!({"username": username, "password": PASSWORD})).expect(200);
        assert_eq!(answer.json(), json!({"username": username}));
        client.token(username, PASSWORD).assert_status(200);
    }
    let longest = "x".repeat(71);
    let multi_byte = format!("{}a", "é".repeat(35));
    for (number, password) in ["12345678", "éééé", "  spaces  ", &longest, &multi_byte].iter().enumerate()
    {
        let username = format!("user {number}");
        client.register(&json!({"username": username, "password": password})).assert_status(200);
        client.token(&username, password).assert_status(200);
    }
}

fn refuses_faulty_names_and_passwords_by_field(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let too_long = "é".repeat(31);
    let names = ["", " ", " a", "a ", "\u{a0}a", "a\tb", "a\nb", "a\0b", "a\u{7f}b", "a\u{85}b", &too_long];
    for username in names {
        let answer = client.register(&json!({"username": username, "password": PASSWORD})).expect(422);
        assert_eq!(answer.faulty_fields(), ["username"], "{username:?}");
    }
    let too_long = "x".repeat(72);
    let too_many_bytes = "é".repeat(36);
    for password in ["", "1234567", "ééé", &too_long, &too_many_bytes] {
        let answer = client.register(&json!({"username": "bob", "password": password})).expect(422);
        assert_eq!(answer.faulty_fields(), ["password"], "{password:?}");
        assert!(password.is_empty() || !answer.text().contains(password), "the password is repeated");
    }
    for wrong in [Value::Null, json!(12_345_678), json!(true), json!(["12345678"]), json!({})] {
        let answer = client.register(&json!({"username": wrong, "password": wrong})).expect(422);
        assert_eq!(answer.faulty_fields(), ["password", "username"], "{wrong}");
    }
    client.token("bob", PASSWORD).assert_status(401);
}

fn names_unknown_and_missing_fields(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let body = json!({"username": "bob", "password": PASSWORD, "is_admin": true});
    assert_eq!(client.register(&body).expect(422).faulty_fields(), ["is_admin"]);
    assert_eq!(client.register(&json!({})).expect(422).faulty_fields(), ["password", "username"]);
    client.token("bob", PASSWORD).assert_status(401);
}

fn refuses_bodies_that_are_no_object(setup: Setup) {
    let server = setup.start();
    for body in ["", "{", "[]", "null", "1", "\"text\"", "\u{feff}{}", "{}{}", "[[[["] {
        let call = server.client().call("POST", "/register");
        let answer = call.body("application/json", body).send();
        assert!([400, 422].contains(&answer.status), "{body:?}: {}", answer.status);
    }
}

fn a_taken_name_is_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    client.register(&json!({"username": "alice", "password": PASSWORD})).assert_status(200);
    let other = json!({"username": "alice", "password": "another password"});
    client.register(&other).assert_status(400);
    client.token("alice", PASSWORD).assert_status(200);
    client.token("alice", "another password").assert_status(401);
}

fn names_are_compared_exactly(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    for username in ["alice", "Alice", "ALICE", "e\u{301}", "\u{e9}"] {
        client.register(&json!({"username": username, "password": PASSWORD})).assert_status(200);
    }
    client.token("aLICE", PASSWORD).assert_status(401);
}

fn parallel_registrations_of_one_name_give_one_account(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let mut statuses = Vec::new();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for number in 0..12 {
            workers.push(scope.spawn(move || {
                let password = format!("password {number}");
                client.register(&json!({"username": "alice", "password": password})).status
            }));
        }
        for worker in workers {
            statuses.push(worker.join().expect("an answer"));
        }
    });
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert_eq!(statuses[1..], [400; 11], "{statuses:?}");
}

fn an_account_outlives_a_restart(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let server = server.restart();
    server.client().me(&tenant.token).assert_status(200);
    server.client().token("alice", PASSWORD).assert_status(200);
    server.client().raw_logs(&tenant, "").assert_status(200);
}
