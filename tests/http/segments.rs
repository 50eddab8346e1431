//! Segments from outside: sealing in the background, `maintain`, and a file with a damaged byte.

use std::fs;
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Backend, Client, Server, Setup, Tenant, on_each_backend};

on_each_backend!(maintain_shows_checks_and_rebuilds, rows_are_sealed_in_the_background_and_survive_a_crash,);

const ALL: &str =
    "start_date=2025-01-01&end_date=2025-12-31&include=coverage,percentiles&period=hourly&top=100";

/// A file of as many events as are sealed in the background, and some more.
fn csv(lines: u32) -> String {
    let mut csv = String::from("created_at,method,endpoint,ip,process_time,status_code\n");
    for line in 0..lines {
        let (hour, second) = (line % 24, line % 60);
        let status = if line % 10 == 0 { 500 } else { 200 };
        csv.push_str(&format!(
            "2025-08-20T{hour:02}:00:{second:02}Z,GET,/{},192.0.2.{},{}.5,{status}\n",
            line % 50,
            line % 200,
            line % 300,
        ));
    }
    csv
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn dashboard(client: &Client, tenant: &Tenant) -> Value {
    client.dashboard(tenant, ALL).expect(200).json()
}

/// A stopped service with so many loaded events, and their dashboard.
fn loaded(setup: Setup, lines: u32) -> (Setup, Tenant, Value) {
    let server = setup.start();
    let ann = server.client().tenant("ann");
    let setup = server.stop();
    let file = setup.data_dir().with_extension("csv");
    fs::write(&file, csv(lines)).expect("a file");
    let path = file.to_str().expect("UTF-8");
    let output = setup.run("load", &[path, "--username", "ann", "--api-key", &ann.key]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let server = setup.start();
    let figures = dashboard(server.client(), &ann);
    assert_eq!(figures["summary"]["total_requests"], lines);
    (server.stop(), ann, figures)
}

fn maintain(setup: &Setup, task: &str) -> Output {
    setup.run("maintain", &[task])
}

/// Of the only project: events, sealed events, unsealed events, segments.
fn status(setup: &Setup) -> [u64; 4] {
    let status = text(&maintain(setup, "--status").stdout);
    let line = status.lines().nth(1).expect("a line for the project");
    let mut figures = line.split_whitespace().skip(1).map(|figure| figure.parse().expect("a number"));
    std::array::from_fn(|_| figures.next().expect("a figure"))
}

/// There is a look at what is to be sealed every second.
fn wait_until_sealed(setup: &Setup, least: u64) {
    let end = Instant::now() + Duration::from_secs(60);
    while status(setup)[1] < least {
        assert!(Instant::now() < end, "after a minute: {:?}", status(setup));
        thread::sleep(Duration::from_millis(50));
    }
}

fn maintain_shows_checks_and_rebuilds(setup: Setup) {
    let (setup, ann, figures) = loaded(setup, 3000);
    assert_eq!(status(&setup), [3000, 3000, 0, 1]);
    assert_eq!(maintain(&setup, "--verify").status.code(), Some(0));
    assert_eq!(maintain(&setup, "--rebuild").status.code(), Some(0));
    assert_eq!(status(&setup), [3000, 3000, 0, 1]);
    assert_eq!(maintain(&setup, "--verify").status.code(), Some(0));
    assert_eq!(setup.run("maintain", &[]).status.code(), Some(2), "one of the three is needed");
    let server = setup.start();
    assert_eq!(dashboard(server.client(), &ann), figures);
}

fn rows_are_sealed_in_the_background_and_survive_a_crash(setup: Setup) {
    let server = setup.start();
    let client = server.client().clone();
    let ann = client.tenant("ann");
    let events: Vec<Value> = (0..17_000)
        .map(|number| {
            serde_json::json!({"created_at": "2025-08-20T12:00:00Z", "method": "GET",
                "endpoint": format!("/{}", number % 30), "process_time": number % 100, "status_code": 200})
        })
        .collect();
    for batch in events.chunks(8500) {
        let body = Value::from(batch.to_vec());
        client.call("POST", "/track/batch").key(&ann.key).json(&body).send().assert_status(200);
    }
    let figures = dashboard(&client, &ann);
    assert_eq!(figures["summary"]["total_requests"], 17_000);

    wait_until_sealed(server.setup(), 17_000);
    assert_eq!(dashboard(&client, &ann), figures);
    let setup = server.kill();
    assert_eq!(maintain(&setup, "--verify").status.code(), Some(0));
    let server = setup.start();
    assert_eq!(dashboard(server.client(), &ann), figures);
}

/// PostgreSQL only: a SQLite file is for one service.
#[test]
fn two_processes_seal_and_answer_alike() {
    const BATCHES: usize = 6;
    let Some(server) = Server::start(Backend::Postgres) else {
        return;
    };
    let twin = server.twin();
    let clients = [server.client(), twin.client()];
    let ann = clients[0].tenant("ann");
    let body = |client: usize| -> Value {
        let event = |number: usize| {
            serde_json::json!({"created_at": "2025-08-20T12:00:00Z", "method": "GET",
                "endpoint": format!("/{client}/{}", number % 9), "process_time": number % 50, "status_code": 200})
        };
        (0..3000).map(event).collect()
    };
    // Both write and both read, while both look for rows to seal.
    thread::scope(|scope| {
        for (number, client) in clients.iter().enumerate() {
            let (body, ann) = (body(number), &ann);
            scope.spawn(move || {
                for sent in 1..=BATCHES {
                    client.call("POST", "/track/batch").key(&ann.key).json(&body).send().assert_status(200);
                    let seen = dashboard(client, ann)["summary"]["total_requests"].as_u64().expect("a count");
                    let own = sent as u64 * 3000;
                    assert!((own..=own + BATCHES as u64 * 3000).contains(&seen), "{seen} of at least {own}");
                }
            });
        }
    });
    // What is left over is too little for one more segment.
    wait_until_sealed(server.setup(), 36_000 - 16_384 + 1);
    let figures = clients.map(|client| dashboard(client, &ann));
    assert_eq!(figures[0]["summary"]["total_requests"], 2 * BATCHES * 3000);
    assert_eq!(figures[0], figures[1]);
    let verify = maintain(server.setup(), "--verify");
    assert_eq!(verify.status.code(), Some(0), "{}", text(&verify.stdout));
}

/// SQLite only: its file can be damaged from outside.
#[test]
fn a_damaged_segment_is_told_mended_and_missed_by_no_answer() {
    let (setup, ann, figures) = loaded(Setup::on(Backend::Sqlite).expect("SQLite"), 5000);
    let path = setup.data_dir().join("analytics.db");
    let mut file = fs::read(&path).expect("the database");
    let magic = b"APISEG";
    let at = file.windows(magic.len()).rposition(|window| window == magic).expect("a segment");
    file[at + 100] ^= 0x55;
    fs::write(&path, file).expect("written");

    let verify = maintain(&setup, "--verify");
    assert_eq!(verify.status.code(), Some(1));
    assert!(text(&verify.stdout).contains("events 1 to 5000"), "{}", text(&verify.stdout));
    let server = setup.start();
    assert_eq!(dashboard(server.client(), &ann), figures);
    let setup = server.stop();
    assert_eq!(maintain(&setup, "--verify").status.code(), Some(0));
}
