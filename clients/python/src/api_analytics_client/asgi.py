"""The middleware for ASGI applications: FastAPI, Starlette, Litestar and any other.

Pure ASGI: it passes messages on as they come and looks at them on their way, so that streams stay streams.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Callable

from .client import Client, client_for
from .event import (
    MAX_ENDPOINT,
    MAX_HEADER_BYTES,
    MAX_LENGTH_DIGITS,
    STATUS_CLIENT_CLOSED,
    STATUS_FAILED,
)
from .routes import RouteFinder

if TYPE_CHECKING:
    from collections.abc import Awaitable, MutableMapping

    from typing_extensions import Unpack

    from .settings import Options

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
        self.exclude = settings.exclude
        self.names_consumers = settings.consumer is not None
        self.consumer_argument: Callable[[Scope], Any] | None = None
        """Makes of the scope what the function that names consumers is given; else it is given the scope."""
        self.routes = RouteFinder()
        # Without trusted proxies the header is hearsay, and not looked at.
        self.forwarded_header = settings.forwarded_header.lower().encode("latin-1")
        self.has_proxies = bool(settings.trusted_proxies)

    def is_excluded(self, scope: Scope) -> bool:
        """Return whether the request is not to be recorded."""
        return self.exclude is not None and self.exclude.match(scope["path"]) is not None


class Observer:
    """An application whose requests are recorded, if there is anything to record them with."""

    def __init__(self, app: App, recorder: Recorder | None) -> None:
        self.app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        recorder = self._recorder
        if recorder is None or scope["type"] != "http" or recorder.is_excluded(scope):
            if recorder is not None and scope["type"] == "lifespan":
                send = _flush_at_shutdown(recorder.client, send)
            await self.app(scope, receive, send)
            return
        exchange = Exchange(recorder, scope, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            # What the server answers now is known: 500, unless the client has gone.
            gone = exchange.client_gone or isinstance(error, asyncio.CancelledError)
            exchange.finish(STATUS_CLIENT_CLOSED if gone else STATUS_FAILED)
            raise
        exchange.finish(STATUS_CLIENT_CLOSED if exchange.client_gone else STATUS_FAILED)


class AnalyticsMiddleware(Observer):
    """Records every HTTP request of the application that it wraps; WebSockets are left alone.

    The options are those of `Options`. `consumer` is given the scope, after the application has run.
    """

    def __init__(self, app: App, **options: Unpack[Options]) -> None:
        self.client = client_for(options)
        """None if the options do not do; then nothing is recorded."""
        super().__init__(app, None if self.client is None else Recorder(self.client))


class Exchange:
    """One request and its answer."""

    __slots__ = (
        "_clock",
        "_finished",
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
        "received",
    )

    def __init__(self, recorder: Recorder, scope: Scope, receive: Receive, send: Send) -> None:
        self._recorder = recorder
        self._scope = scope
        self._receive = receive
        self._send = send
        # Routers may change both.
        self._path: str = scope["path"]
        self._root_path: str = scope.get("root_path", "")
        self._status = 0
        self.received: int | None = 0
        """Bytes of the request's body that have passed; none if they do not pass here."""
        self._sent: int | None = 0
        self._finished = False
        self.client_gone = False
        self._started = time.time()
        self._clock = time.perf_counter()

    def attach(self, receive: Receive, send: Send) -> None:
        """Use other ends than those of the beginning."""
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        """Pass a message of the client on to the application."""
        message = await self._receive()
        if message["type"] == "http.request" and self.received is not None:
            self.received += len(message.get("body", b""))
        elif message["type"] == "http.disconnect":
            self.client_gone = True
        return message

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message of the application on to the client."""
        kind = message["type"]
        if kind == "http.response.body":
            if self._sent is not None:
                self._sent += len(message.get("body", b""))
            if not message.get("more_body", False):
                return self._send_last(message)
        elif kind == "http.response.start":
            self._status = message["status"]
        elif kind in ("http.response.pathsend", "http.response.zerocopysend"):
            self._sent = None  # the server knows how much that is
            if not message.get("more_body", False):
                return self._send_last(message)
        # Not awaited here: that would put one more coroutine into every message's path.
        return self._send(message)

    async def _send_last(self, message: Message) -> None:
        await self._send(message)
        # Tasks that run after the answer are no part of the request.
        self.finish(STATUS_FAILED)

    def finish(self, status: int) -> None:
        """Record the request, once; with this status if the application has begun no answer."""
        if self._finished:
            return
        self._finished = True
        seconds = time.perf_counter() - self._clock
        recorder, scope = self._recorder, self._scope
        # All of this is in the request's path, so there are few calls in it.
        try:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            agent, host, length = map(headers.get, (b"user-agent", b"host", b"content-length"))
            if agent is not None and len(agent) > MAX_HEADER_BYTES:
                agent = agent[:MAX_HEADER_BYTES]
            if host is not None and len(host) > MAX_HEADER_BYTES:
                host = host[:MAX_HEADER_BYTES]
            received = self.received
            if length is not None and length.isdigit() and len(length) <= MAX_LENGTH_DIGITS:
                received = int(length)
            elif received is None and b"transfer-encoding" not in headers:
                received = 0
            forwarded = consumer = None
            if recorder.has_proxies:
                name = recorder.forwarded_header
                forwarded = b",".join(value for key, value in scope["headers"] if key == name)[-MAX_HEADER_BYTES:]
            if recorder.names_consumers:
                consumer = recorder.client.name_consumer(scope, recorder.consumer_argument)
            peer, path = scope.get("client"), self._path
            recorder.client.record(
                (
                    self._started,
                    seconds,
                    scope["method"],
                    path if len(path) <= MAX_ENDPOINT else path[:MAX_ENDPOINT],
                    recorder.routes.find(scope, path, self._root_path),
                    self._status or status,
                    peer[0] if peer else None,
                    forwarded,
                    agent,
                    host,
                    consumer,
                    received,
                    self._sent,
                )
            )
        except Exception:
            recorder.client.journal.failed("the ASGI middleware")


def _flush_at_shutdown(client: Client, send: Send) -> Send:
    """Send what is left when the application has shut down: some servers kill the process right after it."""

    async def flush_and_send(message: Message) -> None:
        if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            try:
                await asyncio.get_running_loop().run_in_executor(None, client.flush_at_exit)
            except Exception:  # another kind of event loop
                client.flush_at_exit()
        elif message["type"] == "lifespan.startup.complete":
            client.reopen()
        await send(message)

    return flush_and_send
