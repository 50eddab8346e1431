"""One observed request: as the middlewares note it, as hooks see it, and the limits of the service.

Nothing here is sent or stored; `encoding` makes the wire form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, TypeVar, Union, overload

if TYPE_CHECKING:
    from datetime import datetime

    from .known import Caller, Target

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
MAX_HEADER_BYTES = 2052
"""Of a header that waits in memory: enough for the longest text that is sent, with four bytes a character."""

STATUS_CLIENT_CLOSED = 499
"""What is recorded when the client went away before the application began to answer."""

STATUS_FAILED = 500
"""What is recorded when the application failed before it began to answer: what its server then answers."""


Row = tuple[float, float, "Target", Optional[str], "Caller", int, int]
"""A request as noted in its own path, with nothing parsed, cut or escaped yet: when it arrived and when the
response was complete (of `time.perf_counter`), its target, its path unless the target has it, who asked, and
the bytes of the bodies of request and response."""

UNKNOWN_BYTES = -(2**63)
"""A number of bytes that is not known; it stays negative, whatever is added."""


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


class Event:
    """A request as the `on_event` hook sees it. Every attribute may be changed."""

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
        created_at: datetime,
        method: str,
        endpoint: str,
        ip: str | None,
        process_time: float,
        status_code: int,
        route: str | None = None,
        user_agent: str | None = None,
        hostname: str | None = None,
        consumer: str | None = None,
        request_bytes: int | None = None,
        response_bytes: int | None = None,
    ) -> None:
        self.created_at = created_at
        """When the request arrived; a time without zone is UTC."""
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
