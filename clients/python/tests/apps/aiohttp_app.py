"""An application of aiohttp, with another one within it."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from api_analytics_client import Options, set_consumer
from api_analytics_client.aiohttp import setup
from apps.flush import flush


async def flush_all(_request: web.Request) -> web.Response:
    return web.Response(text=await asyncio.get_running_loop().run_in_executor(None, flush))


async def item(request: web.Request) -> web.Response:
    return web.Response(text=f"item {request.match_info['id']}")


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read(), status=201)


async def whoami(request: web.Request) -> web.Response:
    set_consumer(request, "acme")
    return web.Response(text="acme")


async def broken(_request: web.Request) -> web.Response:
    raise RuntimeError("broken")


async def denied(_request: web.Request) -> web.Response:
    raise web.HTTPForbidden(text="no")


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(4):
        await response.write(b"12345")
    return response


async def stream_broken(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"12345")
    raise RuntimeError("broken on the way")


async def file(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(__file__)


async def hang(_request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response(text="never")


async def late(_request: web.Request) -> web.Response:
    await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    return web.Response(text="never")


@web.middleware
async def time_limit(request: web.Request, handler: object) -> web.StreamResponse:
    assert callable(handler)
    try:
        answer: web.StreamResponse = await handler(request)
    except asyncio.TimeoutError:
        return web.Response(status=504)
    return answer


async def socket(request: web.Request) -> web.WebSocketResponse:
    response = web.WebSocketResponse()
    await response.prepare(request)
    await response.send_str("hello")
    await response.close()
    return response


app = web.Application(middlewares=[time_limit])
options: Options = {
    "exclude": ["/flush"],
    "consumer": lambda request: request.headers.get("X-Consumer"),
}
sub = web.Application()
setup(sub, **options)
sub.router.add_get("/users/{id}", item)
sub.router.add_get("/whoami", whoami)
sub.router.add_get("/stream", stream)
app.add_subapp("/tenants/", sub)
for path, handler in {
    "/flush": flush_all,
    "/items/{id:[a-z0-9]+}": item,
    "/whoami": whoami,
    "/broken": broken,
    "/denied": denied,
    "/stream": stream,
    "/stream-broken": stream_broken,
    "/file": file,
    "/hang": hang,
    "/late": late,
    "/socket": socket,
    "/health": item,
}.items():
    app.router.add_get(path, handler)
app.router.add_post("/echo", echo)
setup(app, **options)


def main() -> None:
    """Serve, and say where."""
    runner = web.AppRunner(app, handler_cancellation=True)

    async def serve() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(f"running on http://127.0.0.1:{runner.addresses[0][1]}", file=sys.stderr)  # noqa: T201
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(15, stopped.set)
        await stopped.wait()
        await runner.cleanup()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
