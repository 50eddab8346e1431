//! Connections: questions, however many and slow, delay neither events nor keys.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use domain::{Method, Scopes};
use storage::{Creation, DatabaseUrl, NewKey, Storage, StorageError};

use crate::fixture::{Database, actor, event, name, project, sqlite};
use crate::on_each_backend;

on_each_backend!(questions_that_hold_every_reading_connection_delay_no_event_and_no_key);

fn questions_that_hold_every_reading_connection_delay_no_event_and_no_key(database: &Database) {
    const READERS: usize = 8;
    let storage = &database.storage;
    let project = project(storage, 1);
    let event = || (project, event("2025-01-01", Method::Get, "/a", "::1", 1, 200));
    storage.append(&[event()]).unwrap();
    let key = NewKey {
        name: name("key"),
        hash: [1; 32],
        prefix: String::new(),
        scopes: Scopes::INGEST,
        expires_at: None,
    };
    let (all_read, all_written) = (Barrier::new(READERS + 1), Barrier::new(READERS + 1));
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let visit = |_| {
                    all_read.wait();
                    all_written.wait();
                };
                storage.events(project, 1..=1, visit).unwrap();
            });
        }
        all_read.wait();
        let start = Instant::now();
        // Judged after the readers are let go: they would wait for ever for a test that has failed.
        let outcomes = (
            storage.append(&[event()]).map(|_| ()),
            storage.create_key(project, &key, &actor("ann")).map(|_| ()),
            storage.grants(&[[1; 32]]).map(|grants| grants.len()),
            storage.ping(),
        );
        let taken = start.elapsed();
        all_written.wait();
        assert!(matches!(outcomes, (Ok(()), Ok(()), Ok(1), Ok(()))), "{outcomes:?}");
        // Whoever waits for a connection waits ten seconds.
        assert!(taken < Duration::from_secs(5), "{taken:?}");
    });
}

#[test]
fn another_writer_of_a_sqlite_file_is_waited_for_as_long_as_was_said() {
    let database = sqlite();
    let DatabaseUrl::Sqlite(path) = &database.url else { panic!("{:?}", database.url) };
    let other = rusqlite::Connection::open(path).unwrap();
    let open = |millis| Storage::open_with_wait(&database.url, Duration::from_millis(millis)).unwrap();
    let (impatient, patient) = (open(50), open(60_000));
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let make = |storage: &Storage| storage.create_project(&name("project"), None, &actor("ann"));
    assert!(matches!(make(&impatient), Err(StorageError::Query(_))));
    std::thread::scope(|scope| {
        let made = scope.spawn(|| make(&patient));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!made.is_finished());
        other.execute_batch("COMMIT").unwrap();
        assert!(matches!(made.join().unwrap(), Ok(Creation::Created(_))));
    });
}
