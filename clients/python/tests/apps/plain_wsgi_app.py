"""Plain WSGI: every shape that the protocol allows an answer to have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from api_analytics_client.wsgi import AnalyticsMiddleware
from apps.flush import flush

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def untracked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/raises":
        raise RuntimeError("broken")
    if path.startswith("/replaced"):
        return replaced(start_response, late=path.endswith("late"))
    if path == "/generator-raises":
        return failing(start_response)
    write = start_response("207 Multi-Status" if path == "/list" else "200 OK", [("Content-Type", "text/plain")])
    if path == "/write":
        write(b"written ")
        return [b"by hand"]
    if path == "/generator":
        return (part for part in (b"one", b"two"))
    return [flush().encode()] if path == "/flush" else [b"list"]


def replaced(start_response: Any, *, late: bool) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    if late:
        yield b"first"
    try:
        int("broken")
    except ValueError:
        # A server raises it anew if the first head has gone out.
        start_response("503 Broken", [("Content-Type", "text/plain")], exc_info=sys.exc_info())
    yield b"other"


def failing(start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    if start_response:
        raise RuntimeError("before the first part")
    yield b"never"


app = AnalyticsMiddleware(untracked, exclude=["/flush"])
