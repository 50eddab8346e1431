"""How requests end that somebody around the application answers or cancels, and what applications say of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI, Request
from litestar import Litestar
from litestar import Request as LitestarRequest
from litestar import get as litestar_get
from starlette.responses import JSONResponse, PlainTextResponse

from api_analytics_client import flush, set_consumer
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.lifespan import FlushAtShutdown
from requests_of import hello, request

if TYPE_CHECKING:
    from service import Key


def tracked(app: Any, key: Key, **options: Any) -> AnalyticsMiddleware:
    return AnalyticsMiddleware(app, api_key=key.text, server_url=key.service.url, **options)


def stored(key: Key) -> dict[str, Any]:
    assert flush(20)
    return key.event()


async def hang(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.Event().wait()


async def hang_after_a_part(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 203, "headers": []})
    await send({"type": "http.response.body", "body": b"part", "more_body": True})
    await asyncio.Event().wait()


class TimeLimit:
    """Answers 504 for an application that takes too long."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.wait_for(self.app(scope, receive, send), 0.01)
        except asyncio.TimeoutError:
            await send({"type": "http.response.start", "status": 504, "headers": []})
            await send({"type": "http.response.body", "body": b"late"})


async def serve(app: Any, receive: Any) -> None:
    async def send(_message: Any) -> None:
        pass

    await app({"type": "http", "method": "GET", "path": "/x", "headers": []}, receive, send)


async def waits() -> Any:
    await asyncio.Event().wait()


async def gone() -> Any:
    return {"type": "http.disconnect"}


@pytest.mark.parametrize("outside", [True, False])
def test_a_time_limit_that_answers_504_is_recorded_as_that(key: Key, outside: bool) -> None:
    app = tracked(TimeLimit(hang), key) if outside else TimeLimit(tracked(hang, key))
    asyncio.run(serve(app, waits))
    assert stored(key)["status_code"] == 504


def test_a_cancellation_because_the_client_has_gone_is_499(key: Key) -> None:
    asyncio.run(serve(TimeLimit(tracked(hang, key)), gone))
    assert stored(key)["status_code"] == 499


def test_a_cancellation_after_the_answer_has_begun_keeps_its_status(key: Key) -> None:
    asyncio.run(serve(TimeLimit(tracked(hang_after_a_part, key)), gone))
    event = stored(key)
    assert (event["status_code"], event["response_bytes"]) == (203, 4)


def test_a_handler_of_exceptions_that_answers_503_is_recorded_as_that_by_wrapping(key: Key) -> None:
    app = FastAPI()

    @app.exception_handler(Exception)
    async def unavailable(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({}, status_code=503)

    @app.get("/x")
    async def broken() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):  # as Starlette does, for the server's log
        request(tracked(app, key), "/x", query_string=b"")
    event = stored(key)
    assert (event["status_code"], event["route"]) == (503, "/x")


def test_an_application_says_who_called_by_the_scope_or_the_request(key: Key) -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        set_consumer({**scope}, "acme")  # a copy, as many middlewares make
        await hello(scope, receive, send)

    fastapi = FastAPI()

    @fastapi.get("/x")
    async def whoami(request: Request) -> PlainTextResponse:
        set_consumer(request, "acme")
        return PlainTextResponse("acme")

    @litestar_get("/x")
    async def litestar_whoami(request: LitestarRequest[Any, Any, Any]) -> str:
        set_consumer(request, "acme")
        return "acme"

    for app in (plain, fastapi, Litestar([litestar_whoami])):
        other = key.service.new_key()
        request(tracked(app, other, consumer=lambda _scope: "ann"), "/x", query_string=b"")
        assert stored(other)["consumer"] == "acme"


def test_what_was_said_of_the_caller_can_be_taken_back(key: Key) -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        set_consumer(scope, "acme")
        set_consumer(scope, None)
        await hello(scope, receive, send)

    request(tracked(plain, key, consumer=lambda _scope: "ann"), "/x")
    assert stored(key)["consumer"] == "ann"


def test_a_caller_is_named_for_nobody_without_a_middleware() -> None:
    for place in ({}, {"api_analytics_client": "else"}, None, 7, object()):
        set_consumer(place, "acme")


async def live(app: Any, *received: str) -> list[str]:
    messages = [{"type": f"lifespan.{each}"} for each in received]
    sent = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    return sent


async def knows_no_lifespan(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        raise ValueError("HTTP only")
    await hello(scope, receive, send)


async def ignores_lifespan(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        await hello(scope, receive, send)


@pytest.mark.parametrize("app", [knows_no_lifespan, ignores_lifespan])
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_end_of_an_application_without_a_lifespan_is_heard(key: Key, app: Any, wrapped: bool) -> None:
    middleware = tracked(app, key, flush_interval=3600)
    whole = middleware if wrapped else FlushAtShutdown(app)
    request(middleware, "/x")
    said = asyncio.run(live(whole, "startup", "shutdown"))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert key.count() == 1


def test_an_application_that_fails_to_start_is_left_to(key: Key) -> None:
    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        asyncio.run(live(tracked(app, key), "startup"))
