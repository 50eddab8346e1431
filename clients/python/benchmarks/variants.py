"""One application in four forms: bare, tracked, tracked in the original's form, and the plain awaiting way."""

from __future__ import annotations

import os
import time
from datetime import datetime, timezone
from typing import Any

import httpx
from fastapi import FastAPI, Request

from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.middleware import create_tracking_middleware


def make() -> FastAPI:
    """Make the bare application."""
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> dict[str, str]:
        return {"ping": "pong"}

    return app


async def awaiting(request: Request, call_next: Any) -> Any:
    """Report a request the plain way: a client and an awaited POST within each request."""
    start = time.perf_counter()
    response = await call_next(request)
    event = {
        "created_at": datetime.now(timezone.utc).isoformat(),
        "method": request.method,
        "endpoint": request.url.path,
        "ip": request.client.host if request.client else None,
        "process_time": (time.perf_counter() - start) * 1000,
        "status_code": response.status_code,
    }
    async with httpx.AsyncClient() as client:
        await client.post(
            os.environ["API_ANALYTICS_URL"] + "/track",
            json=event,
            headers={"X-API-Key": os.environ["API_ANALYTICS_KEY"]},
        )
    return response


bare = make()
tracked = make()
tracked.add_middleware(AnalyticsMiddleware)
dropin = make()
dropin.middleware("http")(create_tracking_middleware())
plain = make()
plain.middleware("http")(awaiting)
