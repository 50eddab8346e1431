//! Sessions of browsers: cookies, where they are taken from, and how they end.

use serde_json::{Value, json};
use tests::client::PASSWORD;
use tests::{Answer, Call, Client, Setup, on_each_backend};

on_each_backend!(
    signing_in_sets_a_cookie_that_opens_what_the_account_may,
    behind_a_proxy_with_tls_the_cookie_is_for_https_and_this_host_only,
    headers_of_strangers_change_no_cookie,
    signing_in_from_another_page_is_refused,
    a_cookie_changes_nothing_from_another_page,
    a_cookie_reads_from_anywhere_since_browsers_do_not_send_it_along,
    wrong_names_and_passwords_are_told_alike,
    where_authorization_is_present_the_cookie_is_not_looked_at,
    signing_out_ends_the_session_on_the_server,
    sessions_are_listed_and_ended_one_by_one,
    a_new_password_ends_other_sessions_and_all_access_tokens,
    a_wrong_password_changes_nothing,
    broken_cookies_are_no_sessions,
);

/// What a browser says of a request from the service's own page.
fn own_page(call: Call<'_>) -> Call<'_> {
    call.header("Sec-Fetch-Site", "same-origin")
}

fn sign_in<'c>(client: &'c Client, username: &str, password: &str) -> Call<'c> {
    client.call("POST", "/session").json(&json!({"username": username, "password": password}))
}

/// `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

fn signed_in(client: &Client, username: &str) -> String {
    cookie(&own_page(sign_in(client, username, PASSWORD)).send().expect(200))
}

fn get(client: &Client, path: &str, cookie: &str) -> Answer {
    client.get(path).header("Cookie", cookie).send()
}

fn attributes(answer: &Answer) -> Vec<String> {
    let mut attributes: Vec<String> =
        answer.header("set-cookie").split(';').skip(1).map(|part| part.trim().to_owned()).collect();
    attributes.retain(|attribute| !attribute.starts_with("Max-Age"));
    attributes.sort();
    attributes
}

fn signing_in_sets_a_cookie_that_opens_what_the_account_may(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let ann = client.tenant("ann");
    let answer = own_page(sign_in(client, "ann", PASSWORD)).send().expect(200);
    assert_eq!(answer.json()["username"], "ann");
    assert!(answer.json()["expires_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    assert_eq!(attributes(&answer), ["HttpOnly", "Path=/", "SameSite=Strict"]);
    let cookie = cookie(&answer);
    assert!(cookie.starts_with("session=") && cookie.len() >= 40, "{cookie}");

    assert_eq!(get(client, "/session", &cookie).expect(200).json()["username"], "ann");
    assert_eq!(get(client, "/me", &cookie).expect(200).json(), json!({"username": "ann"}));
    let projects = get(client, "/projects", &cookie).expect(200).json();
    let project = projects["items"][0]["id"].as_str().expect("an id").to_owned();
    client.track_all(&ann, &[super::support::event()]);
    let range = "start_date=2025-08-01&end_date=2025-08-31";
    let figures = get(client, &format!("/dashboard?project={project}&{range}"), &cookie).expect(200).json();
    assert_eq!(figures["summary"]["total_requests"], 1);
    // Other cookies of the same host stand beside it.
    let among = format!("a=1; {cookie}; b=\"2\"");
    get(client, "/session", &among).assert_status(200);
}

fn behind_a_proxy_with_tls_the_cookie_is_for_https_and_this_host_only(setup: Setup) {
    let server = setup.env("API_ANALYTICS_TRUSTED_PROXIES", "127.0.0.1").start();
    let client = server.client();
    let _ = client.tenant("ann");
    let through = |call: Call<'_>| {
        call.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "stats.example.com").send()
    };
    let origin = sign_in(client, "ann", PASSWORD).header("Origin", "https://stats.example.com");
    let answer = through(origin).expect(200);
    assert_eq!(attributes(&answer), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
    let cookie = cookie(&answer);
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    through(client.get("/session").header("Cookie", &cookie)).assert_status(200);
    let foreign = sign_in(client, "ann", PASSWORD).header("Origin", "http://stats.example.com");
    through(foreign).assert_status(403);
}

fn headers_of_strangers_change_no_cookie(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let call = own_page(sign_in(client, "ann", PASSWORD)).header("X-Forwarded-Proto", "https");
    assert!(cookie(&call.send().expect(200)).starts_with("session="));
}

fn signing_in_from_another_page_is_refused(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let own = format!("http://{}", client.address());
    let call = || sign_in(client, "ann", PASSWORD);
    call().header("Origin", &own).send().assert_status(200);
    // Neither header: a page of long ago, or a script, which has access tokens.
    call().send().assert_status(403);
    for site in ["cross-site", "same-site", "none", ""] {
        let answer = call().header("Sec-Fetch-Site", site).header("Origin", &own).send();
        assert_eq!(answer.status, 403, "{site}");
    }
    for origin in ["null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", ""] {
        assert_eq!(call().header("Origin", origin).send().status, 403, "{origin}");
    }
    let form = client.call("POST", "/session").form("username=ann&password=correct+horse");
    own_page(form).send().assert_status(403);
}

fn a_cookie_changes_nothing_from_another_page(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let cookie = signed_in(client, "ann");
    let make = || client.call("POST", "/projects").header("Cookie", &cookie);
    let body = json!({"name": "API"});
    make().json(&body).send().assert_status(403);
    make().header("Sec-Fetch-Site", "cross-site").json(&body).send().assert_status(403);
    make().header("Origin", "https://evil.example").json(&body).send().assert_status(403);
    own_page(make().body("text/plain", body.to_string())).send().assert_status(403);
    own_page(make().bytes(body.to_string())).send().assert_status(403);
    own_page(make().body("application/json; charset=utf-8", body.to_string())).send().assert_status(201);
    // Without a body there is nothing to be JSON.
    own_page(client.call("POST", "/generate_key").header("Cookie", &cookie).bytes(""))
        .send()
        .assert_status(200);
    client.call("POST", "/generate_key").header("Cookie", &cookie).send().assert_status(403);
}

fn a_cookie_reads_from_anywhere_since_browsers_do_not_send_it_along(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let cookie = signed_in(client, "ann");
    let read = client.get("/me").header("Cookie", &cookie).header("Sec-Fetch-Site", "cross-site");
    read.send().assert_status(200);
}

fn wrong_names_and_passwords_are_told_alike(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let wrong = own_page(sign_in(client, "ann", "wrong password")).send().expect(401);
    let unknown = own_page(sign_in(client, "nobody", "wrong password")).send().expect(401);
    assert_eq!(wrong.json(), unknown.json());
    assert!(wrong.header("set-cookie").is_empty());
    for body in [json!({}), json!({"username": 1, "password": []}), json!({"username": "ann"})] {
        own_page(client.call("POST", "/session").json(&body)).send().assert_status(422);
    }
}

fn where_authorization_is_present_the_cookie_is_not_looked_at(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (_, bob) = (client.tenant("ann"), client.tenant("bob"));
    let cookie = signed_in(client, "ann");
    let call = client.get("/me").header("Cookie", &cookie);
    assert_eq!(call.clone().bearer(&bob.token).send().expect(200).json()["username"], "bob");
    call.bearer("nonsense").send().assert_status(401);
    // And a bearer token needs no page of the service.
    let make = client.call("POST", "/projects").bearer(&bob.token).json(&json!({"name": "API"}));
    make.header("Origin", "https://elsewhere.example").send().assert_status(201);
}

fn signing_out_ends_the_session_on_the_server(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let cookie = signed_in(client, "ann");
    client.call("DELETE", "/session").header("Cookie", &cookie).send().assert_status(403);
    get(client, "/session", &cookie).assert_status(200);
    let answer = own_page(client.call("DELETE", "/session").header("Cookie", &cookie)).send().expect(204);
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{}", answer.header("set-cookie"));
    get(client, "/session", &cookie).assert_status(401);
    get(client, "/projects", &cookie).assert_status(401);
    // Once more does no harm.
    own_page(client.call("DELETE", "/session").header("Cookie", &cookie)).send().assert_status(204);
}

fn sessions(client: &Client, cookie: &str) -> Vec<Value> {
    get(client, "/me/sessions", cookie).expect(200).json()["items"].as_array().expect("a list").clone()
}

fn sessions_are_listed_and_ended_one_by_one(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let (_, _) = (client.tenant("ann"), client.tenant("bob"));
    let call = own_page(sign_in(client, "ann", PASSWORD)).header("User-Agent", "a browser");
    let (here, there) = (signed_in(client, "ann"), cookie(&call.send().expect(200)));
    let bobs = signed_in(client, "bob");
    let list = sessions(client, &here);
    assert_eq!(list.len(), 2);
    let other = list.iter().find(|session| session["current"] == false).expect("the other one");
    assert_eq!(other["user_agent"], "a browser");
    assert_eq!(other["address"], "127.0.0.1");
    let path = format!("/me/sessions/{}", other["id"].as_str().expect("an id"));
    own_page(client.call("DELETE", &path).header("Cookie", &bobs)).send().assert_status(404);
    get(client, "/session", &there).assert_status(200);
    own_page(client.call("DELETE", &path).header("Cookie", &here)).send().assert_status(204);
    get(client, "/session", &there).assert_status(401);
    own_page(client.call("DELETE", &path).header("Cookie", &here)).send().assert_status(404);
    assert_eq!(sessions(client, &here).len(), 1);
}

fn a_new_password_ends_other_sessions_and_all_access_tokens(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let ann = client.tenant("ann");
    let (here, there) = (signed_in(client, "ann"), signed_in(client, "ann"));
    let change = client.call("POST", "/me/password").header("Cookie", &here);
    let body = json!({"old": PASSWORD, "new": "battery staple"});
    own_page(change.json(&body)).send().assert_status(204);
    get(client, "/session", &here).assert_status(200);
    get(client, "/session", &there).assert_status(401);
    client.me(&ann.token).assert_status(401);
    client.token("ann", PASSWORD).assert_status(401);
    let token = client.token("ann", "battery staple").expect(200).json()["access_token"].clone();
    client.me(token.as_str().expect("a token")).assert_status(200);
    // Keys are the projects', not the account's.
    client.track(&ann.key, &super::support::event()).assert_status(200);
}

fn a_wrong_password_changes_nothing(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let ann = client.tenant("ann");
    let post = |body: Value| client.call("POST", "/me/password").bearer(&ann.token).json(&body).send();
    post(json!({"old": "wrong password", "new": "battery staple"})).assert_status(403);
    assert_eq!(post(json!({"old": PASSWORD, "new": "short"})).expect(422).faulty_fields(), ["new"]);
    let delete = |body: Value| client.call("DELETE", "/me").bearer(&ann.token).json(&body).send();
    delete(json!({"password": "wrong password"})).assert_status(403);
    let refused = delete(json!({"password": PASSWORD})).expect(409);
    assert!(refused.detail().contains("API 1"), "{}", refused.detail());
    client.me(&ann.token).assert_status(200);

    let bob = client.tenant("bob");
    let project = client.get("/projects").bearer(&bob.token).send().expect(200).json()["items"][0].clone();
    let path = format!("/projects/{}", project["id"].as_str().expect("an id"));
    let name = json!({"name": project["name"]});
    client.call("DELETE", &path).bearer(&bob.token).json(&name).send().assert_status(204);
    let gone = client.call("DELETE", "/me").bearer(&bob.token).json(&json!({"password": PASSWORD}));
    gone.send().assert_status(204);
    client.me(&bob.token).assert_status(401);
    client.token("bob", PASSWORD).assert_status(401);
    // The name is free again, and nothing that was its owner's is.
    let again = client.tenant("bob");
    client.me(&bob.token).assert_status(401);
    client.me(&again.token).assert_status(200);
}

fn broken_cookies_are_no_sessions(setup: Setup) {
    let server = setup.start();
    let client = server.client();
    let _ = client.tenant("ann");
    let good = signed_in(client, "ann");
    let (_, token) = good.split_once('=').expect("a cookie");
    let long = format!("session={}", "x".repeat(6000));
    let many = "a=b; ".repeat(1500);
    for cookie in ["session=", "session", "=", ";;;", "session=\u{e9}", &long, &many, &good[..good.len() - 1]]
    {
        let status = get(client, "/me", cookie).status;
        assert!([401, 431].contains(&status), "{cookie:.40}: {status}");
    }
    get(client, "/me", &format!("Session={token}")).assert_status(401);
    get(client, "/me", &format!("session={token}x")).assert_status(401);
    get(client, "/me", &good).assert_status(200);
}
