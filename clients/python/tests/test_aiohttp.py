"""What is recorded of an application of aiohttp."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect

from servers import AppServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service import Key, Service


def start(key: Key, **environment: str) -> AppServer:
    return AppServer(["apps.aiohttp_app"], key, "running on", environment)


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[AppServer]:
    server = start(service.new_key())
    yield server
    server.stop()


def test_every_field_of_an_ordinary_request_is_right(server: AppServer) -> None:
    server.http.get("/items/7?secret=1", headers={"X-Consumer": "ann"})
    event = server.event("/items/7")
    del event["id"], event["created_at"]
    assert 0 <= event.pop("process_time") < 60_000
    assert event == {
        "method": "GET",
        "endpoint": "/items/7",
        "route": "/items/{id}",
        "status_code": 200,
        "ip": "127.0.0.1",
        "user_agent": "tester/1",
        "hostname": "127.0.0.1",
        "consumer": "ann",
        "request_bytes": 0,
        "response_bytes": len("item 7"),
    }


@pytest.mark.parametrize(
    ("path", "status", "route", "sent"),
    [
        ("/broken", 500, "/broken", None),
        ("/denied", 403, "/denied", 2),
        ("/nowhere", 404, None, len("404: Not Found")),
        ("/late", 504, "/late", 0),
        ("/tenants/users/users", 200, "/tenants/users/{id}", len("item users")),
        ("/tenants/nowhere", 404, None, len("404: Not Found")),
        ("/stream", 200, "/stream", 20),
        ("/tenants/stream", 200, "/tenants/stream", 20),
    ],
)
def test_status_route_and_size_are_those_of_the_answer(
    server: AppServer, path: str, status: int, route: str | None, sent: int | None
) -> None:
    answer = server.http.get(path)
    assert answer.status_code == status
    event = server.event(path)
    assert (event["status_code"], event.get("route")) == (status, route)
    assert event["response_bytes"] == (len(answer.content) if sent is None else sent)


def test_a_wrong_method_is_recorded_as_405(server: AppServer) -> None:
    assert server.http.delete("/items/wrong").status_code == 405
    event = server.event("/items/wrong")
    assert (event["method"], event["status_code"]) == ("DELETE", 405)


def test_a_body_is_counted_whether_its_length_is_announced_or_not(server: AppServer) -> None:
    server.http.post("/echo", content=b"x" * 100_000)
    server.http.post("/echo", content=iter([b"x" * 50_000, b"y" * 50_001]))
    events = [event for event in server.events("/echo", 2) if event["method"] == "POST"]
    assert [event["request_bytes"] for event in events] == [100_000, 100_001]
    assert [event["response_bytes"] for event in events] == [100_000, 100_001]


@pytest.mark.parametrize("path", ["/whoami", "/tenants/whoami"])
def test_an_application_says_who_called(server: AppServer, path: str) -> None:
    server.http.get(path, headers={"X-Consumer": "ann"})
    assert server.event(path)["consumer"] == "acme"


def test_a_stream_that_breaks_keeps_the_status_that_the_client_has_seen(server: AppServer) -> None:
    with pytest.raises(Exception, match=r"peer closed|incomplete"):
        server.http.get("/stream-broken")
    event = server.event("/stream-broken")
    assert (event["status_code"], event["response_bytes"]) == (200, 5)


def test_a_file_is_counted(server: AppServer) -> None:
    content = server.http.get("/file").content
    assert content == (Path(__file__).parent / "apps" / "aiohttp_app.py").read_bytes()
    assert server.event("/file")["response_bytes"] == len(content)


def test_a_client_that_leaves_before_the_answer_is_recorded_as_499(server: AppServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: gone.example\r\n\r\n")
    event = server.event("/hang")
    assert (event["status_code"], event["hostname"]) == (499, "gone.example")


def test_websockets_and_health_checks_leave_no_event(server: AppServer) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/socket") as connection:
        assert connection.recv() == "hello"
    server.http.get("/health")
    assert server.events("/socket") == []
    assert server.events("/health") == []


def test_nothing_is_lost_when_the_application_ends(key: Key) -> None:
    with start(key, API_ANALYTICS_FLUSH_INTERVAL="3600") as server:
        for number in range(50):
            server.http.get(f"/items/{number}")
    assert sorted(event["endpoint"] for event in key.events()) == sorted(f"/items/{n}" for n in range(50))


def test_the_log_of_the_application_is_left_alone(server: AppServer) -> None:
    server.events("/")
    assert "tracking failed" not in server.log()
