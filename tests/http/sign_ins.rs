//! Guessing passwords, and what it does to others. Callers have addresses of their own through a trusted proxy.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use tests::client::{PASSWORD, encode};
use tests::{Answer, Client, Setup, on_each_backend};

on_each_backend!(
    an_honest_sign_in_is_served_beside_hundreds_of_guesses,
    events_are_stored_while_passwords_are_guessed,
    guesses_from_one_address_stop_while_the_owner_signs_in_from_another,
    a_stranger_with_many_addresses_does_not_lock_an_owner_out_of_the_usual_place,
    names_that_nobody_has_are_throttled_alike,
    registrations_from_one_address_are_bounded,
);

fn behind_proxy(setup: Setup) -> Setup {
    setup.env("API_ANALYTICS_TRUSTED_PROXIES", "127.0.0.1")
}

fn sign_in(client: &Client, username: &str, password: &str, address: &str) -> Answer {
    let form = format!("username={username}&password={}", encode(password));
    client.call("POST", "/token").header("X-Forwarded-For", address).form(&form).send()
}

/// Guesses from many addresses at once, until it is told to stop; gives the statuses that came.
fn guess(client: &Client, stop: &AtomicBool, started: &AtomicU32) -> Vec<u16> {
    let mut statuses = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = started.fetch_add(1, Ordering::Relaxed);
        let address = format!("198.51.{}.{}", number / 250 % 250, number % 250);
        statuses.push(sign_in(client, &format!("user{number}"), "wrong password", &address).status);
    }
    statuses
}

fn an_honest_sign_in_is_served_beside_hundreds_of_guesses(setup: Setup) {
    // A real cost: a tenth of a second and more of work for each guess.
    let server = behind_proxy(setup).env("API_ANALYTICS_BCRYPT_COST", "10").start();
    let client = server.client();
    let _ = client.tenant("ann");
    // From where she has signed in before, a slot is kept for her.
    sign_in(client, "ann", PASSWORD, "192.0.2.1").assert_status(200);
    let (stop, started) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        let guessing: Vec<_> = (0..100).map(|_| scope.spawn(|| guess(client, &stop, &started))).collect();
        while started.load(Ordering::Relaxed) < 400 {
            thread::sleep(Duration::from_millis(10));
        }
        let answer = sign_in(client, "ann", PASSWORD, "192.0.2.1");
        stop.store(true, Ordering::Relaxed);
        answer.assert_status(200);
        let statuses: Vec<u16> = guessing.into_iter().flat_map(|guesses| guesses.join().unwrap()).collect();
        // Those for which there is no place are told so at once, and none is a fault.
        assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
        assert!(statuses.contains(&429) && statuses.contains(&401));
    });
}

fn events_are_stored_while_passwords_are_guessed(setup: Setup) {
    let server = behind_proxy(setup).env("API_ANALYTICS_BCRYPT_COST", "10").start();
    let client = server.client();
    let ann = client.tenant("ann");
    let (stop, started) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| guess(client, &stop, &started));
        }
        while started.load(Ordering::Relaxed) < 80 {
            thread::sleep(Duration::from_millis(10));
        }
        client.track_all(&ann, &vec![super::support::event(); 100]);
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(client.all_logs(&ann).len(), 100);
}

/// Guesses until the answer is 429, and gives it.
fn until_throttled(client: &Client, username: &str, address: &str) -> Answer {
    for _ in 0..200 {
        let answer = sign_in(client, username, "wrong password", address);
        if answer.status == 429 {
            return answer;
        }
        answer.assert_status(401);
    }
    panic!("200 wrong passwords were checked");
}

fn guesses_from_one_address_stop_while_the_owner_signs_in_from_another(setup: Setup) {
    let server = behind_proxy(setup).start();
    let client = server.client();
    let _ = client.tenant("ann");
    let throttled = until_throttled(client, "ann", "198.51.100.7");
    let seconds: u64 = throttled.header("retry-after").parse().expect("seconds");
    assert!((1..=3600).contains(&seconds), "{seconds}");
    // Also the right password: otherwise the answer would tell that it is.
    sign_in(client, "ann", PASSWORD, "198.51.100.7").assert_status(429);
    sign_in(client, "ann", PASSWORD, "192.0.2.1").assert_status(200);
    // In a browser, too, it is one allowance.
    let session = client.call("POST", "/session").header("Sec-Fetch-Site", "same-origin");
    let session = session.header("X-Forwarded-For", "198.51.100.7");
    session.json(&json!({"username": "ann", "password": PASSWORD})).send().assert_status(429);
}

fn a_stranger_with_many_addresses_does_not_lock_an_owner_out_of_the_usual_place(setup: Setup) {
    let server = behind_proxy(setup).start();
    let client = server.client();
    let _ = client.tenant("ann");
    sign_in(client, "ann", PASSWORD, "192.0.2.1").assert_status(200);
    let mut refused = 0;
    for number in 0..250 {
        let answer = sign_in(client, "ann", "wrong password", &format!("198.51.100.{number}"));
        refused += u32::from(answer.status == 429);
    }
    assert!(refused > 0, "guessing from 250 addresses is not stopped");
    sign_in(client, "ann", PASSWORD, "192.0.2.1").assert_status(200);
}

fn names_that_nobody_has_are_throttled_alike(setup: Setup) {
    let server = behind_proxy(setup).start();
    let client = server.client();
    let _ = client.tenant("ann");
    let attempts = |username: &str, address: &str| {
        (0..200).position(|_| sign_in(client, username, "wrong password", address).status == 429)
    };
    let (known, unknown) = (attempts("ann", "198.51.100.1"), attempts("nobody", "198.51.100.2"));
    assert!(known.is_some());
    assert_eq!(known, unknown);
}

fn registrations_from_one_address_are_bounded(setup: Setup) {
    let server = behind_proxy(setup).env("API_ANALYTICS_REGISTRATIONS_PER_HOUR_ADDRESS", "3").start();
    let client = server.client();
    let register = |number: u32, address: &str| {
        let body = json!({"username": format!("user{number}"), "password": PASSWORD});
        client.call("POST", "/register").header("X-Forwarded-For", address).json(&body).send()
    };
    for number in 0..3 {
        register(number, "198.51.100.7").assert_status(200);
    }
    let refused = register(3, "198.51.100.7").expect(429);
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
    // A faulty one costs nothing, and another address is not concerned.
    register(3, "192.0.2.1").assert_status(200);
}
