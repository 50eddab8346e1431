//! Commands that change the data while a service stores events without a pause: neither stands in the other's way.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::client::PASSWORD;
use tests::{Setup, on_each_backend};

use crate::support::event;

on_each_backend!(commands_and_the_service_let_each_other_work);

const SENDERS: usize = 4;
const LOADED: usize = 25_000;

fn commands_and_the_service_let_each_other_work(setup: Setup) {
    let server = setup.start();
    let (client, setup) = (server.client(), server.setup());
    let ann = client.tenant("ann");
    let file = setup.data_dir().with_extension("csv");
    let mut csv = "created_at,method,endpoint,ip,process_time,status_code\n".to_owned();
    csv.extend((0..LOADED).map(|number| format!("2025-08-20T12:00:00Z,GET,/{number},,1,200\n")));
    fs::write(&file, csv).expect("a file");
    let file = file.to_str().expect("UTF-8");

    let is_over = AtomicBool::new(false);
    let stored = thread::scope(|scope| {
        let send = || {
            let mut stored = 0;
            while !is_over.load(Ordering::Relaxed) {
                client.track(&ann.key, &event()).assert_status(200);
                stored += 1;
            }
            stored
        };
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        // However the commands end, so do the senders.
        let commands = scope.spawn(|| {
            for number in 0..5 {
                let name = format!("user{number}");
                let _ = setup.command_with(&["user", "add", &name], PASSWORD).done();
                let project = setup.command(&format!("project add P --owner {name}")).line();
                let key = setup.command(&format!("key add {project} --name k")).line();
                client.track(&key, &event()).assert_status(200);
                let _ = setup.command(&format!("key revoke {project} {}", number + 2)).done();
                if number == 0 {
                    let said = setup.command_with(&["load", file, "--project", &project], "").line();
                    assert_eq!(said, format!("{LOADED} events stored, 0 lines refused"));
                }
                let said = setup.command(&format!("project remove {project} --name P")).line();
                let events = if number == 0 { LOADED + 1 } else { 1 };
                assert!(said.ends_with(&format!(" removed with {events} events")), "{said}");
                let _ = setup.command(&format!("user remove {name}")).done();
            }
        });
        let outcome = commands.join();
        is_over.store(true, Ordering::Relaxed);
        let stored: u64 = senders.into_iter().map(|sender| sender.join().expect("a sender")).sum();
        outcome.expect("the commands");
        stored
    });
    assert!(stored > 0);
    let projects = setup.command("project list --json").json();
    assert_eq!(projects.as_array().map(Vec::len), Some(1));
    assert_eq!(projects[0]["events"], stored);
    let range = "start_date=2020-01-01&end_date=2030-01-01";
    let dashboard = client.dashboard(&ann, range).expect(200).json();
    assert_eq!(dashboard["summary"]["total_requests"], stored);
    for table in ["events", "segments", "ingest_ledger", "idempotency_keys"] {
        assert_eq!(setup.count(&format!("SELECT count(*) FROM {table} WHERE project_id <> 1")), 0, "{table}");
    }
}
