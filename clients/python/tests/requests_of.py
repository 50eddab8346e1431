"""Requests to an ASGI application in this process, for what needs no server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api_analytics_client.asgi import AnalyticsMiddleware


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    """Be the smallest application there is."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def request(app: AnalyticsMiddleware, path: str, **scope: Any) -> list[dict[str, Any]]:
    """Make a request; return the messages of the answer."""
    messages: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    whole = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("192.0.2.77", 1), **scope}
    asyncio.run(app(whole, receive, send))
    return messages
