"""What is recorded of WSGI applications under gunicorn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from servers import AppServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service import Service


@pytest.fixture(scope="module")
def flask(service: Service) -> Iterator[AppServer]:
    server = AppServer.gunicorn("apps.flask_app:app", service.new_key(), "--threads", "4")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def plain(service: Service) -> Iterator[AppServer]:
    server = AppServer.gunicorn("apps.plain_wsgi_app:app", service.new_key())
    yield server
    server.stop()


def test_every_field_of_a_flask_request_is_right(flask: AppServer) -> None:
    content = flask.http.get("/items/7?secret=1", headers={"X-Consumer": "ann"}).content
    event = flask.event("/items/7")
    del event["id"], event["created_at"]
    assert 0 <= event.pop("process_time") < 60_000
    assert event == {
        "method": "GET",
        "endpoint": "/items/7",
        "route": "/items/<int:item_id>",
        "status_code": 200,
        "ip": "127.0.0.1",
        "user_agent": "tester/1",
        "hostname": "127.0.0.1",
        "consumer": "ann",
        "request_bytes": 0,
        "response_bytes": len(content),
    }


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/broken", 500, "/broken"),
        ("/nowhere", 404, None),
        ("/sub/things/x", 200, "/sub/things/<name>"),
        ("/sub/nowhere", 404, None),
        ("/caf%C3%A9", 404, None),
    ],
)
def test_status_and_route_of_flask_are_those_of_the_answer(
    flask: AppServer, path: str, status: int, route: str | None
) -> None:
    assert flask.http.get(path).status_code == status
    event = flask.event(path.replace("%C3%A9", "é"))
    assert (event["status_code"], event.get("route")) == (status, route)


def test_bodies_streams_and_files_are_counted(flask: AppServer) -> None:
    flask.http.post("/items", content=b"x" * 100_000)
    flask.http.post("/items", content=iter([b"x" * 50_000, b"y" * 50_001]))
    events = flask.events("/items", 2)
    assert [event["status_code"] for event in events] == [201, 201]
    # Only the server knows how long a body in chunks is.
    assert [event.get("request_bytes") for event in events] == [100_000, None]
    flask.http.get("/stream")
    assert flask.event("/stream")["response_bytes"] == 20
    content = flask.http.get("/file").content
    assert content == (Path(__file__).parent / "apps" / "flask_app.py").read_bytes()
    assert flask.event("/file")["response_bytes"] == len(content)


def test_a_flask_view_says_who_called(flask: AppServer) -> None:
    flask.http.get("/whoami", headers={"X-Consumer": "ann"})
    assert flask.event("/whoami")["consumer"] == "acme"


def test_a_flask_stream_that_breaks_keeps_the_status_that_the_client_has_seen(flask: AppServer) -> None:
    with pytest.raises(Exception, match=r"peer closed|incomplete"):
        flask.http.get("/stream-broken")
    event = flask.event("/stream-broken")
    assert (event["status_code"], event["response_bytes"]) == (200, 5)


@pytest.mark.parametrize(
    ("path", "status", "sent"),
    [
        ("/list", 207, 4),
        ("/write", 200, 15),
        ("/generator", 200, 6),
        ("/raises", 500, 0),
        ("/generator-raises", 500, 0),
        ("/replaced", 503, 5),
        ("/replaced-late", 200, 5),
    ],
)
def test_every_shape_of_a_wsgi_answer_is_recorded(plain: AppServer, path: str, status: int, sent: int) -> None:
    try:
        assert plain.http.get(path).status_code == status
    except httpx.RemoteProtocolError:
        assert path == "/replaced-late"
    event = plain.event(path)
    assert (event["status_code"], event["response_bytes"]) == (status, sent)


def test_an_answer_of_known_length_keeps_it(plain: AppServer) -> None:
    # gunicorn knows it from the list that the application returns, so that must not be wrapped.
    assert plain.http.get("/list").content == b"list"
    assert "transfer-encoding" in plain.http.get("/generator").headers
