//! What is no request of HTTP: answered like everything else, with problem details and a request id.

use tests::raw::Connection;
use tests::{Backend, Server};

fn server() -> Server {
    Server::start(Backend::Sqlite).expect("SQLite is always there")
}

fn assert_last(server: &Server, bytes: &[u8], statuses: &[u16]) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]).into_owned();
    let answers = Connection::open(server.client().address(), bytes).answers_until_closed();
    let given: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(given, statuses, "{shown:?}");
    let last = answers.last().expect("an answer");
    assert_eq!(last.header("connection"), "close", "{shown:?}");
    assert_eq!(last.header("cache-control"), "no-store", "{shown:?}");
    assert_eq!(last.header("x-content-type-options"), "nosniff", "{shown:?}");
}

#[test]
fn malformed_heads_are_problems() {
    let server = server();
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\n\r\n",
    ] {
        assert_last(&server, bytes, &[400]);
    }
}

#[test]
fn what_follows_a_good_request_is_a_problem_too() {
    let server = server();
    let good = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let old = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    for first in [&good[..], b"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n", old] {
        let is_head = first.starts_with(b"HEAD");
        let bytes = [first, b"nonsense\r\n\r\n"].concat();
        if is_head {
            // Its answer has a length and no body: only the end can be told from outside.
            let (_, text) = tests::raw::exchange(server.client().address(), &bytes);
            assert_eq!(text.matches("x-request-id: ").count(), 2, "{text}");
        } else {
            assert_last(&server, &bytes, &[200, 400]);
        }
    }
    assert_last(
        &server,
        &[good.repeat(20).as_slice(), b"\0\r\n\r\n"].concat(),
        &[[200; 20].as_slice(), &[400]].concat(),
    );
}

#[test]
fn heads_that_are_too_large_are_problems() {
    let server = server();
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "v".repeat(1_000_000));
    assert_last(&server, endless.as_bytes(), &[431]);
    let many: String = (0..200).map(|number| format!("X-{number}: v\r\n")).collect();
    assert_last(&server, format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes(), &[431]);
}

#[test]
fn a_body_in_broken_chunks_is_a_problem() {
    let server = server();
    let head = "POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for chunks in ["nonsense\r\n", "5\r\nabcdefgh\r\n", "ffffffffffffffffff\r\n"] {
        let bytes = format!("{head}{chunks}");
        let answers = Connection::open(server.client().address(), bytes.as_bytes()).answers_until_closed();
        assert!(!answers.is_empty(), "{chunks:?}");
        for answer in answers {
            answer.assert_status(400);
        }
    }
}

#[test]
fn the_document_names_what_every_request_may_get() {
    let server = server();
    let paths = server.client().document()["paths"].as_object().expect("paths").clone();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            for status in ["400", "408", "431", "500", "503"] {
                assert!(operation["responses"].get(status).is_some(), "{method} {path}: {status}");
            }
        }
    }
}
