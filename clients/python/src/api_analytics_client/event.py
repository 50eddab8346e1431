"""One observed request: as the middlewares note it, as hooks see it, and the limits of the service.

Nothing here is sent or stored; `encoding` makes the wire form.
"""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Optional, TypeVar, Union, overload

Text = Union[str, bytes]

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT"})
"""Methods that the service knows; requests by any other are skipped and counted."""

MAX_ENDPOINT = 200
MAX_ROUTE = 200
MAX_USER_AGENT = 512
MAX_HOSTNAME = 255
MAX_CONSUMER = 255
MIN_STATUS = 100
MAX_STATUS = 599
MAX_PROCESS_TIME_MS = 1e12
MAX_BYTES = 2**63 - 1
MAX_LENGTH_DIGITS = 18
"""Of a `Content-Length` that is believed; stays below `MAX_BYTES`."""
MAX_METHOD_CHARS = 16
MAX_HEADER_BYTES = 2052
"""Of a header that waits in memory: enough for the longest text that is sent, with four bytes a character."""

STATUS_TIMED_OUT = 504
"""What is recorded when the application was cancelled before it began to answer, though its client was there."""

STATUS_CLIENT_CLOSED = 499
"""What is recorded when the client went away before the application began to answer."""

STATUS_FAILED = 500
"""What is recorded when the application failed before it began to answer: what its server then answers."""


Caller = tuple[Optional[str], Optional[Text], Optional[Text], Optional[Text], Optional[str]]
"""Who asked, with nothing parsed yet: the address of the connection's other end, the headers `User-Agent`, `Host`
and the one of forwarded addresses (if proxies are trusted), and the consumer."""

Row = tuple[int, float, float, str, str, Optional[str], int, Caller, int, int]
"""A request as noted in its own path, with nothing parsed or escaped yet: about its bytes in memory, when it
arrived and when the response was complete (of `time.perf_counter`), method, path, route, status, who asked, and
the bytes of the bodies of request and response."""

Own = tuple[int, "Event"]
"""An event of the application's own, with about its bytes in memory."""

Waiting = Union[Row, Own]
"""What may wait in the inbox."""

ROW_BYTES = 512
"""Memory of a row without its texts: tuples, numbers and the heads of objects."""
USUAL_BYTES = 2000
"""A row below that has no text that would have to be cut."""

UNKNOWN_BYTES = -(2**63)
"""A number of bytes that is not known; it stays negative, whatever is added."""


TEXTS = {
    "method": MAX_METHOD_CHARS,
    "endpoint": MAX_HEADER_BYTES,
    "ip": MAX_HEADER_BYTES,
    "route": MAX_HEADER_BYTES,
    "user_agent": MAX_HEADER_BYTES,
    "hostname": MAX_HEADER_BYTES,
    "consumer": MAX_HEADER_BYTES,
}
"""Of an event, with the characters that may wait in memory; `encoding` cuts to the limits of the service."""

_Text = TypeVar("_Text", str, bytes)


@overload
def cut(text: _Text, most: int) -> _Text: ...
@overload
def cut(text: None, most: int) -> None: ...
@overload
def cut(text: _Text | None, most: int) -> _Text | None: ...
def cut(text: _Text | None, most: int) -> _Text | None:
    """Bound a text from outside before it waits in memory."""
    return text if text is None or len(text) <= most else text[:most]


def note(
    started: float,
    ended: float,
    method: str,
    path: str,
    route: str | None,
    status: int,
    caller: Caller,
    received: int,
    sent: int,
) -> Row:
    """Make the row of a request, bounded in its bytes."""
    size = _size(method, path, caller)
    if size > USUAL_BYTES:
        peer, agent, host, forwarded, consumer = caller
        method, path = method[:MAX_METHOD_CHARS], path[:MAX_ENDPOINT]
        caller = (
            cut(peer, MAX_HEADER_BYTES),
            cut(agent, MAX_HEADER_BYTES),
            cut(host, MAX_HEADER_BYTES),
            # What the nearest proxies have written stands at the end.
            forwarded and forwarded[-MAX_HEADER_BYTES:],
            cut(consumer, MAX_CONSUMER),
        )
        size = ROW_BYTES + sum(map(_weight, (method, path, *caller)))
    return (size, started, ended, method, path, route, status, caller, received, sent)


def _size(method: str, path: str, caller: Caller) -> int:
    """Return about the bytes of a row, fast: servers make headers of single bytes."""
    peer, agent, host, forwarded, consumer = caller
    size = ROW_BYTES + len(method) + 4 * len(path) + len(agent or "") + len(host or "") + len(peer or "")
    if forwarded or consumer:
        size += len(forwarded or "") + 4 * len(consumer or "")
    return size


def own(event: Event) -> Own:
    """Take a copy of an event of the application's own, bounded in its bytes."""
    taken = copy.copy(event)
    size = ROW_BYTES
    for name, most in TEXTS.items():
        text = getattr(taken, name)
        if text is not None:
            text = cut(str(text), most)
            setattr(taken, name, text)
            size += _weight(text)
    return (size, taken)


def _weight(text: Text | None) -> int:
    if not text:
        return 0
    return len(text) if text.isascii() or isinstance(text, bytes) else 4 * len(text)


class Event:
    """A request as the `on_event` hook sees it, or as the application records it by itself.

    Every attribute may be changed.
    """

    __slots__ = (
        "consumer",
        "created_at",
        "endpoint",
        "hostname",
        "ip",
        "method",
        "process_time",
        "request_bytes",
        "response_bytes",
        "route",
        "status_code",
        "user_agent",
    )

    def __init__(
        self,
        *,
        method: str,
        endpoint: str,
        status_code: int,
        process_time: float,
        created_at: datetime | None = None,
        ip: str | None = None,
        route: str | None = None,
        user_agent: str | None = None,
        hostname: str | None = None,
        consumer: str | None = None,
        request_bytes: int | None = None,
        response_bytes: int | None = None,
    ) -> None:
        self.created_at = datetime.now(timezone.utc) if created_at is None else created_at
        """When the request arrived, by default now; a time without zone is UTC."""
        self.method = method
        self.endpoint = endpoint
        """The path, without the query."""
        self.ip = ip
        """The client's address, after anonymisation."""
        self.process_time = process_time
        """Milliseconds from arrival until the response was complete."""
        self.status_code = status_code
        self.route = route
        """The template that the path matched, such as `/users/{id}`."""
        self.user_agent = user_agent
        self.hostname = hostname
        self.consumer = consumer
        self.request_bytes = request_bytes
        self.response_bytes = response_bytes
