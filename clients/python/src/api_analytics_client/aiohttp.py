"""The middleware for applications of aiohttp's server.

    from api_analytics_client.aiohttp import setup

    setup(app, api_key="...")

The answer is observed by the signal `on_response_prepare`, for aiohttp makes some after all middlewares.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .event import MAX_HEADER_BYTES, MAX_LENGTH_DIGITS, STATUS_CLIENT_CLOSED, STATUS_TIMED_OUT, UNKNOWN_BYTES, note
from .journal import LOGGER
from .naming import consumer_of, mark
from .shared import client_for

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Callable

    from typing_extensions import Unpack

    from .client import Client
    from .naming import Mark
    from .options import Options

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

EXCHANGES = "api_analytics_client.exchanges"


def setup(app: web.Application, **options: Unpack[Options]) -> Client | None:
    """Record every request of the application and of those within it; WebSockets are left alone.

    The options are those of `Options`; `consumer` is given the request, once it is answered. Returns the client;
    none if the options do not do, and then nothing is recorded. To be called before the application starts.
    """
    client = client_for(options)
    if client is not None:
        if app.frozen:
            LOGGER.error("requests are not tracked: setup must be called before the application starts")
            return None
        observer = _Observer(client)
        app.middlewares.insert(0, observer.serve)
        app.on_response_prepare.append(observer.prepare)
        app.on_cleanup.append(observer.flush)
    return client


class _Observer:
    """What an application is given to run."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @web.middleware
    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve a request."""
        exchange = _begin(self._client, request)
        if exchange is None:
            return await handler(request)
        try:
            return await handler(request)
        except asyncio.CancelledError:
            exchange.finish(exchange.status or (STATUS_CLIENT_CLOSED if exchange.has_gone() else STATUS_TIMED_OUT))
            raise
        except BaseException:
            # If no answer has begun, aiohttp makes one, which is observed.
            if exchange.status:
                exchange.finish(exchange.status)
            raise

    async def prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Observe an answer that is about to begin."""
        for exchange in request.get(EXCHANGES, ()):
            # Applications within each other may share a client: the first one is enough.
            if exchange.client is self._client and not exchange.status:
                try:
                    exchange.watch(response)
                except Exception:
                    self._client.journal.failed("the aiohttp middleware")

    async def flush(self, _app: web.Application) -> None:
        """Send what is left, for the application has ended."""
        await asyncio.get_running_loop().run_in_executor(None, self._client.flush_at_exit)


class Exchange:
    """One request and its answer."""

    def __init__(self, client: Client, noted: Mark, request: web.Request) -> None:
        self.client = client
        self.status = 0
        """Of the answer, once it has begun."""
        self._mark = noted
        self._request = request
        self._sent: int | None = None
        self._started = perf_counter()

    def has_gone(self) -> bool:
        """Return whether the client has gone."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def watch(self, response: web.StreamResponse) -> None:
        """Record the request when this answer is complete."""
        if isinstance(response, web.WebSocketResponse):
            return
        if self.has_gone():
            self.finish(STATUS_CLIENT_CLOSED)
            return
        self.status = response.status
        write, write_eof = response.write, response.write_eof

        async def counted(data: Any) -> None:
            await write(data)
            self._sent = (self._sent or 0) + len(data)

        async def ended(data: bytes = b"") -> None:
            try:
                await write_eof(data)
            finally:
                if self._sent is not None:
                    self._sent += len(data)
                self.finish(self.status, response)

        # On the instance; the signal comes before anything is written.
        setattr(response, "write", counted)  # noqa: B010, the type has it as a method
        setattr(response, "write_eof", ended)  # noqa: B010

    def finish(self, status: int, response: web.StreamResponse | None = None) -> None:
        """Record the request, once."""
        ended = perf_counter()
        exchanges = self._request.get(EXCHANGES, [])
        if self not in exchanges:
            return
        exchanges.remove(self)
        try:
            self._record(ended, status, response)
        except Exception:
            self.client.journal.failed("the aiohttp middleware")

    def _record(self, ended: float, status: int, response: web.StreamResponse | None) -> None:
        request, settings = self._request, self.client.settings
        headers = request.headers
        peer = request.remote
        forwarded = None
        if settings.trusted_proxies:
            forwarded = ",".join(headers.getall(settings.forwarded_header, ()))[-MAX_HEADER_BYTES:]
        agent = headers.get("User-Agent")
        caller = (
            peer,
            agent.encode("utf-8", "surrogateescape") if agent else None,
            headers.get("Host"),
            forwarded,
            consumer_of(self.client, self._mark, request),
        )
        sent = self._sent
        if sent is None:
            sent = UNKNOWN_BYTES if response is None else _length(response.headers.get("Content-Length"))
        self.client.put(
            note(
                self._started,
                ended,
                request.method,
                request.path,
                _route(request),
                status,
                caller,
                _received(request),
                sent,
            )
        )


def _begin(client: Client, request: web.Request) -> Exchange | None:
    if client.settings.excludes(request.method, request.path):
        return None
    noted = mark(request, client.settings.target)
    if noted is None:
        return None
    exchange = Exchange(client, noted, request)
    request[EXCHANGES] = [*request.get(EXCHANGES, ()), exchange]
    return exchange


def _route(request: web.Request) -> str | None:
    resource = request.match_info.route.resource
    return None if resource is None else resource.canonical


def _received(request: web.Request) -> int:
    if "Transfer-Encoding" in request.headers:
        return int(getattr(request.content, "total_bytes", UNKNOWN_BYTES))
    return max(0, _length(request.headers.get("Content-Length")))


def _length(text: str | None) -> int:
    good = text is not None and text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS
    return int(text or 0) if good else UNKNOWN_BYTES
