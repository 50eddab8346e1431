"""The end of an ASGI application: servers announce it, and some kill the process right after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import process

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .asgi import App, Message, Receive, Scope, Send
    from .process import Enrolled


class FlushAtShutdown:
    """An application at whose end all clients of the process send what they hold.

    For applications that have their middleware within, such as Django's, and so are not wrapped by one:
    `application = FlushAtShutdown(get_asgi_application())`.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] == "lifespan":
            await lead(self.app, None, scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def lead(app: App, clients: Iterable[Enrolled] | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Lead an application through its life; at its end these clients, or all, send what they hold.

    Many applications know no lifespan, and fail or return at once. Then the server is answered in their place.
    """
    life = _Life(clients, receive, send)
    try:
        await app(scope, life.receive, life.send)
    except Exception:
        if life.begun:
            raise
    if life.begun:
        return
    while True:
        message = await receive()
        await life.send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


class _Life:
    """What an application says of its life, on the way to the server."""

    def __init__(self, clients: Iterable[Enrolled] | None, receive: Receive, send: Send) -> None:
        self._clients = clients
        self._receive = receive
        self._send = send
        self.begun = False
        """Whether the application takes part."""

    async def receive(self) -> Message:
        self.begun = True
        return await self._receive()

    async def send(self, message: Message) -> None:
        self.begun = True
        if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            await _flush(self._clients)
        elif message["type"] == "lifespan.startup.complete":
            for client in _those(self._clients):
                client.reopen()
        await self._send(message)


async def _flush(clients: Iterable[Enrolled] | None) -> None:
    chosen = _those(clients)

    def flush() -> None:
        for client in chosen:
            client.flush_at_exit()

    try:
        await asyncio.get_running_loop().run_in_executor(None, flush)
    except Exception:  # another kind of event loop
        flush()


def _those(clients: Iterable[Enrolled] | None) -> list[Enrolled]:
    return process.clients() if clients is None else list(clients)
