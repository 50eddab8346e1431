"""Middlewares with equal settings share one client, and a request is recorded once however it is wrapped."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import api_analytics_client
from api_analytics_client import Client, Event, process
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.wsgi import AnalyticsMiddleware as WsgiMiddleware
from requests_of import hello, request
from scripts import run

if TYPE_CHECKING:
    import pytest

    from service import Key


def named(_scope: Any) -> str:
    return "ann"


def where(key: Key) -> Any:
    return {"api_key": key.text, "server_url": key.service.url}


def test_two_hundred_middlewares_have_one_client_and_its_threads(key: Key) -> None:
    before = threading.active_count()
    apps = [AnalyticsMiddleware(hello, **where(key), consumer=named) for _ in range(200)]
    for app in apps:
        request(app, "/x")
    assert len({id(app.client) for app in apps}) == 1
    assert threading.active_count() <= before + 2
    client = apps[0].client
    assert client is not None
    assert client.flush(20)
    client.close()
    assert key.count() == 200


def test_two_hundred_test_clients_of_django_have_one_client(key: Key) -> None:
    script = """
from apps.django_app import wsgi
from django.test import Client as TestClient
for n in range(200):
    assert TestClient().get('/items/1/').status_code == 200
    assert TestClient().get('/items/1/', HTTP_X_CONSUMER='ann').status_code == 200
assert threading.active_count() <= 3, threading.enumerate()
"""
    ended = run(script, key, API_ANALYTICS_FLUSH_INTERVAL="3600")
    assert ended.returncode == 0, ended.stderr
    assert key.count() == 400


def test_other_settings_are_another_client(key: Key) -> None:
    one = AnalyticsMiddleware(hello, **where(key), consumer=named)
    for other in ({"consumer": None}, {"timeout": 3}, {"exclude": ["/a"]}, {"api_key": "other"}):
        assert AnalyticsMiddleware(hello, **{**where(key), "consumer": named, **other}).client is not one.client
    assert AnalyticsMiddleware(hello, **where(key), consumer=named).client is one.client


def test_a_function_without_a_hash_will_do(key: Key) -> None:
    class Odd:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, _other: object) -> bool:
            return False

        def __call__(self, _scope: Any) -> str:
            return "odd"

    app = AnalyticsMiddleware(hello, **where(key), consumer=Odd())
    request(app, "/x")
    assert app.client is not None
    app.client.close()
    assert key.event()["consumer"] == "odd"


def test_a_client_that_was_closed_goes_on_with_the_next_request(key: Key) -> None:
    client = Client(**where(key), flush_interval=3600)
    for path in ("/a", "/b"):
        client.record(Event(method="GET", endpoint=path, status_code=200, process_time=1))
        client.close(20)
        assert client not in process.clients()
    client.record(Event(method="GET", endpoint="/c", status_code=200, process_time=1))
    assert client in process.clients()
    client.close()
    assert [event["endpoint"] for event in key.events()] == ["/a", "/b", "/c"]


def test_all_clients_are_flushed_and_shut_down_together(key: Key) -> None:
    clients = [Client(**where(key), flush_interval=3600) for _ in range(3)]
    for client in clients:
        client.record(Event(method="GET", endpoint="/x", status_code=200, process_time=1))
    assert api_analytics_client.flush(20)
    assert key.count() == 3
    for client in clients:
        client.record(Event(method="GET", endpoint="/x", status_code=200, process_time=1))
    api_analytics_client.shutdown(20)
    assert key.count() == 6
    for client in clients:
        client.close()


def test_an_asgi_application_that_is_wrapped_twice_is_recorded_once(key: Key) -> None:
    inner = AnalyticsMiddleware(hello, **where(key), consumer=named)
    outer = AnalyticsMiddleware(AnalyticsMiddleware(inner, **where(key)), **where(key), timeout=3)
    request(outer, "/x")
    assert api_analytics_client.flush(20)
    assert key.count() == 1


def test_a_wsgi_application_that_is_wrapped_twice_is_recorded_once(key: Key) -> None:
    def app(_environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"hello"]

    outer = WsgiMiddleware(WsgiMiddleware(app, **where(key)), **where(key))
    assert outer({"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}, lambda *_: None) == [b"hello"]
    assert api_analytics_client.flush(20)
    assert key.count() == 1


def test_an_application_that_reports_to_two_keys_is_recorded_for_both(key: Key) -> None:
    other = key.service.new_key()
    request(AnalyticsMiddleware(AnalyticsMiddleware(hello, **where(key)), **where(other)), "/x")
    assert api_analytics_client.flush(20)
    assert (key.count(), other.count()) == (1, 1)


def test_debug_tells_of_every_batch(key: Key, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "api_analytics_client"):
        client = Client(**where(key), debug=True)
        client.record(Event(method="GET", endpoint="/x", status_code=200, process_time=1))
        client.close()
    assert f"events go to {key.service.url}" in caplog.text
    assert "of 1 events: Settled(stored=1" in caplog.text
    assert key.text not in caplog.text


def test_debug_is_seen_without_any_set_up_of_the_log(key: Key) -> None:
    ended = run("client.put(raw('/x'))", key, API_ANALYTICS_DEBUG="true")
    assert "of 1 events: Settled(stored=1" in ended.stderr
