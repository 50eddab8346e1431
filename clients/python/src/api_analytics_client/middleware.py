"""The original's form as a drop-in: a function for `app.middleware("http")`.

    app.middleware("http")(create_tracking_middleware(api_key="..."))

It records what `asgi.AnalyticsMiddleware` records. Starlette runs functions like this in a task and a stream
of their own, which costs more than all the tracking; `app.add_middleware(AnalyticsMiddleware)` does not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

from .asgi import Exchange, Recorder
from .client import client_for
from .event import STATUS_CLIENT_CLOSED, STATUS_FAILED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from typing_extensions import Unpack

    from .asgi import Message, Receive, Scope, Send
    from .settings import Options

    CallNext = Callable[[Any], Awaitable[Any]]
    Dispatch = Callable[[Any, CallNext], Awaitable[Any]]


def create_tracking_middleware(api_key: str | None = None, /, **options: Unpack[Options]) -> Dispatch:
    """Make the function; the options are those of `Options`, and `consumer` is given the request."""
    chosen: Options = {**options}
    if api_key is not None:
        chosen["api_key"] = api_key
    client = client_for(chosen)
    recorder = None if client is None else Recorder(client)

    async def track(request: Any, call_next: CallNext) -> Any:
        scope: Scope = request.scope
        if recorder is None or recorder.is_excluded(scope):
            return await call_next(request)
        exchange = Exchange(recorder, scope, _nothing, _nowhere, request)
        exchange.received = None  # the body's messages do not pass here
        try:
            response = await call_next(request)
        except asyncio.CancelledError:
            exchange.finish(STATUS_CLIENT_CLOSED)
            raise
        except BaseException:
            exchange.finish(STATUS_FAILED)
            raise
        return ObservedResponse(response, exchange)

    return track


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


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _nowhere(_message: Message) -> None:
    return None
