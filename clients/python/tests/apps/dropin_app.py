"""A FastAPI application that is tracked in the original's form."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003, FastAPI reads annotations
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api_analytics_client.asgi import Observer
from api_analytics_client.lifespan import FlushAtShutdown
from api_analytics_client.middleware import create_tracking_middleware
from apps.flush import flush

app = FastAPI()
app.middleware("http")(
    create_tracking_middleware(exclude=["/flush"], consumer=lambda request: request.url.path[1:])
)
app.add_middleware(FlushAtShutdown)


class Hiding:
    """A middleware that keeps its application where nobody finds it."""

    def __init__(self, app: Any) -> None:
        self._hidden = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._hidden(scope, receive, send)


stubborn = FastAPI()
stubborn.middleware("http")(
    create_tracking_middleware(exclude=["/flush"], consumer=lambda request: request.url.path[1:])
)
stubborn.add_middleware(Hiding)


async def flush_all() -> PlainTextResponse:
    return PlainTextResponse(await run_in_threadpool(flush))


async def item(item_id: int, request: Request) -> dict[str, int]:
    return {"item": item_id, "bytes": len(await request.body())}


async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"12345"

    return StreamingResponse(parts())


async def broken() -> None:
    raise RuntimeError("broken")


async def replaced(request: Request) -> PlainTextResponse:
    layer = request.app.middleware_stack
    while layer is not None and not isinstance(layer, Observer):
        layer = getattr(layer, "app", None)
    return PlainTextResponse(str(layer is not None))


for each in (app, stubborn):
    each.get("/flush")(flush_all)
    each.post("/items/{item_id}")(item)
    each.get("/stream")(stream)
    each.get("/broken")(broken)
    each.get("/replaced")(replaced)
