//! Cookies of ours and of others, the ends of sessions, and requests that other pages forge.

use super::*;

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

/// That many minutes after 2025-06-01.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_micros(1_748_736_000_000_000 + minutes * 60_000_000).unwrap()
}

const DAY: i64 = 24 * 60;

#[test]
fn a_session_slides_seven_days_and_ends_after_thirty() {
    for (used, now, is_alive) in [
        (0, 0, true),
        (0, 7 * DAY - 1, true),
        (0, 7 * DAY, false),
        (6 * DAY, 13 * DAY - 1, true),
        (6 * DAY, 13 * DAY, false),
        (29 * DAY, 30 * DAY - 1, true),
        (29 * DAY, 30 * DAY, false),
        (30 * DAY, 30 * DAY, false),
        // The clock was set back.
        (0, -DAY, true),
        (10 * DAY, 0, true),
    ] {
        assert_eq!(session_is_alive(at(0), at(used), at(now)), is_alive, "used {used}, now {now}");
    }
    assert_eq!(session_end(at(0), at(DAY)), at(8 * DAY));
    assert_eq!(session_end(at(0), at(29 * DAY)), at(30 * DAY));
    assert_eq!(session_end(Timestamp::MAX, Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn a_use_is_written_down_once_a_minute() {
    assert!(!session_needs_touch(at(0), at(0)));
    assert!(session_needs_touch(at(0), at(1)));
    assert!(!session_needs_touch(at(1), at(0)));
    let second_before = Timestamp::from_micros(at(1).as_micros() - 1).unwrap();
    assert!(!session_needs_touch(at(0), second_before));
}

#[test]
fn the_cookie_is_out_of_reach_for_scripts_and_other_pages() {
    let token = "a".repeat(43);
    assert_eq!(
        SessionCookie::Secure.set(&token).unwrap(),
        format!("__Host-session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure")
            .as_str()
    );
    assert_eq!(
        SessionCookie::Plain.set(&token).unwrap(),
        format!("session={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict").as_str()
    );
    assert_eq!(
        SessionCookie::Secure.clear().unwrap(),
        "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    );
    assert_eq!(
        SessionCookie::Plain.clear().unwrap(),
        "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
    );
    for token in ["a; Domain=example", "a\r\nX: y", "a,b", "ä", "\""] {
        assert_eq!(SessionCookie::Plain.set(token), None, "{token}");
    }
}

#[test]
fn the_name_follows_the_scheme() {
    assert_eq!(SessionCookie::at(Some(&origin("https://a.example"))), SessionCookie::Secure);
    assert_eq!(SessionCookie::at(Some(&origin("http://a.example"))), SessionCookie::Plain);
    assert_eq!(SessionCookie::at(None), SessionCookie::Plain);
}

#[test]
fn finds_its_token_among_the_cookies() {
    let long = "a".repeat(65);
    for (lines, expected) in [
        (&[][..], None),
        (&["session=abc-_9"], Some("abc-_9")),
        (&["x=1; session=abc; y=2"], Some("abc")),
        (&["x=1;session=abc;"], Some("abc")),
        (&["x=1", "session=abc"], Some("abc")),
        (&["  session=abc  "], Some("abc")),
        (&["session=abc; session=abc"], Some("abc")),
        // Slipped in by a page of another host of the same domain, or by garbage.
        (&["session=abc; session=evil"], None),
        (&["session=evil", "session=abc"], None),
        (&["session=; session=abc"], None),
        (&["session="], None),
        (&["session"], None),
        (&["xsession=abc; sessions=abc; SESSION=abc; session =abc"], None),
        (&["__Host-session=abc"], None),
        (&["session=\"abc\""], None),
        (&["session=a b"], None),
        (&["session=abc=def"], None),
        (&["x=session=abc"], None),
        (&[&*format!("session={long}")], None),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        let headers = headers(&lines);
        assert_eq!(SessionCookie::Plain.token(&headers), expected, "{lines:?}");
    }
}

#[test]
fn over_https_only_the_cookie_counts_that_nobody_else_can_set() {
    let headers = headers(&[("cookie", "session=evil; __Host-session=abc")]);
    assert_eq!(SessionCookie::Secure.token(&headers), Some("abc"));
    assert_eq!(SessionCookie::Plain.token(&headers), Some("evil"));
}

#[test]
fn cookies_of_others_do_no_harm_until_they_are_too_many() {
    let mut headers = HeaderMap::new();
    headers.append(header::COOKIE, HeaderValue::from_bytes(b"x=\xff\xfe; session=abc").unwrap());
    assert_eq!(SessionCookie::Plain.token(&headers), Some("abc"));
    let other = format!("x={}", "y".repeat(MAX_COOKIE_BYTES / 2));
    headers.append(header::COOKIE, HeaderValue::from_str(&other).unwrap());
    assert_eq!(SessionCookie::Plain.token(&headers), Some("abc"));
    headers.append(header::COOKIE, HeaderValue::from_str(&other).unwrap());
    assert_eq!(SessionCookie::Plain.token(&headers), None);
}

const SITE: &str = "sec-fetch-site";

#[test]
fn only_pages_of_the_service_change_something_by_cookie() {
    let own = origin("https://a.example");
    for (lines, is_let_through) in [
        (&[(SITE, "same-origin")][..], true),
        (&[(SITE, "same-origin"), ("origin", "https://b.example")], true),
        (&[(SITE, "same-site")], false),
        (&[(SITE, "cross-site")], false),
        (&[(SITE, "none")], false),
        (&[(SITE, "")], false),
        (&[(SITE, "Same-Origin")], false),
        (&[(SITE, "same-origin, cross-site")], false),
        (&[(SITE, "same-origin"), (SITE, "cross-site")], false),
        (&[(SITE, "cross-site"), ("origin", "https://a.example")], false),
        // Browsers from before 2023, and all of them over http.
        (&[("origin", "https://a.example")], true),
        (&[("origin", "https://A.example:443")], true),
        (&[("origin", "http://a.example")], false),
        (&[("origin", "https://a.example:8443")], false),
        (&[("origin", "https://b.a.example")], false),
        (&[("origin", "https://a.example.b.example")], false),
        (&[("origin", "null")], false),
        (&[("origin", "")], false),
        (&[("origin", "https://a.example"), ("origin", "https://b.example")], false),
        (&[("origin", "https://a.example https://b.example")], false),
        (&[("referer", "https://a.example/")], false),
        (&[], false),
    ] {
        let expected = if is_let_through { Ok(()) } else { Err(Forgery::OtherOrigin) };
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(
                check_not_forged(&method, &headers(lines), Some(&own)),
                expected,
                "{method} {lines:?}"
            );
        }
        let unknown = Method::from_bytes(b"PURGE").unwrap();
        assert_eq!(check_not_forged(&unknown, &headers(lines), Some(&own)), expected);
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert_eq!(check_not_forged(&method, &headers(lines), Some(&own)), Ok(()), "{method}");
        }
    }
}

#[test]
fn a_service_that_does_not_know_its_origin_is_nobodys() {
    for value in ["null", "http://a.example", ""] {
        let headers = headers(&[("origin", value)]);
        assert_eq!(check_not_forged(&Method::POST, &headers, None), Err(Forgery::OtherOrigin), "{value}");
    }
    assert_eq!(check_not_forged(&Method::POST, &headers(&[(SITE, "same-origin")]), None), Ok(()));
}

#[test]
fn a_body_must_be_json() {
    const LENGTH: (&str, &str) = ("content-length", "2");
    const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");
    for (lines, is_let_through) in [
        (&[][..], true),
        (&[("content-length", "0")], true),
        (&[("content-type", "text/plain")], true),
        (&[LENGTH, ("content-type", "application/json")], true),
        (&[CHUNKED, ("content-type", "application/json")], true),
        (&[LENGTH, ("content-type", "Application/JSON ; charset=utf-8")], true),
        (&[LENGTH], false),
        (&[CHUNKED], false),
        (&[LENGTH, ("content-type", "")], false),
        (&[LENGTH, ("content-type", "text/plain")], false),
        (&[LENGTH, ("content-type", "text/plain; application/json")], false),
        (&[LENGTH, ("content-type", "application/x-www-form-urlencoded")], false),
        (&[LENGTH, ("content-type", "multipart/form-data; boundary=x")], false),
        (&[LENGTH, ("content-type", "application/jsonp")], false),
        (&[LENGTH, ("content-type", "application/json"), ("content-type", "text/plain")], false),
        (&[("content-length", "0"), LENGTH], false),
    ] {
        let mut headers = headers(lines);
        headers.append(SEC_FETCH_SITE, HeaderValue::from_static("same-origin"));
        let expected = if is_let_through { Ok(()) } else { Err(Forgery::NotJson) };
        assert_eq!(check_not_forged(&Method::POST, &headers, None), expected, "{lines:?}");
    }
}
