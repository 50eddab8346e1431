//! Clients that stop halfway: in a head, in a body, in an answer. None of them holds a connection for ever, and each
//! is told why, if it can be told. Settings of a second keep the tests short; no test depends on how short.

use tests::raw::Connection;
use tests::{Answer, Client, Server, Setup, on_each_backend};

on_each_backend!(bodies_that_do_not_come_are_answered_408);

/// The only answer of a connection that is then closed.
fn only(answers: Vec<Answer>) -> Answer {
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.into_iter().next().expect("one")
}

fn sqlite(body_seconds: &str) -> Server {
    let setup = Setup::on(tests::Backend::Sqlite).expect("SQLite is always there");
    setup.env("API_ANALYTICS_BODY_SECONDS", body_seconds).start()
}

/// The head of a request whose body has a length, or comes in chunks; and the beginning of that body.
fn beginning(method: &str, path: &str, credential: &str, framing: &str) -> String {
    let body = if framing.starts_with("Content-Length") { "[" } else { "1\r\n[\r\n" };
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{credential}\r\n{framing}\r\n\r\n{body}")
}

fn bodies_that_do_not_come_are_answered_408(setup: Setup) {
    let server = setup.env("API_ANALYTICS_BODY_SECONDS", "1").start();
    let client = server.client();
    let tenant = client.tenant("alice");
    let projects = client.get("/projects").bearer(&tenant.token).send().expect(200).json();
    let project = projects["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut connections = Vec::new();
    for (method, path) in operations_with_bodies(client) {
        // A key belongs to a project; the other routes are for whoever is signed in.
        let credential = if path.starts_with("/track") {
            format!("X-API-Key: {}", tenant.key)
        } else {
            let page = "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json";
            format!("Authorization: Bearer {}\r\n{page}", tenant.token)
        };
        let path = path.replace("{project}", &project).replace(['{', '}'], "");
        for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
            let head = beginning(&method, &path, &credential, framing);
            let connection = Connection::open(client.address(), head.as_bytes());
            connections.push((format!("{method} {path}"), connection));
        }
    }
    let mut timeouts = std::collections::BTreeSet::new();
    for (name, connection) in connections {
        let answer = only(connection.answers_until_closed());
        if answer.status == 408 {
            assert_eq!(answer.header("connection"), "close", "{name}");
            timeouts.insert(name);
        } else {
            // What the path names is not there: that needs no body.
            assert_eq!(answer.status, 404, "{name}: {}", answer.text());
        }
    }
    for name in ["POST /register", "POST /token", "POST /track", "POST /track/batch", "POST /projects"] {
        assert!(timeouts.contains(name), "{name} is not among {timeouts:?}");
    }
    assert!(client.all_logs(&tenant).is_empty());
}

/// Method and path of every operation that takes a body.
fn operations_with_bodies(client: &Client) -> Vec<(String, String)> {
    let mut operations = Vec::new();
    for (path, item) in client.document()["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if operation["requestBody"].is_object() {
                operations.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    operations
}

#[test]
fn bodies_that_come_too_slowly_are_answered_408() {
    // An hour for the whole body, but not for the next bytes.
    let setup = Setup::on(tests::Backend::Sqlite).expect("SQLite is always there");
    let setup = setup.env("API_ANALYTICS_BODY_SECONDS", "3600");
    let server = setup.env("API_ANALYTICS_BODY_BYTES_PER_SECOND", "1000000").start();
    let head = beginning("POST", "/token", "X: x", "Content-Length: 100");
    let connection = Connection::open(server.client().address(), head.as_bytes());
    only(connection.answers_until_closed()).assert_status(408);
}

#[test]
fn bodies_in_pieces_are_read_whole() {
    let server = sqlite("30");
    let tenant = server.client().tenant("alice");
    let event = super::support::event().to_string();
    let (first, second) = event.split_at(20);
    let head = format!(
        "POST /track HTTP/1.1\r\nHost: x\r\nX-API-Key: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        tenant.key
    );
    let connection = Connection::open(server.client().address(), head.as_bytes());
    for piece in [first, second, ""] {
        connection.send(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes());
    }
    connection.answer().assert_status(200);
    assert_eq!(server.client().all_logs(&tenant).len(), 1);
}

#[test]
fn heads_that_come_too_slowly_are_answered_408() {
    let server = sqlite("30");
    let address = server.client().address();
    let first = Connection::open(address, b"GET / HTTP/1.1\r\nHo");
    let later = Connection::open(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    later.answer().assert_status(200);
    later.send(b"GET / HTTP/1.1\r\nHo");
    for connection in [first, later] {
        let answer = only(connection.answers_until_closed()).expect(408);
        assert_eq!(answer.header("connection"), "close");
    }
}

#[test]
fn silent_connections_are_closed() {
    let server = sqlite("30");
    let address = server.client().address();
    let new = Connection::open(address, b"");
    let used = Connection::open(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    used.answer().assert_status(200);
    assert!(new.answers_until_closed().is_empty());
    assert!(used.answers_until_closed().is_empty());
}

#[test]
fn answers_that_do_not_wait_for_the_body_end_the_connection() {
    let server = sqlite("30");
    let mut connections = Vec::new();
    for (path, status) in [("/me", 405), ("/track", 401), ("/nothing", 404)] {
        for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
            let head = beginning("POST", path, "X-API-Key: unknown", framing);
            connections.push((status, Connection::open(server.client().address(), head.as_bytes())));
        }
    }
    for (status, connection) in connections {
        only(connection.answers_until_closed()).assert_status(status);
    }
}

#[test]
fn an_event_with_a_bad_key_ends_no_connection_when_it_is_there_as_a_whole() {
    let server = sqlite("30");
    let event = "{}";
    let head = format!(
        "POST /track HTTP/1.1\r\nHost: x\r\nX-API-Key: unknown\r\nContent-Length: {}\r\n\r\n{event}",
        event.len()
    );
    let connection = Connection::open(server.client().address(), head.as_bytes());
    for _ in 0..3 {
        let answer = connection.answer().expect(401);
        assert_eq!(answer.header("connection"), "");
        connection.send(head.as_bytes());
    }
}

#[test]
fn a_client_that_does_not_take_its_answers_is_cut_off() {
    let server = sqlite("1");
    let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let connection = Connection::open(server.client().address(), b"");
    connection.send_until_closed(&request);
}

#[test]
fn connections_beyond_the_limit_wait_for_their_turn() {
    let setup = Setup::on(tests::Backend::Sqlite).expect("SQLite is always there");
    let setup = setup.env("API_ANALYTICS_WORKERS", "1").env("API_ANALYTICS_MAX_CONNECTIONS", "1");
    let server = setup.env("API_ANALYTICS_BODY_SECONDS", "1").start();
    let address = server.client().address();
    let head = beginning("POST", "/token", "X: x", "Content-Length: 100");
    let first = Connection::open(address, head.as_bytes());
    let second = Connection::open(address, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::thread::scope(|scope| {
        let time = |connection: Connection| {
            let answer = only(connection.answers_until_closed());
            (answer.status, std::time::Instant::now())
        };
        let first = scope.spawn(move || time(first));
        let (status, answered) = time(second);
        assert_eq!(status, 200);
        let (status, closed) = first.join().expect("a thread");
        assert_eq!(status, 408);
        assert!(answered >= closed, "the second was served beside the first");
    });
}
