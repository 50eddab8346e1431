//! Accounts and keys.

use domain::Username;

use crate::fixture::{Database, account, at};
use crate::on_each_backend;

on_each_backend!(
    finds_accounts_by_their_exact_name,
    gives_a_name_to_one_of_many_at_once,
    finds_keys_until_they_are_revoked,
);

fn finds_accounts_by_their_exact_name(database: &Database) {
    let storage = &database.storage;
    let id = account(storage, "Ann");
    let found = |name: &str| storage.account(&Username::parse(name).unwrap()).unwrap();
    assert_eq!(found("Ann").unwrap().id, id);
    assert_eq!(found("Ann").unwrap().password_hash, "hash");
    assert!(found("ann").is_none());
    assert!(found("Ann'; --").is_none());
}

fn gives_a_name_to_one_of_many_at_once(database: &Database) {
    let name = Username::parse("ann").unwrap();
    let created = std::thread::scope(|scope| {
        let create = || database.storage.create_account(&name, "hash", at("2025-01-01")).unwrap();
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(create)).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).count()
    });
    assert_eq!(created, 1);
}

fn finds_keys_until_they_are_revoked(database: &Database) {
    let storage = &database.storage;
    let owner = account(storage, "ann");
    let key = storage.create_key(owner, &[1; 32], at("2025-01-01")).unwrap();
    assert_eq!(storage.key(&[1; 32]).unwrap(), Some(key));
    assert_eq!(key.account, owner);
    assert_eq!(storage.key(&[2; 32]).unwrap(), None);
    assert!(storage.revoke_key(&[1; 32], at("2025-02-01")).unwrap());
    assert!(!storage.revoke_key(&[1; 32], at("2025-02-01")).unwrap());
    assert_eq!(storage.key(&[1; 32]).unwrap(), None);
}
