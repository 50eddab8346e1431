//! The other commands: migrate, openapi.

use serde_json::Value;
use tests::{Backend, Setup, on_each_backend};

on_each_backend!(migrates_an_empty_database);

fn migrates_an_empty_database(setup: Setup) {
    for _ in 0..2 {
        assert_eq!(setup.command("migrate").line(), "the schema is up to date");
    }
    drop(setup.start());
}

#[test]
fn prints_the_document_that_the_service_serves() {
    let server = Setup::on(Backend::Sqlite).expect("SQLite is always there").start();
    let served = server.client().document().clone();
    let output = std::process::Command::new(tests::binary()).arg("openapi").output().expect("it runs");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed, served);
}
