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

import django
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings

from .django_routes import template
from .event import STATUS_CLIENT_CLOSED, STATUS_FAILED, STATUS_TIMED_OUT, UNKNOWN_BYTES, note
from .journal import LOGGER
from .naming import MARK, consumer_of, mark
from .shared import client_for
from .wsgi import caller, received

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from .client import Client
    from .naming import Mark
    from .options import Options


# From 5.0 on, Django cancels a view when its client has gone, and only then.
STATUS_CANCELLED = STATUS_CLIENT_CLOSED if django.VERSION >= (5,) else STATUS_TIMED_OUT


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
        options = _options()
        self.client = None if options is None else client_for(options)
        """None if the options do not do; then nothing is recorded."""

    def __call__(self, request: HttpRequest) -> Any:
        """Serve a request."""
        client = self.client
        if client is None or client.settings.excludes(request.method or "", request.path):
            return self.get_response(request)
        noted = _mark(client, request)
        if noted is None:
            return self.get_response(request)
        exchange = Exchange(client, noted, request)
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
            exchange.finish(STATUS_CANCELLED, None)
            raise
        except BaseException:
            exchange.finish(STATUS_FAILED, None)
            raise
        exchange.watch(response)
        return response


class Exchange:
    """One request and its answer."""

    __slots__ = ("_client", "_finished", "_mark", "_request", "_started")

    def __init__(self, client: Client, noted: Mark, request: HttpRequest) -> None:
        self._client = client
        self._mark = noted
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
        client.put(
            note(
                self._started,
                ended,
                request.method or "",
                request.path,
                self._route(),
                status,
                caller(client, request.META, consumer_of(client, self._mark, request)),
                received(request.META),
                UNKNOWN_BYTES if sent is None else sent,
            )
        )

    def _route(self) -> str | None:
        """Return the template of the route."""
        match = self._request.resolver_match
        if match is None or match.route is None:
            return None
        prefix = self._request.path[: len(self._request.path) - len(self._request.path_info)]
        return f"{prefix}/{template(match.route).lstrip('/')}"


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


def _mark(client: Client, request: HttpRequest) -> Mark | None:
    """Mark the request, unless one further out does, of the server's own protocol or of Django."""
    scope = getattr(request, "scope", None)
    if scope is not None and MARK in scope:
        request.META.setdefault(MARK, scope[MARK])
    return mark(request.META, client.settings.target)


def _options() -> Options | None:
    given: Any = getattr(django_settings, "API_ANALYTICS", None) or {}
    if not isinstance(given, dict):
        LOGGER.error("requests are not tracked: the setting API_ANALYTICS must be a dictionary")
        return None
    options: Any = {str(name).lower(): value for name, value in given.items()}
    chosen: Options = options
    return chosen
