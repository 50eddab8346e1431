"""A FastAPI application that is tracked in the original's form."""

from __future__ import annotations

from collections.abc import AsyncIterator  # noqa: TC003, FastAPI reads annotations

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api_analytics_client.middleware import create_tracking_middleware
from apps.flush import flush

app = FastAPI()
app.middleware("http")(
    create_tracking_middleware(exclude=["/flush"], consumer=lambda request: request.url.path[1:])
)


@app.get("/flush")
async def flush_all() -> PlainTextResponse:
    return PlainTextResponse(await run_in_threadpool(flush))


@app.post("/items/{item_id}")
async def item(item_id: int, request: Request) -> dict[str, int]:
    return {"item": item_id, "bytes": len(await request.body())}


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"12345"

    return StreamingResponse(parts())


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("broken")
