//! Guessing, locking out and flooding, from one place and from thousands, by a clock that is turned by hand.

use std::net::Ipv4Addr;

use super::*;
use crate::clock::ManualClock;

const AT_ONCE: usize = 8;

const LIMITS: ThrottleLimits = ThrottleLimits {
    at_once: AT_ONCE,
    failures_of_name_and_address: 10,
    failures_of_name: 100,
    failures_of_address: 100,
    registrations_of_address: 60,
    registrations: 600,
};

const HOME: From = v4([192, 0, 2, 1]);
const CAFE: From = v4([192, 0, 2, 2]);
const STRANGER: From = v4([203, 0, 113, 7]);

type From = Option<ClientAddress>;

const fn v4(address: [u8; 4]) -> From {
    let [a, b, c, d] = address;
    Some(ClientAddress::from_bytes(Ipv4Addr::new(a, b, c, d).to_ipv6_mapped().octets()))
}

fn v6(address: &str) -> From {
    Some(address.parse().unwrap())
}

fn throttle() -> (Throttle, ManualClock) {
    let clock = ManualClock::new();
    (Throttle::new(clock.clock(), LIMITS), clock)
}

fn bot(number: u32) -> From {
    v4((0x0a00_0000 + number).to_be_bytes())
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Whether a wrong password was let through.
fn guess(throttle: &Throttle, name: &str, from: From) -> bool {
    throttle.sign_in(name, from).map(Attempt::failed).is_ok()
}

/// Whether the right password was let through.
fn enter(throttle: &Throttle, name: &str, from: From) -> bool {
    throttle.sign_in(name, from).map(Attempt::succeeded).is_ok()
}

fn wait(throttle: &Throttle, name: &str, from: From) -> Duration {
    let at = At::Other(Address::of(from));
    throttle.wait(&throttle.state(), NameHash::of(name), at, throttle.clock.elapsed())
}

#[test]
fn guessing_from_one_address_is_hopeless() {
    let (throttle, clock) = throttle();
    let mut guesses = 0;
    for _ in 0..24 * 60 {
        guesses += (0..50).filter(|_| guess(&throttle, "ann", STRANGER)).count();
        clock.advance(minutes(1));
    }
    assert_eq!(guesses, 10 + 24 * 10 - 1);
}

#[test]
fn says_when_to_come_again_and_keeps_its_word() {
    let (throttle, clock) = throttle();
    while guess(&throttle, "ann", STRANGER) {}
    let Err(RetryAfter(wait)) = throttle.sign_in("ann", STRANGER) else {
        panic!("is let in");
    };
    assert_eq!(wait, minutes(6));
    clock.advance(wait - Duration::from_nanos(1));
    assert!(!guess(&throttle, "ann", STRANGER));
    clock.advance(Duration::from_nanos(1));
    assert!(guess(&throttle, "ann", STRANGER));
    assert!(!guess(&throttle, "ann", STRANGER));
}

#[test]
fn guessing_one_name_from_thousands_of_addresses_is_hopeless() {
    let (throttle, clock) = throttle();
    let mut guesses = 0;
    for hour in 0..24 {
        guesses += (0..5000).filter(|number| guess(&throttle, "ann", bot(hour * 5000 + number))).count();
        clock.advance(minutes(60));
    }
    assert_eq!(guesses, 24 * 100);
}

#[test]
fn guessing_many_names_from_one_address_is_hopeless() {
    let (throttle, _) = throttle();
    let guesses = (0..5000).filter(|number| guess(&throttle, &format!("name{number}"), STRANGER)).count();
    assert_eq!(guesses, 100);
    assert!(guess(&throttle, "name0", HOME), "others are not stopped");
}

#[test]
fn the_many_addresses_of_one_customer_are_one() {
    let (throttle, _) = throttle();
    let of_customer = |number: u32| v6(&format!("2001:db8:1:{:x}::{:x}", number % 0xffff, number));
    let guesses = (0..5000).filter(|number| guess(&throttle, "ann", of_customer(*number))).count();
    assert_eq!(guesses, 10);
    assert!(guess(&throttle, "ann", v6("2001:db8:2::1")));
}

#[test]
fn a_stranger_does_not_lock_the_owner_out() {
    let (throttle, clock) = throttle();
    for _ in 0..24 * 60 {
        for _ in 0..50 {
            guess(&throttle, "ann", STRANGER);
        }
        clock.advance(minutes(1));
        assert!(enter(&throttle, "ann", HOME));
    }
    assert!(enter(&throttle, "ann", CAFE), "not even where nobody knows her");
}

#[test]
fn a_few_strangers_lock_nobody_out_for_long() {
    let (throttle, clock) = throttle();
    for minute in 0..24 * 60 {
        for number in 0..9 {
            while guess(&throttle, "ann", bot(number)) {}
        }
        // Nine use up the allowance together at first, and cannot keep it so.
        let is_in = enter(&throttle, "ann", CAFE);
        assert!(is_in, "minute {minute}");
        clock.advance(minutes(1));
    }
}

#[test]
fn thousands_of_strangers_do_not_lock_the_owner_out_of_her_usual_places() {
    let (throttle, clock) = throttle();
    assert!(enter(&throttle, "ann", HOME));
    throttle.recognise("ann", v6("2001:db8:1:2::3"));
    for day in 0..29 {
        for number in 0..1000 {
            guess(&throttle, "ann", bot(day * 1000 + number));
        }
        assert!(guess(&throttle, "ann", HOME), "she may be mistaken, too");
        assert!(throttle.sign_in("ann", HOME).is_ok());
        assert!(throttle.sign_in("ann", v6("2001:db8:1:2::4")).is_ok());
        assert!(wait(&throttle, "ann", CAFE) <= Duration::from_secs(36), "elsewhere she waits a little");
        clock.advance(minutes(24 * 60));
    }
    clock.advance(minutes(48 * 60));
    for number in 0..1000 {
        guess(&throttle, "ann", bot(number));
    }
    assert!(throttle.sign_in("ann", HOME).is_err(), "after a month the place is no longer known");
}

#[test]
fn guessing_at_an_owners_place_is_hopeless() {
    let (throttle, _) = throttle();
    assert!(enter(&throttle, "ann", HOME));
    assert_eq!((0..5000).filter(|_| guess(&throttle, "ann", HOME)).count(), 10);
    assert!(enter(&throttle, "ann", CAFE), "which locks nobody out elsewhere");
    assert!(guess(&throttle, "bob", HOME), "nor anybody else there");
}

#[test]
fn names_that_do_not_exist_are_treated_alike() {
    let (known, _) = throttle();
    let (unknown, _) = throttle();
    assert!(enter(&known, "ann", HOME));
    for number in 0..5000 {
        let from = bot(number % 700);
        let waits = (wait(&known, "ann", from), wait(&unknown, "nobody", from));
        assert_eq!(waits.0, waits.1, "attempt {number}");
        assert_eq!(guess(&known, "ann", from), guess(&unknown, "nobody", from));
    }
}

#[test]
fn success_costs_nothing_and_clears_ones_own_mistakes() {
    let (throttle, _) = throttle();
    for _ in 0..1000 {
        for _ in 0..9 {
            assert!(guess(&throttle, "ann", HOME));
        }
        assert!(enter(&throttle, "ann", HOME));
    }
}

#[test]
fn success_clears_no_guesses_at_other_names() {
    let (throttle, _) = throttle();
    let mut guesses = 0;
    for number in 0..5000 {
        enter(&throttle, "mallory", STRANGER);
        guesses += usize::from(guess(&throttle, "ann", STRANGER));
        guesses += usize::from(guess(&throttle, &format!("name{number}"), STRANGER));
    }
    assert_eq!(guesses, 100);
}

#[test]
fn guesses_at_the_same_time_are_few_and_are_counted() {
    let (throttle, clock) = throttle();
    let attempts: Vec<_> = (0..100).filter_map(|_| throttle.sign_in("ann", STRANGER).ok()).collect();
    assert_eq!(attempts.len(), AT_ONCE);
    assert_eq!(throttle.sign_in("bob", STRANGER).err(), Some(RetryAfter(SOON)));
    attempts.into_iter().for_each(Attempt::failed);
    let attempts: Vec<_> = (0..100).filter_map(|_| throttle.sign_in("ann", STRANGER).ok()).collect();
    attempts.into_iter().for_each(Attempt::failed);
    // Sixteen of ten: six more have to be waited for.
    assert_eq!(throttle.sign_in("ann", STRANGER).err(), Some(RetryAfter(minutes(7 * 6))));
    clock.advance(minutes(7 * 6));
    assert!(guess(&throttle, "ann", STRANGER));
}

#[test]
fn right_passwords_at_the_same_time_are_all_let_in() {
    let (throttle, _) = throttle();
    for _ in 0..100 {
        let attempts: Vec<_> = (0..AT_ONCE).map(|_| throttle.sign_in("ann", HOME).unwrap()).collect();
        attempts.into_iter().for_each(Attempt::succeeded);
    }
    assert!(throttle.state().under_way.is_empty());
}

#[test]
fn hanging_up_counts_for_the_address_alone() {
    let (throttle, _) = throttle();
    let hung_up = (0..5000).filter(|_| throttle.sign_in("ann", STRANGER).is_ok()).count();
    assert_eq!(hung_up, 100);
    assert_eq!(wait(&throttle, "ann", CAFE), Duration::ZERO);
    assert_eq!(throttle.state().names.len(), 0);
}

#[test]
fn registrations_are_bounded_for_each_address_and_in_total() {
    let (throttle, clock) = throttle();
    let registered = |from| (0..1000).filter(|_| throttle.register(from).is_ok()).count();
    assert_eq!(registered(STRANGER), 60);
    assert_eq!(registered(HOME), 60);
    assert_eq!((0..1000).map(|number| registered(bot(number))).sum::<usize>(), 480);
    assert!(throttle.sign_in("ann", STRANGER).is_ok(), "whoever has an account can sign in");
    clock.advance(minutes(1));
    assert_eq!(registered(STRANGER), 1);
    assert_eq!(registered(CAFE), 9);
}

#[test]
fn memory_is_bounded_and_a_flood_neither_locks_out_nor_frees_guesses() {
    let (throttle, _) = throttle();
    while guess(&throttle, "ann", STRANGER) {}
    let name = |number: u32| format!("name{number}");
    for number in 0..100_000 {
        assert!(guess(&throttle, &name(number), bot(number)), "nobody is refused for want of room");
    }
    let state = throttle.state();
    for remembered in [state.names_and_addresses.len(), state.names.len(), state.addresses.len()] {
        assert!(remembered <= MAX_REMEMBERED);
    }
    drop(state);
    assert!(!guess(&throttle, "ann", STRANGER), "who has failed often is not forgotten");
}
