//! Sessions: browsers that are signed in.

use domain::{AccountId, SessionId};
use storage::{Actor, SessionRecord, Storage};

use crate::fixture::{Database, account, actor_at, at, by};
use crate::on_each_backend;

on_each_backend!(
    finds_a_session_with_its_account,
    cuts_what_browsers_call_themselves,
    is_used_later_and_never_earlier,
    ends_one_session,
    the_least_recently_used_session_makes_room,
    forgets_old_and_unused_sessions_in_bounded_steps,
);

fn begin(storage: &Storage, account: AccountId, hash: u8, time: &str) -> SessionRecord {
    let by = Actor { account: Some(account), ..actor_at("ann", time) };
    storage.create_session(account, 0, &[hash; 32], Some("Browser"), &by).unwrap().unwrap()
}

fn ids(storage: &Storage, account: AccountId) -> Vec<SessionId> {
    storage.sessions(account).unwrap().into_iter().map(|session| session.id).collect()
}

fn finds_a_session_with_its_account(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let session = begin(storage, ann, 1, "2025-01-01");
    begin(storage, bob, 2, "2025-01-01");
    assert_eq!((session.account, session.created_at), (ann, at("2025-01-01")));
    assert_eq!((session.last_used_at, session.user_agent.as_deref()), (at("2025-01-01"), Some("Browser")));
    assert_eq!(session.address, Some("192.0.2.1".parse().unwrap()));
    let (found, of) = storage.session(&[1; 32]).unwrap().unwrap();
    assert_eq!((found, of.id), (session, ann));
    assert_eq!(storage.session(&[3; 32]).unwrap(), None);
    assert_eq!(storage.create_session(AccountId(bob.0 + 1), 0, &[4; 32], None, &by(ann)).unwrap(), None);
}

fn cuts_what_browsers_call_themselves(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let long = format!("\0{}", "ж".repeat(600));
    let session = storage.create_session(ann, 0, &[1; 32], Some(&long), &by(ann)).unwrap().unwrap();
    assert_eq!(session.user_agent, Some("ж".repeat(512)));
    let without = storage.create_session(ann, 0, &[2; 32], None, &by(ann)).unwrap().unwrap();
    assert_eq!(without.user_agent, None);
}

fn is_used_later_and_never_earlier(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    let session = begin(storage, ann, 1, "2025-01-01");
    for time in ["2025-01-03", "2025-01-02"] {
        storage.touch_session(session.id, at(time)).unwrap();
    }
    let (found, _) = storage.session(&[1; 32]).unwrap().unwrap();
    assert_eq!(found, SessionRecord { last_used_at: at("2025-01-03"), ..session });
    storage.touch_session(SessionId(found.id.0 + 1), at("2025-01-03")).unwrap();
}

fn ends_one_session(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let [first, second, third] = [1, 2, 3].map(|hash| begin(storage, ann, hash, "2025-01-01").id);
    assert!(storage.end_session(&[1; 32]).unwrap() && !storage.end_session(&[1; 32]).unwrap());
    assert_eq!(ids(storage, ann), [second, third]);
    assert!(!storage.end_session_of(bob, second, &by(bob)).unwrap());
    assert!(storage.end_session_of(ann, second, &by(ann)).unwrap());
    assert!(!storage.end_session_of(ann, first, &by(ann)).unwrap());
    assert_eq!(ids(storage, ann), [third]);
    assert!(storage.end_session(&[3; 32]).unwrap());
    assert!(begin(storage, ann, 4, "2025-01-01").id > third, "its number is not used again");
}

fn the_least_recently_used_session_makes_room(database: &Database) {
    let storage = &database.storage;
    let (ann, bob) = (account(storage, "ann"), account(storage, "bob"));
    let others = begin(storage, bob, 200, "2025-01-01").id;
    let all: Vec<_> = (0..100).map(|hash| begin(storage, ann, hash, "2025-01-01").id).collect();
    for session in all.iter().filter(|session| **session != all[50]) {
        storage.touch_session(*session, at("2025-01-02")).unwrap();
    }
    let new = begin(storage, ann, 100, "2025-01-01").id;
    let mut expected = all.clone();
    expected.remove(50);
    expected.push(new);
    assert_eq!(ids(storage, ann), expected);
    assert_eq!(ids(storage, bob), [others]);
}

fn forgets_old_and_unused_sessions_in_bounded_steps(database: &Database) {
    let storage = &database.storage;
    let ann = account(storage, "ann");
    // Old but used; unused; both; neither.
    let old = begin(storage, ann, 1, "2025-01-01").id;
    storage.touch_session(old, at("2025-02-01")).unwrap();
    begin(storage, ann, 2, "2025-01-20");
    begin(storage, ann, 3, "2025-01-01");
    let good = begin(storage, ann, 4, "2025-01-25").id;
    let just = begin(storage, ann, 5, "2025-01-24").id;
    let forget = |limit| storage.forget_sessions(at("2025-01-02"), at("2025-01-24"), limit).unwrap();
    assert_eq!([forget(2), forget(2), forget(2)], [2, 1, 0]);
    assert_eq!(ids(storage, ann), [good, just]);
}
