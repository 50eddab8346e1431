"""A Litestar application."""

from __future__ import annotations

from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException

from api_analytics_client.asgi import AnalyticsMiddleware
from apps.flush import flush


@get("/flush", sync_to_thread=True, media_type="text/plain")
def flush_all() -> str:
    return flush()


@get("/items/{item_id:int}")
async def item(item_id: int) -> dict[str, int]:
    return {"item": item_id}


@get("/secret")
async def secret() -> None:
    raise NotAuthorizedException


app = AnalyticsMiddleware(Litestar([flush_all, item, secret]), exclude=["/flush"])
