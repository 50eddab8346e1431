"""Requests as a middleware notes them, without one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_analytics_client import Client


def raw(path: str = "/x", **fields: Any) -> Any:
    """Make a noted request."""
    values = {
        "started": time.time(),
        "seconds": 0.001,
        "method": "GET",
        "path": path,
        "route": None,
        "status": 200,
        "peer": "192.0.2.1",
        "forwarded": None,
        "agent": b"tester",
        "host": b"localhost",
        "consumer": None,
        "request_bytes": 0,
        "response_bytes": 2,
    }
    return tuple({**values, **fields}.values())


def record(client: Client, count: int, path: str = "/x") -> None:
    for _ in range(count):
        client.record(raw(path))
