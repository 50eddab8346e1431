"""A FastAPI application with every way to answer, or not to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003, FastAPI reads annotations
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount, Route

from api_analytics_client.asgi import AnalyticsMiddleware
from apps.flush import flush

app = FastAPI()
app.add_middleware(
    AnalyticsMiddleware,
    exclude=["/flush", "/health*"],
    consumer=lambda scope: dict(scope["headers"]).get(b"x-consumer", b"").decode() or None,
)
released = asyncio.Event()


@app.get("/flush")
async def flush_all() -> PlainTextResponse:
    return PlainTextResponse(await run_in_threadpool(flush))


@app.get("/health/live")
async def health() -> str:
    return "ok"


@app.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int]:
    return {"item": item_id}


@app.post("/items")
async def add_item(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())), status_code=201)


@app.get("/teapot")
async def teapot() -> None:
    raise HTTPException(418)


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("broken")


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.05)
            yield b"12345"

    return StreamingResponse(parts())


@app.get("/stream-broken")
async def stream_broken() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"12345"
        raise RuntimeError("broken on the way")

    return StreamingResponse(parts())


@app.get("/endless")
async def endless() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100
            await asyncio.sleep(0.01)

    return StreamingResponse(parts(), status_code=203)


@app.get("/never")
async def never(request: Request) -> PlainTextResponse:
    while not await request.is_disconnected():  # noqa: ASYNC110, that is how to ask
        await asyncio.sleep(0.01)
    raise RuntimeError("nobody is there any more")


@app.get("/file")
async def file() -> FileResponse:
    return FileResponse(__file__)


@app.get("/background")
async def background() -> PlainTextResponse:
    async def work() -> None:
        await released.wait()

    return PlainTextResponse("soon", background=BackgroundTask(work))


@app.get("/release")
async def release() -> str:
    released.set()
    return "released"


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


router = APIRouter(prefix="/deep")


@router.get("/{name}")
async def deep(name: str) -> str:
    return name


app.include_router(router, prefix="/very")

sub = FastAPI()


@sub.get("/things/{thing}")
async def thing(thing: str) -> str:
    return thing


app.mount("/tenants/{tenant}", sub)


async def plain(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain")


inner: list[Any] = [Route("/a/{b:int}", plain), Mount("/m", routes=[Route("/c/{d}", plain)])]
app.mount("/starlette", Starlette(routes=inner))
