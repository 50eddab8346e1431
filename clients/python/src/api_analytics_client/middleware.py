"""The original's form as a drop-in: a function for `app.middleware("http")`.

    app.middleware("http")(create_tracking_middleware(api_key="..."))

It records what `asgi.AnalyticsMiddleware` records. Starlette runs functions like this in a task and a stream
of their own, which costs many times what the tracking does. So the first request that comes this way puts a
plain ASGI middleware in the function's place; where that cannot be done, the function goes on to work.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

from .asgi import Observer, Recorder
from .event import STATUS_CLIENT_CLOSED, STATUS_FAILED, UNKNOWN_BYTES
from .shared import client_for

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from typing_extensions import Unpack

    from .asgi import Exchange, Message, Receive, Scope, Send
    from .options import Options

    CallNext = Callable[[Any], Awaitable[Any]]
    Dispatch = Callable[[Any, CallNext], Awaitable[Any]]

MAX_DEPTH = 100
"""Middlewares of one application that are looked through."""


def create_tracking_middleware(api_key: str | None = None, /, **options: Unpack[Options]) -> Dispatch:
    """Make the function; the options are those of `Options`, and `consumer` is given the request."""
    chosen: Options = {**options}
    if api_key is not None:
        chosen["api_key"] = api_key
    client = client_for(chosen)
    return _pass_on if client is None else TrackingFunction(Recorder(client))


class TrackingFunction:
    """What Starlette calls with each request, until it is replaced."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._tried = False

    async def __call__(self, request: Any, call_next: CallNext) -> Any:
        """Serve a request."""
        recorder, scope = self._recorder, request.scope
        if not self._tried:
            self._tried = True
            recorder.consumer_argument = _request
            self._replace(request)
        # What arrives for the request is asked only whether the client is there, once it is cancelled.
        exchange = recorder.begin(scope, getattr(request, "receive", _nothing), _nowhere)
        if exchange is None:
            return await call_next(request)
        if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            exchange.received = UNKNOWN_BYTES  # the body's messages do not pass here
        try:
            response = await call_next(request)
        except asyncio.CancelledError:
            exchange.finish_cancelled()
            raise
        except BaseException:
            exchange.finish(STATUS_FAILED)
            raise
        return ObservedResponse(response, exchange)

    def _replace(self, request: Any) -> None:
        """Find the middleware that Starlette has made of this function, and put a plain one there."""
        try:
            outer = request.scope["app"].middleware_stack
            for _ in range(MAX_DEPTH):
                inner = getattr(outer, "app", None)
                if getattr(inner, "dispatch_func", None) is self:
                    outer.app = Observer(getattr(inner, "app"), self._recorder)  # noqa: B009
                    return
                outer = inner
        except Exception:
            self._recorder.client.journal.failed("the drop-in middleware")


class ObservedResponse:
    """A response that records its request when it has been sent."""

    def __init__(self, response: Any, exchange: Exchange) -> None:
        self._response = response
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        """Be the response in all other ways."""
        return getattr(self._response, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        exchange = self._exchange
        exchange.attach(receive, send)
        try:
            await self._response(scope, exchange.receive, exchange.send)
        finally:
            exchange.finish(STATUS_CLIENT_CLOSED)


def _request(scope: Scope) -> Any:
    from starlette.requests import Request  # noqa: PLC0415, who gets here has it, others need not

    return Request(scope)


async def _pass_on(request: Any, call_next: CallNext) -> Any:
    return await call_next(request)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _nowhere(_message: Message) -> None:
    return None
