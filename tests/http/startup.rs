//! Starts that must fail: with a code, one clear line, and no backtrace.

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use tests::{Backend, Setup};

fn assert_refused(output: &Output, named: &str) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code != 0), "{}: {message}", output.status);
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(message.contains(named), "{named:?} is not named in: {message}");
    for noise in ["panicked", "backtrace", "stack"] {
        assert!(!message.to_lowercase().contains(noise), "{message}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn setup() -> Setup {
    Setup::on(Backend::Sqlite).expect("SQLite is always there").env("RUST_BACKTRACE", "1")
}

#[test]
fn refuses_a_port_in_use() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = setup().arg("--port").arg(&port).run_to_exit();
    assert_refused(&output, &port);
}

#[test]
fn refuses_a_file_in_the_place_of_the_data_directory() {
    let setup = setup();
    fs::write(setup.data_dir(), "in the way").expect("a file");
    assert_refused(&setup.run_to_exit(), "data");
}

#[test]
fn refuses_a_database_url_it_does_not_know() {
    for url in ["mysql://localhost/x", "nonsense", ""] {
        assert_refused(&setup().arg("--database-url").arg(url).run_to_exit(), "database");
    }
}

#[test]
fn refuses_a_database_that_does_not_answer_and_hides_its_password() {
    // Port 1 of the loopback address: nothing listens there.
    let url = "postgres://someone:s3cret@127.0.0.1:1/x";
    let output = setup().arg("--database-url").arg(url).run_to_exit();
    assert_refused(&output, "");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("s3cret"));
}

#[test]
fn refuses_a_sqlite_file_that_is_none() {
    let setup = setup();
    let path = setup.data_dir().with_extension("txt");
    fs::write(&path, "this is a text, not a database; ".repeat(100)).expect("a file");
    let url = format!("sqlite://{}", path.display());
    assert_refused(&setup.arg("--database-url").arg(&url).run_to_exit(), "");
}

#[test]
fn refuses_a_second_service_on_one_sqlite_file() {
    let server = setup().start();
    let database = server.setup().data_dir().join("analytics.db");
    assert_refused(&server.setup().run_to_exit(), database.to_str().expect("UTF-8"));
    let demo = server.setup().run("demo", &["--port", "0", "--events", "10"]);
    assert_refused(&demo, "another service");
    let same = format!("sqlite:{}", database.display());
    assert_refused(
        &server.setup().run("serve", &["--port", "0", "--database-url", &same]),
        "another service",
    );
    // Commands that end by themselves may run beside it.
    for (command, arguments) in [("migrate", &[][..]), ("maintain", &["--status"])] {
        let output = server.setup().run(command, arguments);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    server.client().get("/").send().assert_status(200);
    // However a service ends, the next one starts.
    let server = server.kill().start();
    drop(server.stop().start());
}

#[test]
fn refuses_settings_out_of_range() {
    for (name, value, named) in [
        ("BODY_SECONDS", "0", "body_seconds"),
        ("BODY_BYTES_PER_SECOND", "0", "body_bytes_per_second"),
        ("MAX_CONNECTIONS", "0", "max_connections"),
        ("BATCH_MEMORY_MIB", "31", "batch_memory_mib"),
        ("WORKERS", "513", "workers"),
        ("CORS_ORIGINS", "https://a.example/path", "https://a.example/path"),
    ] {
        let setup = setup().env(&format!("API_ANALYTICS_{name}"), value);
        assert_refused(&setup.run_to_exit(), named);
    }
}
