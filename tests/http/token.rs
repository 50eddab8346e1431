//! `POST /token`: the OAuth2 password flow.

use serde_json::json;
use tests::client::PASSWORD;
use tests::{Setup, on_each_backend};

on_each_backend!(
    gives_a_bearer_token_for_ninety_minutes,
    ignores_the_other_fields_of_the_flow,
    says_the_same_about_an_unknown_user_and_a_wrong_password,
    refuses_names_that_cannot_exist_as_wrong,
    refuses_forms_without_name_or_password,
    refuses_passwords_longer_than_the_one_registered,
);

fn gives_a_bearer_token_for_ninety_minutes(setup: Setup) {
    let server = setup.start();
    let tenant = server.client().tenant("alice");
    let body = server.client().token("alice", PASSWORD).expect(200).json();
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["expires_in"], 5400);
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(server.client().me(token).expect(200).json(), json!({"username": tenant.username}));
}

fn ignores_the_other_fields_of_the_flow(setup: Setup) {
    let server = setup.start();
    let _ = server.client().tenant("alice");
    let form = "grant_type=password&username=alice&password=correct+horse&scope=&client_id=x&client_secret=";
    server.client().call("POST", "/token").form(form).send().assert_status(200);
}

fn says_the_same_about_an_unknown_user_and_a_wrong_password(setup: Setup) {
    let server = setup.start();
    let _ = server.client().tenant("alice");
    let wrong = server.client().token("alice", "wrong password").expect(401);
    let unknown = server.client().token("nobody", "wrong password").expect(401);
    assert_eq!(wrong.json(), unknown.json());
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_eq!(unknown.header("www-authenticate"), "Bearer");
}

fn refuses_names_that_cannot_exist_as_wrong(setup: Setup) {
    let server = setup.start();
    let long = "a".repeat(5000);
    for username in ["\0", "ali\0ce", " ", "' OR 1=1 --", "\u{feff}", long.as_str()] {
        server.client().token(username, PASSWORD).assert_status(401);
    }
    for password in ["\0\0\0\0\0\0\0\0", long.as_str(), "1"] {
        server.client().token("alice", password).assert_status(401);
    }
}

fn refuses_forms_without_name_or_password(setup: Setup) {
    let server = setup.start();
    for form in ["", "username=alice", "password=correct+horse", "grant_type=password", "&&=&"] {
        let answer = server.client().call("POST", "/token").form(form).send();
        assert!([400, 422].contains(&answer.status), "{form:?}: {}", answer.status);
    }
    for body in [&b"username=%ff%fe&password=12345678"[..], b"\xff\xfe=\xff", b"username=%zz&password=%"] {
        let call = server.client().call("POST", "/token");
        let answer = call.body("application/x-www-form-urlencoded", body).send();
        assert!((400..500).contains(&answer.status), "{body:?}: {}", answer.status);
    }
}

fn refuses_passwords_longer_than_the_one_registered(setup: Setup) {
    let server = setup.start();
    let password = "x".repeat(71);
    let body = json!({"username": "alice", "password": password});
    server.client().register(&body).assert_status(200);
    for extra in ["x", "xx", "\0"] {
        server.client().token("alice", &format!("{password}{extra}")).assert_status(401);
    }
}
