"""The middleware for ASGI applications: FastAPI, Starlette, Litestar and any other.

Pure ASGI: it passes messages on as they come and looks at them on their way, so that streams stay streams.
"""

from __future__ import annotations

import asyncio
import inspect
from time import perf_counter
from typing import TYPE_CHECKING, Any, Callable

from .event import (
    MAX_HEADER_BYTES,
    MAX_LENGTH_DIGITS,
    STATUS_CLIENT_CLOSED,
    STATUS_FAILED,
    STATUS_TIMED_OUT,
    UNKNOWN_BYTES,
    note,
)
from .lifespan import lead
from .naming import consumer_of, mark
from .routes import RouteFinder
from .shared import client_for

if TYPE_CHECKING:
    from collections.abc import Awaitable, MutableMapping

    from typing_extensions import Unpack

    from .client import Client
    from .naming import Mark
    from .options import Options

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    # Frameworks type their applications differently, down to the messages.
    App = Callable[[Any, Any, Any], Awaitable[None]]


class Recorder:
    """What recording the requests of an application takes."""

    def __init__(self, client: Client) -> None:
        settings = client.settings
        self.client = client
        self.excludes = settings.excludes
        self.target = settings.target
        self.consumer_argument: Callable[[Scope], Any] | None = None
        """Makes of the scope what the function that names consumers is given; else it is given the scope."""
        self.routes = RouteFinder()
        # Without trusted proxies the header is hearsay, and not looked at.
        self._forwarded_header = settings.forwarded_header.lower().encode("latin-1")
        self._has_proxies = bool(settings.trusted_proxies)

    def forwarded(self, scope: Scope) -> bytes | None:
        """Return the forwarded addresses, if any proxy is trusted."""
        if not self._has_proxies:
            return None
        values = [value for name, value in scope["headers"] if name == self._forwarded_header]
        return b",".join(values)[-MAX_HEADER_BYTES:]

    def begin(self, scope: Scope, receive: Receive, send: Send) -> Exchange | None:
        """Begin to record a request; none if it is excluded, or recorded already."""
        if self.excludes(scope["method"], scope["path"]):
            return None
        noted = mark(scope, self.target)
        return None if noted is None else Exchange(self, noted, scope, receive, send)


class Observer:
    """An application whose requests are recorded, if there is anything to record them with."""

    def __init__(self, app: App, recorder: Recorder | None) -> None:
        self.app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        # What is in a local variable is called faster, here and below: all of this is in the request's path.
        app, recorder = self.app, self._recorder
        if recorder is None or scope["type"] != "http":
            if recorder is not None and scope["type"] == "lifespan":
                await lead(app, [recorder.client], scope, receive, send)
                return
            await app(scope, receive, send)
            return
        exchange = recorder.begin(scope, receive, send)
        if exchange is None:
            await app(scope, receive, send)
            return
        try:
            await app(scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            exchange.finish_cancelled()
            raise
        except BaseException:
            # What the server answers now is known: 500, unless the client has gone.
            exchange.finish(STATUS_CLIENT_CLOSED if exchange.client_gone else STATUS_FAILED)
            raise
        if not exchange.finished:
            exchange.finish(STATUS_CLIENT_CLOSED if exchange.client_gone else STATUS_FAILED)


class AnalyticsMiddleware(Observer):
    """Records every HTTP request of the application that it wraps; WebSockets are left alone.

    Outside of everything else it sees what callers see; what answers further out is not seen.

    The options are those of `Options`. `consumer` is given the scope, after the application has run.
    """

    def __init__(self, app: App, **options: Unpack[Options]) -> None:
        self.client = client_for(options)
        """None if the options do not do; then nothing is recorded."""
        super().__init__(app, None if self.client is None else Recorder(self.client))


class Exchange:
    """One request and its answer."""

    __slots__ = (
        "_mark",
        "_path",
        "_receive",
        "_recorder",
        "_root_path",
        "_scope",
        "_send",
        "_sent",
        "_started",
        "_status",
        "client_gone",
        "finished",
        "received",
    )

    def __init__(self, recorder: Recorder, noted: Mark, scope: Scope, receive: Receive, send: Send) -> None:
        self._recorder = recorder
        self._mark = noted
        self._scope = scope
        self._receive = receive
        self._send = send
        # Routers may change both.
        self._path: str = scope["path"]
        self._root_path: str = scope.get("root_path", "")
        self._status = self._sent = self.received = 0
        self.finished = self.client_gone = False
        self._started = perf_counter()

    def attach(self, receive: Receive, send: Send) -> None:
        """Use other ends than those of the beginning."""
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        """Pass a message of the client on to the application."""
        receive = self._receive
        message = await receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self.client_gone = True
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message of the application on to the client."""
        send, kind = self._send, message["type"]
        if kind == "http.response.body":
            if "body" in message:
                self._sent += len(message["body"])
            if "more_body" not in message or not message["more_body"]:
                return self._send_last(message)
        elif kind == "http.response.start":
            self._status = message["status"]
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self._sent = UNKNOWN_BYTES  # the server knows how much that is
            if not message.get("more_body", False):
                return self._send_last(message)
        # Not awaited here: that would put one more coroutine into every message's path.
        return send(message)

    async def _send_last(self, message: Message) -> None:
        send = self._send
        await send(message)
        # Tasks that run after the answer are no part of the request.
        self.finish(STATUS_FAILED)

    def finish_cancelled(self) -> None:
        """Record the request of an application that was cancelled: its client has gone, or its time was over."""
        gone = self.client_gone or _has_gone(self._receive)
        self.finish(STATUS_CLIENT_CLOSED if gone else STATUS_TIMED_OUT)

    def finish(self, status: int) -> None:
        """Record the request, once; with this status if the application has begun no answer."""
        if self.finished:
            return
        self.finished = True
        ended = perf_counter()
        recorder, scope = self._recorder, self._scope
        try:
            agent = host = length = None
            for name, value in scope["headers"]:
                if name == b"user-agent":
                    agent = value
                elif name == b"host":
                    host = value
                elif name == b"content-length":
                    length = value
            peer = scope.get("client")
            consumer = consumer_of(recorder.client, self._mark, scope, recorder.consumer_argument)
            caller = (peer[0] if peer else None, agent, host, recorder.forwarded(scope), consumer)
            route = recorder.routes.find(scope, self._path, self._root_path)
            received = self.received if length is None else _declared(length, self.received)
            recorder.client.put(
                note(
                    self._started,
                    ended,
                    scope["method"],
                    self._path,
                    route,
                    self._status or status,
                    caller,
                    received,
                    self._sent,
                )
            )
        except Exception:
            recorder.client.journal.failed("the ASGI middleware")


def _declared(length: bytes, received: int) -> int:
    """Return the size of a body by its `Content-Length`, if that can be believed."""
    return int(length) if length.isdigit() and len(length) <= MAX_LENGTH_DIGITS else received


def _has_gone(receive: Receive) -> bool:
    """Return whether the server says without a wait that the client has gone."""
    waiting = receive()
    if not inspect.iscoroutine(waiting):
        return False
    try:
        waiting.send(None)
    except StopIteration as said:
        return bool(said.value["type"] == "http.disconnect")
    except BaseException:
        return False
    waiting.close()
    return False
