"""A Flask application, with another one mounted in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, request, send_file
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from api_analytics_client import set_consumer
from api_analytics_client.wsgi import AnalyticsMiddleware
from apps.flush import flush

if TYPE_CHECKING:
    from collections.abc import Iterator

app = Flask(__name__)
sub = Flask("sub")


@app.get("/flush")
def flush_all() -> str:
    return flush()


@app.get("/items/<int:item_id>")
def item(item_id: int) -> dict[str, int]:
    return {"item": item_id}


@app.post("/items")
def add_item() -> tuple[str, int]:
    return str(len(request.get_data())), 201


@app.get("/broken")
def broken() -> str:
    raise RuntimeError("broken")


@app.get("/stream")
def stream() -> Response:
    def parts() -> Iterator[bytes]:
        for _ in range(4):
            yield b"12345"

    return Response(parts())


@app.get("/stream-broken")
def stream_broken() -> Response:
    def parts() -> Iterator[bytes]:
        yield b"12345"
        raise RuntimeError("broken on the way")

    return Response(parts())


@app.get("/whoami")
def whoami() -> str:
    set_consumer(request, "acme")
    return "acme"


@app.get("/file")
def file() -> Response:
    return send_file(__file__)


@sub.get("/things/<name>")
def thing(name: str) -> str:
    return name


app.wsgi_app = AnalyticsMiddleware(  # type: ignore[method-assign]
    DispatcherMiddleware(app.wsgi_app, {"/sub": sub}),
    exclude=["/flush"],
    consumer=lambda environ: environ.get("HTTP_X_CONSUMER"),
)
