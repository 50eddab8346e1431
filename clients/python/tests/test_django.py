"""What is recorded of a Django application under gunicorn and under uvicorn."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import django
import pytest

from scripts import run
from servers import AppServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service import Key, Service


@pytest.fixture(scope="module", params=["wsgi", "asgi"])
def server(service: Service, request: pytest.FixtureRequest) -> Iterator[AppServer]:
    key = service.new_key()
    if request.param == "wsgi":
        server = AppServer.gunicorn("apps.django_app:wsgi", key)
    else:
        server = AppServer.uvicorn("apps.django_app:asgi", key, "--lifespan", "off")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def asgi(service: Service) -> Iterator[AppServer]:
    server = AppServer.uvicorn("apps.django_app:asgi", service.new_key(), "--lifespan", "off")
    yield server
    server.stop()


def test_every_field_of_a_request_is_right(server: AppServer) -> None:
    server.http.get("/items/7/?secret=1", headers={"X-Consumer": "ann"})
    event = server.event("/items/7/")
    del event["id"], event["created_at"]
    assert 0 <= event.pop("process_time") < 60_000
    assert event == {
        "method": "GET",
        "endpoint": "/items/7/",
        "route": "/items/<int:pk>/",
        "status_code": 200,
        "ip": "127.0.0.1",
        "user_agent": "tester/1",
        "hostname": "127.0.0.1",
        "consumer": "ann",
        "request_bytes": 0,
        "response_bytes": len("item 7"),
    }


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/broken", 500, "/broken"),
        ("/denied", 403, "/denied"),
        ("/nowhere", 404, None),
        ("/items/7", 301, None),
        ("/nested/things/x/", 200, "/nested/things/<str:name>/"),
        ("/years/2026/", 200, "/years/<year>/"),
        ("/api/books/7/", 200, "/api/books/<pk>/"),
        ("/api/books/7.json", 200, "/api/books/<pk>.<format>/"),
    ],
)
def test_status_and_route_are_those_of_the_answer(
    server: AppServer, path: str, status: int, route: str | None
) -> None:
    assert server.http.get(path).status_code == status
    event = server.event(path)
    assert (event["status_code"], event.get("route")) == (status, route)


@pytest.mark.parametrize("path", ["/stream", "/astream"])
def test_streams_are_counted_until_their_end(server: AppServer, path: str) -> None:
    assert server.http.get(path).content == b"12345" * 4
    event = server.event(path)
    assert (event["status_code"], event["response_bytes"]) == (200, 20)


def test_a_body_is_counted_unless_it_comes_in_chunks(server: AppServer) -> None:
    server.http.post("/items", content=b"x" * 100_000)
    server.http.post("/items", content=iter([b"x" * 50_000, b"y" * 50_001]))
    events = server.events("/items", 2)
    assert [event["status_code"] for event in events] == [201, 201]
    # Only the server knows how long that is.
    assert [event.get("request_bytes") for event in events] == [100_000, None]


@pytest.mark.parametrize("path", ["/whoami", "/awhoami"])
def test_a_view_says_who_called(server: AppServer, path: str) -> None:
    server.http.get(path, headers={"X-Consumer": "ann"})
    assert server.event(path)["consumer"] == "acme"


def test_the_middleware_in_the_list_and_around_the_application_record_once(key: Key) -> None:
    script = """
import asyncio
from apps.django_app import asgi as app, wsgi
from api_analytics_client import flush
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.wsgi import AnalyticsMiddleware as WsgiMiddleware
from django.test import RequestFactory
body = WsgiMiddleware(wsgi)(RequestFactory().get('/items/1/').environ, lambda *_: None)
list(body)
body.close()
asked = False
async def receive():
    global asked
    if asked: await asyncio.Event().wait()
    asked = True
    return {'type': 'http.request'}
async def send(message): pass
scope = {'type': 'http', 'method': 'GET', 'path': '/items/2/', 'query_string': b'', 'headers': []}
asyncio.run(AnalyticsMiddleware(app)(scope, receive, send))
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    assert sorted(event["endpoint"] for event in key.events()) == ["/items/1/", "/items/2/"]


@pytest.mark.parametrize("given", ["None", "'a text'", "['API_KEY']", "{7: 8}", "{'TIMEOUT': 'long'}"])
def test_a_wrong_setting_does_not_stop_the_application(key: Key, given: str) -> None:
    script = f"""
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path('x', lambda _request: HttpResponse('served'))]
settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], API_ANALYTICS={given},
    MIDDLEWARE=['api_analytics_client.django.AnalyticsMiddleware'],
)
from django.test import RequestFactory
print(*get_wsgi_application()(RequestFactory().get('/x').environ, lambda *_: None))
"""
    ended = run(script, key)
    assert ended.stdout == "b'served'\n", ended.stderr
    assert ("requests are not tracked" in ended.stderr) == (given != "None")


@pytest.mark.skipif(django.VERSION < (5,), reason="older versions do not tell a view that its client has gone")
def test_a_client_that_leaves_before_the_answer_is_recorded_as_499(asgi: AppServer) -> None:
    with socket.create_connection(("127.0.0.1", asgi.port)) as connection:
        connection.sendall(b"GET /anever HTTP/1.1\r\nHost: gone.example\r\n\r\n")
    event = asgi.event("/anever")
    assert (event["status_code"], event["hostname"]) == (499, "gone.example")
