//! Credentials that are made to break things, or to be taken for others: they open nothing.

use tests::{Setup, on_each_backend};

on_each_backend!(hostile_credentials_open_nothing);

fn hostile_credentials_open_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let project = client.owner("ann");
    let read = project.key(&["read"]).text;
    let long = "x".repeat(5000);
    let upper = read.to_uppercase();
    let tokens = ["", " ", "x", "a.b.c", "\t", &long, "null", "Bearer", &read];
    for path in ["/projects".to_owned(), project.path("/keys"), "/raw_logs".to_owned()] {
        for token in tokens {
            for scheme in ["Bearer", "bearer", "Basic", "", "Bearer Bearer"] {
                let call = client.get(&path).header("Authorization", &format!("{scheme} {token}"));
                let answer = call.send();
                assert_eq!(answer.status, 401, "{scheme} {token}: {}", answer.text());
            }
        }
        for key in ["x", " ", "\u{e9}", &long, &upper, &format!("{read} "), &format!("{read}x")] {
            let answer = client.get(&path).key(key).send();
            // Blanks at the end are none of a header.
            let is_trimmed = key.trim_end() == read;
            assert!(answer.status == 401 || is_trimmed, "{key}: {} {}", answer.status, answer.text());
        }
        for cookie in ["session=x", "session=", "__Host-session=x; session=y", "=", ";;;", &long] {
            client.get(&path).header("Cookie", cookie).send().assert_status(401);
        }
        let twice = client.get(&path).key(&read).key("x").send();
        assert!(twice.status < 500, "{}", twice.text());
    }
    project.get("/keys").assert_status(200);
    client.get("/raw_logs").key(&read).send().assert_status(200);
}
