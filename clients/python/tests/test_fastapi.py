"""What is recorded of a FastAPI application under uvicorn, in every way that a request may end."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect

from servers import AppServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service import Service


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[AppServer]:
    server = AppServer.uvicorn("apps.fastapi_app:app", service.new_key())
    yield server
    server.stop()


def test_every_field_of_an_ordinary_request_is_right(server: AppServer) -> None:
    before = datetime.now(timezone.utc)
    server.http.get("/items/7?secret=1", headers=[(b"X-Consumer", "müller".encode())])
    event = server.event("/items/7")
    created_at = datetime.fromisoformat(event.pop("created_at").replace("Z", "+00:00"))
    assert before - timedelta(milliseconds=1) <= created_at <= datetime.now(timezone.utc)
    assert 0 <= event.pop("process_time") < 60_000
    event.pop("id")
    assert event == {
        "method": "GET",
        "endpoint": "/items/7",
        "route": "/items/{item_id}",
        "status_code": 200,
        "ip": "127.0.0.1",
        "user_agent": "tester/1",
        "hostname": "127.0.0.1",
        "consumer": "müller",
        "request_bytes": 0,
        "response_bytes": len('{"item":7}'),
    }


def test_a_body_is_counted_whether_its_length_is_announced_or_not(server: AppServer) -> None:
    server.http.post("/items", content=b"x" * 100_000)
    server.http.post("/items", content=iter([b"x" * 50_000, b"y" * 50_001]))
    announced, chunked = server.events("/items")
    assert (announced["method"], announced["status_code"]) == ("POST", 201)
    assert (announced["request_bytes"], chunked["request_bytes"]) == (100_000, 100_001)


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/teapot", 418, "/teapot"),
        ("/broken", 500, "/broken"),
        ("/nowhere", 404, None),
        ("/items/seven", 422, "/items/{item_id}"),
        ("/very/deep/down", 200, "/very/deep/{name}"),
        ("/tenants/acme/things/x", 200, "/tenants/{tenant}/things/{thing}"),
        ("/tenants/acme/nowhere", 404, None),
        ("/starlette/a/3", 200, "/starlette/a/{b}"),
        ("/starlette/m/c/x", 200, "/starlette/m/c/{d}"),
    ],
)
def test_status_and_route_are_those_of_the_answer(
    server: AppServer, path: str, status: int, route: str | None
) -> None:
    assert server.http.get(path).status_code == status
    event = server.event(path)
    assert (event["status_code"], event.get("route")) == (status, route)


def test_a_wrong_method_is_recorded_as_405(server: AppServer) -> None:
    server.http.delete("/teapot")
    assert [event["method"] for event in server.events("/teapot") if event["status_code"] == 405] == ["DELETE"]


def test_a_method_that_the_service_does_not_know_is_skipped(server: AppServer) -> None:
    server.http.request("BREW", "/coffee")
    server.http.get("/coffee")
    assert server.event("/coffee")["method"] == "GET"


def test_a_stream_is_measured_until_its_end(server: AppServer) -> None:
    assert server.http.get("/stream").content == b"12345" * 4
    event = server.event("/stream")
    assert (event["status_code"], event["response_bytes"]) == (200, 20)
    # It sleeps four times for 50 ms before its end.
    assert event["process_time"] >= 200


def test_a_stream_that_breaks_keeps_the_status_that_the_client_has_seen(server: AppServer) -> None:
    with pytest.raises(Exception, match=r"peer closed|incomplete"):
        server.http.get("/stream-broken")
    event = server.event("/stream-broken")
    assert (event["status_code"], event["response_bytes"]) == (200, 5)


def test_a_client_that_leaves_a_stream_is_recorded_with_what_it_got(server: AppServer) -> None:
    with server.http.stream("GET", "/endless") as response:
        next(response.iter_raw())
    event = server.event("/endless")
    assert event["status_code"] == 203
    assert event["response_bytes"] >= 100


def test_a_client_that_leaves_before_the_answer_is_recorded_as_499(server: AppServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /never HTTP/1.1\r\nHost: gone.example\r\n\r\n")
    event = server.event("/never")
    assert (event["status_code"], event["hostname"]) == (499, "gone.example")


def test_a_file_is_counted(server: AppServer) -> None:
    content = server.http.get("/file").content
    assert content == (Path(__file__).parent / "apps" / "fastapi_app.py").read_bytes()
    assert server.event("/file")["response_bytes"] == len(content)


def test_work_after_the_answer_does_not_delay_the_event(server: AppServer) -> None:
    server.http.get("/background")
    # The task still runs: it waits for the request that comes only now.
    assert server.event("/background")["status_code"] == 200
    server.http.get("/release")


def test_websockets_and_excluded_paths_leave_no_event(server: AppServer) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/socket") as socket:
        assert socket.recv() == "hello"
    server.http.get("/health/live")
    assert server.events("/socket") == []
    assert server.events("/health/live") == []
    assert server.events("/flush") == []


def test_the_log_of_the_application_is_left_alone(server: AppServer) -> None:
    server.events("/")
    assert "broken" in server.log()
    assert "tracking failed" not in server.log()
