//! Migrations and starts. What the migrations make is compared in `tables`.

use std::collections::BTreeSet;
use std::path::Path;

use storage::{DatabaseUrl, Storage, StorageError};

use crate::fixture::{Database, account};
use crate::on_each_backend;

on_each_backend!(opens_an_existing_database_as_it_was);

fn opens_an_existing_database_as_it_was(database: &Database) {
    account(&database.storage, "ann");
    let again = Storage::open(&database.url).unwrap();
    again.ping().unwrap();
    assert!(again.account_by_name(&domain::Username::parse("ann").unwrap()).unwrap().is_some());
}

#[test]
fn migrations_have_the_same_names_for_both_databases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let names = |backend: &str| -> BTreeSet<_> {
        let entries = std::fs::read_dir(folder.join(backend)).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[test]
fn refuses_a_database_that_cannot_be_opened() {
    let url: DatabaseUrl = "sqlite:/nowhere/at/all.db".parse().unwrap();
    assert!(matches!(Storage::open(&url), Err(StorageError::Connect(_))));
    let url: DatabaseUrl = "postgres://nobody@127.0.0.1:1/none".parse().unwrap();
    assert!(matches!(Storage::open(&url), Err(StorageError::Connect(_))));
}
