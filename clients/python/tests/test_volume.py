"""Many requests, and the service killed and started again in the midst of them."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

from servers import AppServer
from service import Service

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 500


def request_many(server: AppServer, first: int, last: int) -> None:
    """Make requests over one connection, a chunk at a time, and see all of them answered."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        answers = connection.makefile("rb")
        for start in range(first, last, CHUNK):
            heads = (f"GET /hello/{number} HTTP/1.1\r\nHost: a\r\n\r\n" for number in range(start, start + CHUNK))
            connection.sendall("".join(heads).encode())
            for number in range(start, start + CHUNK):
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                while answers.readline() != b"\r\n":
                    pass
                body = f"hello {number}".encode()
                assert answers.read(len(body)) == body


def test_every_one_of_100_000_requests_is_stored_once_though_the_service_restarts(tmp_path: Path) -> None:
    own = Service(tmp_path)
    try:
        key = own.new_key()
        with AppServer.uvicorn("apps.starlette_app:app", key) as server:
            request_many(server, 0, 40_000)
            own.stop(signal.SIGKILL)
            request_many(server, 40_000, 60_000)
            own.start()
            request_many(server, 60_000, 100_000)
        assert key.count() == 100_000
        largest = own.get("/dashboard", key.text, start_date="2000-01-01")["endpoint_stats"]
        assert {stats["requests"] for stats in largest} == {1}
    finally:
        own.close()
