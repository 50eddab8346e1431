"""Requests as a middleware notes them, without one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from api_analytics_client.event import note

if TYPE_CHECKING:
    from api_analytics_client import Client
    from api_analytics_client.event import Row


def raw(
    path: str = "/x",
    *,
    started: float | None = None,
    seconds: float = 0.001,
    method: str = "GET",
    route: str | None = None,
    status: int = 200,
    peer: str | None = "192.0.2.1",
    agent: Any = b"tester",
    host: Any = b"localhost",
    forwarded: Any = None,
    consumer: str | None = None,
    request_bytes: int = 0,
    response_bytes: int = 2,
) -> Row:
    """Make a noted request; `started` is Unix time."""
    clock = time.perf_counter()
    if started is not None:
        clock += started - time.time()
    caller = (peer, agent, host, forwarded, consumer)
    return note(clock, clock + seconds, method, path, route, status, caller, request_bytes, response_bytes)


def record(client: Client, count: int, path: str = "/x") -> None:
    for _ in range(count):
        client.put(raw(path))
