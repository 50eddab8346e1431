//! What answers say to browsers and caches, and to pages of other origins.

use tests::{Answer, Backend, Server, Setup};

use crate::support::event;

const ORIGIN: &str = "https://a.example";

fn setup() -> Setup {
    Setup::on(Backend::Sqlite).expect("SQLite is always there")
}

/// One answer of each kind, by name.
fn answers(server: &Server) -> Vec<(&'static str, Answer)> {
    let client = server.client();
    let alice = client.tenant("alice");
    let get = |path: &str| client.get(path).bearer(&alice.token).key(&alice.key).send();
    vec![
        ("root", client.get("/").send()),
        (
            "register",
            client.register(&serde_json::json!({"username": "bob", "password": tests::client::PASSWORD})),
        ),
        ("token", client.token("alice", tests::client::PASSWORD)),
        ("key", client.generate_key(&alice.token)),
        ("me", get("/me")),
        ("track", client.track(&alice.key, &event())),
        ("batch", client.track_batch(&alice.key, &[event()])),
        ("dashboard", get("/dashboard")),
        ("logs", get("/raw_logs")),
        ("ledger", get("/ingest/ledger")),
        ("report", get("/report?format=json")),
        ("pdf", get("/report?format=pdf")),
        ("document", client.get("/openapi.json").send()),
        ("to docs", client.get("/docs").send()),
        ("docs", client.get("/docs/index.html").send()),
        ("script", client.get("/docs/swagger-ui-bundle.js").send()),
        ("no key", client.get("/raw_logs").send()),
        ("no page", client.get("/docs/nothing").send()),
        ("nothing", client.get("/nothing").send()),
        ("no such method", client.call("DELETE", "/").send()),
        ("no parameter", get("/dashboard?period=never")),
    ]
}

#[test]
fn every_answer_says_how_it_may_be_kept_and_read() {
    let server = setup().start();
    for (name, answer) in answers(&server) {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{name}");
        let (expected, vary) = match name {
            "dashboard" | "logs" | "ledger" => ("private, no-cache", "Authorization, X-API-Key, Cookie"),
            "document" | "to docs" | "docs" | "script" => ("public, max-age=300", ""),
            _ => ("no-store", ""),
        };
        assert_eq!(answer.header("cache-control"), expected, "{name} {}", answer.status);
        assert_eq!(answer.header("vary"), vary, "{name}");
        let is_page = name == "docs";
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            if is_page { "same-origin" } else { "" },
            "{name}"
        );
        let policy = answer.header("content-security-policy");
        assert_eq!(is_page, policy.contains("script-src 'self';"), "{name}: {policy:?}");
        assert!(answer.header("access-control-allow-origin").is_empty(), "{name}");
    }
}

#[test]
fn the_page_keeps_its_own_policy() {
    let server = setup().start();
    let page = server.client().get("/docs/index.html").send().expect(200).text();
    // No script and no handler within the page: its policy would not let them run.
    for script in page.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').expect("a whole tag");
        assert!(tag.contains("src="), "{tag}");
        assert!(rest.trim_start().starts_with("</script>"), "{rest:.100}");
    }
    assert!(!page.contains(" onload="), "{page}");
}

fn preflight(server: &Server, origin: &str, method: &str, headers: &str) -> Answer {
    let call = server.client().call("OPTIONS", "/track").header("Origin", origin);
    let call = call.header("Access-Control-Request-Method", method);
    call.header("Access-Control-Request-Headers", headers).send()
}

#[test]
fn pages_of_other_origins_are_let_in_by_setting_only() {
    let server = setup().start();
    let answer = server.client().get("/").header("Origin", ORIGIN).send().expect(200);
    assert!(answer.header("access-control-allow-origin").is_empty());
    preflight(&server, ORIGIN, "POST", "x-api-key").assert_status(405);
}

#[test]
fn origins_that_are_named_are_let_in() {
    let listed = "https://a.example,http://b.example:8080";
    let toml = r#"["https://a.example", "http://b.example:8080"]"#;
    for form in [listed, toml] {
        let server = setup().env("API_ANALYTICS_CORS_ORIGINS", form).start();
        for origin in [ORIGIN, "http://b.example:8080"] {
            let all = "authorization, x-api-key, content-type, idempotency-key, if-match, if-none-match";
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
                let answer = preflight(&server, origin, method, all).expect(200);
                assert_eq!(answer.header("access-control-allow-origin"), origin);
                assert!(answer.header("access-control-allow-methods").contains(method));
                assert!(answer.header("access-control-allow-credentials").is_empty());
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
            }
        }
        let answer = server.client().get("/me").header("Origin", ORIGIN).send().expect(401);
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        assert!(answer.header("access-control-allow-credentials").is_empty());
        assert!(answer.header("vary").contains("Origin"), "{}", answer.header("vary"));
        for name in ["x-request-id", "etag", "retry-after", "idempotency-replayed", "x-as-of"] {
            assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
        }
    }
}

#[test]
fn other_origins_methods_and_headers_are_refused_as_problems() {
    let server = setup().env("API_ANALYTICS_CORS_ORIGINS", ORIGIN).start();
    for (origin, method, header) in [
        ("https://b.example", "POST", "x-api-key"),
        ("https://a.example.b.example", "POST", "x-api-key"),
        ("null", "POST", "x-api-key"),
        (ORIGIN, "TRACE", "x-api-key"),
        (ORIGIN, "POST", "x-other"),
    ] {
        let answer = preflight(&server, origin, method, header).expect(403);
        assert!(answer.header("access-control-allow-origin").is_empty(), "{origin}");
    }
    let answer = server.client().get("/").header("Origin", "https://b.example").send().expect(200);
    assert!(answer.header("access-control-allow-origin").is_empty());
}

#[test]
fn a_star_lets_everybody_in_without_cookies() {
    let server = setup().env("API_ANALYTICS_CORS_ORIGINS", "*").start();
    let answer = preflight(&server, "https://anybody.example", "POST", "x-api-key").expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-allow-credentials").is_empty());
    let answer = server.client().get("/").header("Origin", ORIGIN).send().expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}
