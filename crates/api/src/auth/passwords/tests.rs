//! What passwords cost, and who waits for them: work is counted, not timed.

use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::random::Random;

const COSTS: PasswordCosts = PasswordCosts { configured: 4, stored: 0 };
const CAPACITY: PasswordCapacity = PasswordCapacity { threads: 1, queue: 2 };

fn plain(costs: PasswordCosts) -> Passwords {
    Passwords::start(Bcrypt::new(Random::seeded(1)), costs, CAPACITY).unwrap()
}

/// Passwords whose work is noted by its costs.
fn noted(costs: PasswordCosts) -> (Passwords, Arc<Mutex<Vec<u32>>>) {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&notes);
    let bcrypt = Bcrypt::observed(Random::seeded(1), move |cost| noted.lock().unwrap().push(cost));
    (Passwords::start(bcrypt, costs, CAPACITY).unwrap(), notes)
}

/// Passwords whose work begins when it is let, hash by hash, and how many have begun.
fn held() -> (Passwords, mpsc::Sender<()>, Arc<AtomicUsize>) {
    let (let_go, gate) = mpsc::channel();
    let (gate, begun) = (Mutex::new(gate), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&begun);
    let bcrypt = Bcrypt::observed(Random::seeded(1), move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let _ = gate.lock().unwrap().recv();
    });
    (Passwords::start(bcrypt, COSTS, CAPACITY).unwrap(), let_go, begun)
}

fn password() -> Password {
    Password::parse("correct horse").unwrap()
}

async fn verify(passwords: &Passwords, password: &str, stored: Option<&str>) -> Verified {
    let slot = passwords.slot(Standing::Anybody).unwrap();
    slot.verify(password.to_owned(), stored.map(str::to_owned)).await.unwrap()
}

/// Goes on as far as it can at once.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[actix_web::test]
async fn only_the_right_password_is_right() {
    let passwords = plain(COSTS);
    let hash = passwords.slot(Standing::Anybody).unwrap().hash(password()).await.unwrap();
    assert_eq!(verify(&passwords, "correct horse", Some(&hash)).await, Verified::Right { renewed: None });
    for wrong in ["wrong horse", "", "Correct horse", "correct horse ", &"x".repeat(5000)] {
        assert_eq!(verify(&passwords, wrong, Some(&hash)).await, Verified::Wrong, "{wrong}");
    }
    assert_eq!(verify(&passwords, "correct horse", None).await, Verified::Wrong);
}

#[actix_web::test]
async fn a_text_that_is_too_long_is_not_right_by_its_beginning() {
    let passwords = plain(COSTS);
    let text = "x".repeat(71);
    let hash =
        passwords.slot(Standing::Anybody).unwrap().hash(Password::parse(&text).unwrap()).await.unwrap();
    assert_eq!(verify(&passwords, &text, Some(&hash)).await, Verified::Right { renewed: None });
    for more in ["x", "xx", "\0"] {
        assert_eq!(verify(&passwords, &format!("{text}{more}"), Some(&hash)).await, Verified::Wrong);
    }
}

#[actix_web::test]
async fn nobodys_hash_is_nobodys() {
    let passwords = plain(COSTS);
    // One that does not parse would take no work at all.
    assert_eq!(cost_of_hash(&nobodys_hash(5)), Some(5));
    for text in ["", "\0", "x"] {
        assert_eq!(verify(&passwords, text, Some(&nobodys_hash(4))).await, Verified::Wrong);
    }
}

/// Sums of 2^cost.
fn work(notes: &Mutex<Vec<u32>>) -> u64 {
    std::mem::take(&mut *notes.lock().unwrap()).into_iter().map(|cost| 1 << cost).sum()
}

#[actix_web::test]
async fn a_wrong_answer_takes_the_same_work_whatever_the_cost_of_the_stored_hash() {
    let hash = |cost| Bcrypt::new(Random::seeded(1)).hash("correct horse", cost).unwrap();
    let hashes = [hash(4), hash(5), hash(6), hash(7)];
    let damaged = ["", "$2b$04$", "plain", &hashes[0][..59], &nobodys_hash(4).replace("04", "99")];
    for configured in 4..=7 {
        let (passwords, notes) = noted(PasswordCosts { configured, stored: 7 });
        let stored = hashes.iter().map(String::as_str).chain(damaged);
        for stored in stored.map(Some).chain([None]) {
            for wrong in ["wrong horse", "", &"x".repeat(100)] {
                assert_eq!(verify(&passwords, wrong, stored).await, Verified::Wrong);
                assert_eq!(work(&notes), 1 << 7, "configured {configured}, stored {stored:?}");
            }
        }
    }
}

#[actix_web::test]
async fn a_costlier_hash_that_comes_later_raises_the_work_for_all() {
    let (passwords, notes) = noted(PasswordCosts { configured: 5, stored: 4 });
    verify(&passwords, "x", None).await;
    assert_eq!(work(&notes), 1 << 5);
    verify(&passwords, "x", Some(&nobodys_hash(6))).await;
    assert_eq!(work(&notes), 1 << 6);
    verify(&passwords, "x", None).await;
    assert_eq!(work(&notes), 1 << 6);
}

#[actix_web::test]
async fn a_right_password_renews_a_hash_of_another_cost() {
    let (passwords, _) = noted(PasswordCosts { configured: 5, stored: 6 });
    for old in [4, 6] {
        let hash = Bcrypt::new(Random::seeded(1)).hash("correct horse", old).unwrap();
        let verified = verify(&passwords, "correct horse", Some(&hash)).await;
        let Verified::Right { renewed: Some(renewed) } = verified else {
            panic!("{verified:?}");
        };
        assert_eq!(cost_of_hash(&renewed), Some(5));
        let again = verify(&passwords, "correct horse", Some(&renewed)).await;
        assert_eq!(again, Verified::Right { renewed: None });
    }
}

#[actix_web::test]
async fn more_than_may_wait_are_refused_before_any_work() {
    let (passwords, let_go, begun) = held();
    let mut waiting: Vec<_> = (0..3)
        .map(|_| Box::pin(passwords.slot(Standing::Anybody).unwrap().verify(String::new(), None)))
        .collect();
    for one in &mut waiting {
        assert!(poll(one.as_mut()).is_pending());
    }
    for _ in 0..100 {
        assert!(matches!(passwords.slot(Standing::Anybody), Err(PasswordError::Busy)));
    }
    drop(let_go);
    for one in waiting {
        assert_eq!(one.await.unwrap(), Verified::Wrong);
    }
    assert_eq!(begun.load(Ordering::SeqCst), 3);
    assert!(passwords.slot(Standing::Anybody).is_ok());
}

#[actix_web::test]
async fn owners_in_their_usual_places_have_slots_of_their_own_besides_those_of_all() {
    let passwords = plain(COSTS);
    let slots =
        |standing, count| -> Vec<_> { (0..count).map(|_| passwords.slot(standing).unwrap()).collect() };
    let anybody = slots(Standing::Anybody, 3);
    assert!(passwords.slot(Standing::Anybody).is_err());
    let usual = slots(Standing::Usual, 2);
    assert!(passwords.slot(Standing::Usual).is_err());
    // Somebody with an account fills those of usual places: others there are where everybody is.
    drop(anybody);
    drop(slots(Standing::Usual, 3));
    drop(usual);
}

#[actix_web::test]
async fn the_lines_take_turns() {
    let passwords = plain(COSTS);
    let (let_go, gate) = mpsc::channel::<()>();
    let order = Arc::new(Mutex::new(Vec::new()));
    let held = passwords.slot(Standing::Anybody).unwrap().run(move || Ok(gate.recv()));
    let mut held = Box::pin(held);
    assert!(poll(held.as_mut()).is_pending());
    let mut waiting = Vec::new();
    for (standing, name) in [
        (Standing::Anybody, "anybody 1"),
        (Standing::Anybody, "anybody 2"),
        (Standing::Usual, "usual 1"),
        (Standing::Usual, "usual 2"),
    ] {
        let order = Arc::clone(&order);
        let note = move || {
            order.lock().unwrap().push(name);
            Ok(())
        };
        let mut one = Box::pin(passwords.slot(standing).unwrap().run(note));
        assert!(poll(one.as_mut()).is_pending());
        waiting.push(one);
    }
    drop(let_go);
    for one in waiting {
        one.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["usual 1", "anybody 1", "usual 2", "anybody 2"]);
}

#[actix_web::test]
async fn who_hangs_up_while_waiting_frees_the_place_and_is_never_served() {
    let (passwords, let_go, begun) = held();
    let mut at_work = pin!(passwords.slot(Standing::Anybody).unwrap().hash(password()));
    let mut patient = Box::pin(passwords.slot(Standing::Anybody).unwrap().hash(password()));
    let mut hurried = Box::pin(passwords.slot(Standing::Anybody).unwrap().hash(password()));
    for one in [at_work.as_mut(), patient.as_mut(), hurried.as_mut()] {
        assert!(poll(one).is_pending());
    }
    assert!(passwords.slot(Standing::Anybody).is_err());
    drop(hurried);
    let unused = passwords.slot(Standing::Anybody).unwrap();
    drop(unused);
    let late = passwords.slot(Standing::Anybody).unwrap().hash(password());
    drop(let_go);
    at_work.await.unwrap();
    patient.await.unwrap();
    late.await.unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 3);
}

#[actix_web::test]
async fn who_hangs_up_during_the_work_keeps_the_place_until_it_is_done() {
    let (passwords, let_go, begun) = held();
    let mut at_work = Box::pin(passwords.slot(Standing::Anybody).unwrap().hash(password()));
    assert!(poll(at_work.as_mut()).is_pending());
    while begun.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(at_work);
    assert_eq!(passwords.anybody.slots.available_permits(), 2);
    let_go.send(()).unwrap();
    let mut next = Box::pin(passwords.slot(Standing::Anybody).unwrap().hash(password()));
    assert!(poll(next.as_mut()).is_pending());
    let_go.send(()).unwrap();
    next.await.unwrap();
    assert_eq!(passwords.anybody.slots.available_permits(), 3);
}

#[actix_web::test]
async fn a_panic_takes_no_thread_away() {
    let passwords = plain(COSTS);
    for _ in 0..5 {
        let slot = passwords.slot(Standing::Anybody).unwrap();
        let outcome = slot.run(|| -> Result<(), PasswordError> { panic!("as a test") }).await;
        assert!(matches!(outcome, Err(PasswordError::GivenUp)));
    }
    passwords.slot(Standing::Anybody).unwrap().hash(password()).await.unwrap();
}

#[cfg(target_os = "linux")]
#[actix_web::test]
async fn hashes_give_way_to_everything_else() {
    let niceness = || rustix::process::getpriority_process(None).unwrap();
    let passwords = plain(COSTS);
    let before = niceness();
    let slot = passwords.slot(Standing::Anybody).unwrap();
    let there = slot.run(move || Ok::<_, PasswordError>(niceness())).await.unwrap();
    assert_eq!(there, 10);
    assert_eq!(niceness(), before, "the other threads keep theirs");
}
