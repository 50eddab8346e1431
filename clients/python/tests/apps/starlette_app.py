"""A Starlette application, tracked by wrapping it."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002, Starlette reads annotations
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api_analytics_client.asgi import AnalyticsMiddleware
from apps.flush import flush


async def flush_all(_request: Request) -> PlainTextResponse:
    return PlainTextResponse(await run_in_threadpool(flush))


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"hello {request.path_params['name']}")


async def broken(_request: Request) -> PlainTextResponse:
    raise RuntimeError("broken")


untracked = Starlette(
    routes=[
        Route("/flush", flush_all),
        Route("/hello/{name}", hello, methods=["GET", "POST"]),
        Route("/broken", broken),
    ]
)
app = AnalyticsMiddleware(
    untracked, exclude=["/flush"], trusted_proxies=["127.0.0.1", "10.0.0.0/8"], anonymize="truncated"
)
