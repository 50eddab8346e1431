"""The middleware for Django, under WSGI and ASGI.

In the settings:

    MIDDLEWARE = ["api_analytics_client.django.AnalyticsMiddleware", ...]
    API_ANALYTICS = {"API_KEY": "...", "SERVER_URL": "https://..."}

The names in `API_ANALYTICS` are those of `Options` in upper case.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings

from .client import Client, client_for
from .event import STATUS_CLIENT_CLOSED, STATUS_FAILED, UNKNOWN_BYTES, note
from .wsgi import caller, length

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from .settings import Options


class AnalyticsMiddleware:
    """Records every request. Put it first, so that it sees what the others answer.

    `consumer` is given the request, after the view has run.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            # What Django asks of the instance; an `async def __call__` would make it so for both kinds.
            markcoroutinefunction(self)
        self.client = client_for(_options())
        """None if the options do not do; then nothing is recorded."""

    def __call__(self, request: HttpRequest) -> Any:
        """Serve a request."""
        client = self.client
        exclude = None if client is None else client.settings.exclude
        if client is None or (exclude is not None and exclude.match(request.path)):
            return self.get_response(request)
        exchange = Exchange(client, request)
        if self._is_async:
            return self._serve_async(exchange, request)
        try:
            response = self.get_response(request)
        except BaseException:
            exchange.finish(STATUS_FAILED, None)
            raise
        exchange.watch(response)
        return response

    async def _serve_async(self, exchange: Exchange, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = await self.get_response(request)
        except asyncio.CancelledError:
            exchange.finish(STATUS_CLIENT_CLOSED, None)
            raise
        except BaseException:
            exchange.finish(STATUS_FAILED, None)
            raise
        exchange.watch(response)
        return response


class Exchange:
    """One request and its answer."""

    __slots__ = ("_client", "_finished", "_request", "_started")

    def __init__(self, client: Client, request: HttpRequest) -> None:
        self._client = client
        self._request = request
        self._finished = False
        self._started = perf_counter()

    def watch(self, response: HttpResponseBase) -> None:
        """Record the request now, or when its stream ends."""
        try:
            if not getattr(response, "streaming", False):
                self.finish(response.status_code, len(getattr(response, "content", b"")))
                return
            stream: Any = response
            kind = AsyncStream if stream.is_async else Stream
            stream.streaming_content = kind(stream.streaming_content, self, response.status_code)
        except Exception:
            self._client.journal.failed("the Django middleware")

    def finish(self, status: int, sent: int | None) -> None:
        """Record the request, once."""
        if self._finished:
            return
        self._finished = True
        ended = perf_counter()
        try:
            self._record(ended, status, sent)
        except Exception:
            self._client.journal.failed("the Django middleware")

    def _record(self, ended: float, status: int, sent: int | None) -> None:
        client, request = self._client, self._request
        client.record(
            note(
                self._started,
                ended,
                request.method or "",
                request.path,
                self._route(),
                status,
                caller(client, request.META, client.name_consumer(request)),
                length(request.META.get("CONTENT_LENGTH")) or 0,
                UNKNOWN_BYTES if sent is None else sent,
            )
        )

    def _route(self) -> str | None:
        """Return the template of the route, as far as it is one: regular expressions stay what they are."""
        match = self._request.resolver_match
        if match is None or match.route is None:
            return None
        prefix = self._request.path[: len(self._request.path) - len(self._request.path_info)]
        return f"{prefix}/{match.route.lstrip('^/')}"


class Stream:
    """A stream on its way to the server."""

    def __init__(self, parts: Iterator[bytes], exchange: Exchange, status: int) -> None:
        self._parts = parts
        self._exchange = exchange
        self._status = status
        self._sent = 0

    def __iter__(self) -> Stream:
        """Start the stream."""
        return self

    def __next__(self) -> bytes:
        """Return the next part."""
        try:
            part = next(self._parts)
        except BaseException:
            self.close()
            raise
        self._sent += len(part)
        return part

    def close(self) -> None:
        """End the exchange; Django calls this with the response's own end."""
        self._exchange.finish(self._status, self._sent)


class AsyncStream:
    """A stream on its way to an ASGI server."""

    def __init__(self, parts: AsyncIterator[bytes], exchange: Exchange, status: int) -> None:
        self._parts = parts
        self._exchange = exchange
        self._status = status
        self._sent = 0

    def __aiter__(self) -> AsyncStream:
        """Start the stream."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next part."""
        try:
            part = await self._parts.__anext__()
        except BaseException:
            self.close()
            raise
        self._sent += len(part)
        return part

    def close(self) -> None:
        """End the exchange; Django calls this with the response's own end."""
        self._exchange.finish(self._status, self._sent)


def _options() -> Options:
    given: dict[str, Any] = getattr(django_settings, "API_ANALYTICS", {})
    options: Any = {name.lower(): value for name, value in given.items()}
    chosen: Options = options
    return chosen
