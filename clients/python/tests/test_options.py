"""What the options do to events; and that none of them can hurt the application."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import Client, Event
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.settings import Settings
from api_analytics_client.wsgi import AnalyticsMiddleware as WsgiMiddleware
from requests_of import hello, request

if TYPE_CHECKING:
    from pathlib import Path

    from api_analytics_client.options import Options
    from service import Key


def tracked(key: Key, **options: Any) -> AnalyticsMiddleware:
    return AnalyticsMiddleware(hello, api_key=key.text, server_url=key.service.url, **options)


def stored(app: AnalyticsMiddleware, key: Key) -> list[dict[str, Any]]:
    assert app.client is not None
    assert app.client.flush(20)
    app.client.close()
    return key.events()


@pytest.mark.parametrize(
    ("anonymize", "addresses"),
    [
        ("none", ["192.0.2.77", "2001:db8:1:2::3", "198.51.100.7", None]),
        ("truncated", ["192.0.2.0", "2001:db8:1::", "198.51.100.0", None]),
        ("dropped", [None, None, None, None]),
    ],
)
def test_addresses_are_sent_as_they_are_or_cut_or_not_at_all(
    key: Key, anonymize: str, addresses: list[str | None]
) -> None:
    app = tracked(key, anonymize=anonymize)
    for peer in ("192.0.2.77", "2001:db8:1:2::3", "::ffff:198.51.100.7", "testclient"):
        request(app, "/x", client=(peer, 1))
    assert [event["ip"] for event in stored(app, key)] == addresses


@pytest.mark.parametrize(
    ("header", "value", "address"),
    [
        (
            "Forwarded",
            b'for=6.6.6.6, for="[2001:db8::7]:99";proto=https;by=203.0.113.1, for=10.0.0.1',
            "2001:db8::7",
        ),
        ("Forwarded", b"for=_hidden, for=10.0.0.1", None),
        ("CF-Connecting-IP", b"198.51.100.7", "198.51.100.7"),
        ("X-Forwarded-For", b"", "10.0.0.2"),
        ("X-Forwarded-For", b", ".join([b"10.0.0.1"] * 5000), "10.0.0.1"),
    ],
)
def test_the_header_of_the_proxies_is_read_by_its_own_rules(
    key: Key, header: str, value: bytes, address: str | None
) -> None:
    app = tracked(key, trusted_proxies=["10.0.0.0/8"], forwarded_header=header)
    request(app, "/x", client=("10.0.0.2", 1), headers=[(header.lower().encode(), value)])
    assert stored(app, key)[0]["ip"] == address


def test_a_forwarded_header_of_a_stranger_counts_for_nothing(key: Key) -> None:
    app = tracked(key, trusted_proxies=["10.0.0.0/8"])
    request(app, "/x", headers=[(b"x-forwarded-for", b"6.6.6.6")])
    assert stored(app, key)[0]["ip"] == "192.0.2.77"


def test_excluded_paths_are_matched_whole_and_by_stars(key: Key) -> None:
    app = tracked(key, exclude=["/health", "/static/*", "*.png", "/odd[x]"])
    for path in ("/health", "/static/", "/static/a/b", "/img/x.png", "/odd[x]"):
        request(app, path)
    kept = ["/health/", "/healthy", "/static", "/x.pngs", "/oddx"]
    for path in kept:
        request(app, path)
    assert [event["endpoint"] for event in stored(app, key)] == kept


def test_a_hook_changes_and_drops_events(key: Key) -> None:
    def hook(event: Event) -> Event | None:
        if event.endpoint == "/drop":
            return None
        event.endpoint = "/changed"
        event.consumer = "c" * 300
        event.created_at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
        event.process_time = 12.3456
        event.status_code = 299
        event.ip = "2001:0db8::1"
        event.user_agent = event.hostname = event.route = None
        return event

    app = tracked(key, on_event=hook)
    request(app, "/x", headers=[(b"user-agent", b"tester"), (b"host", b"a:80")])
    request(app, "/drop")
    event = stored(app, key)[0]
    del event["id"]
    assert event == {
        "created_at": "2026-01-02T01:04:05.000006Z",
        "method": "GET",
        "endpoint": "/changed",
        "ip": "2001:db8::1",
        "process_time": 12.35,
        "status_code": 299,
        "consumer": "c" * 255,
        "request_bytes": 0,
        "response_bytes": 5,
    }
    assert app.client is not None
    assert app.client.stats().hooked == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status_code": 999},
        {"status_code": None},
        {"method": "get"},
        {"process_time": float("nan")},
        {"process_time": -1},
        {"ip": "localhost"},
        {"request_bytes": -1},
        {"created_at": "yesterday"},
        {"endpoint": 7},
    ],
)
def test_an_event_that_a_hook_has_spoiled_is_dropped_and_takes_no_other_with_it(
    key: Key, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def hook(event: Event) -> Event:
        if event.endpoint == "/spoiled":
            for name, value in change.items():
                setattr(event, name, value)
        return event

    app = tracked(key, on_event=hook)
    request(app, "/spoiled")
    request(app, "/good")
    assert [event["endpoint"] for event in stored(app, key)] == ["/good"]
    assert app.client is not None
    assert app.client.stats().hooked == 1
    assert "cannot be sent" in caplog.text


def test_a_hook_that_fails_lets_nothing_out(key: Key, caplog: pytest.LogCaptureFixture) -> None:
    def hook(event: Event) -> Event:
        raise RuntimeError("no secret")

    app = tracked(key, on_event=hook)
    assert request(app, "/secret")[1]["body"] == b"hello"
    assert stored(app, key) == []
    assert "the on_event hook failed: RuntimeError('no secret')" in caplog.text


def test_a_consumer_function_that_fails_costs_the_consumer_only(
    key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    app = tracked(key, consumer=lambda scope: scope["no such thing"])
    assert request(app, "/x")[1]["body"] == b"hello"
    assert "consumer" not in stored(app, key)[0]
    assert app.client is not None
    assert app.client.stats().failures == 1
    assert "KeyError: 'no such thing'" in caplog.text


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "no API key"),
        ({"api_key": "k"}, "no address of the service"),
        ({"api_key": "k\r\nX: y", "server_url": "http://a"}, "visible ASCII"),
        ({"api_key": "k" * 65, "server_url": "http://a"}, "1 to 64"),
        ({"api_key": "k", "server_url": "ftp://a"}, "http or https"),
        ({"api_key": "k", "server_url": "http://a:b"}, "http or https"),
        ({"api_key": "k", "server_url": "http://a/b c"}, "http or https"),
        ({"api_key": "k", "server_url": "http://a", "batch_size": 10_001}, "batch_size"),
        ({"api_key": "k", "server_url": "http://a", "trusted_proxies": ["lan"]}, "'lan'"),
        ({"api_key": "k", "server_url": "http://a", "anonymize": "a bit"}, "'a bit'"),
        ({"api_key": "k", "server_url": "http://a", "on_event": "f"}, "on_event"),
        ({"api_key": "k", "server_url": "http://a", "flush_every": 1}, "unknown option flush_every"),
    ],
)
def test_wrong_options_are_named_in_the_log_and_the_application_runs_on(
    options: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ValueError, match=reason):
        Client(**options)
    assert request(AnalyticsMiddleware(hello, **options), "/x")[1]["body"] == b"hello"
    wsgi = WsgiMiddleware(lambda _environ, _start: [b"hello"], **options)
    assert wsgi({}, print) == [b"hello"]
    assert caplog.text.count("requests are not tracked") == 2
    assert caplog.records[0].levelno == logging.ERROR


def test_values_come_from_arguments_then_the_environment_then_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def resolve(**options: str) -> tuple[str, str]:
        chosen: Options = options  # type: ignore[assignment]
        settings = Settings.resolve(chosen)
        return settings.api_key, settings.url.geturl()

    lines = ["# ours", "export API_ANALYTICS_KEY='file key'", 'API_BASE = "http://file/"  # base', "OTHER=1"]
    (tmp_path / ".env").write_text("\n".join(lines).replace("file key", "file-key"))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert resolve() == ("file-key", "http://file")
    monkeypatch.setenv("API_BASE", "http://base")
    assert resolve() == ("file-key", "http://base")
    monkeypatch.setenv("API_ANALYTICS_URL", "http://url/path/")
    monkeypatch.setenv("API_ANALYTICS_KEY", "environment-key")
    assert resolve() == ("environment-key", "http://url/path")
    assert resolve(api_key="key", server_url="https://argument:99") == ("key", "https://argument:99")


def test_the_key_is_in_no_text_of_the_settings() -> None:
    settings = Settings.resolve({"api_key": "hush", "server_url": "http://a"})
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings)
