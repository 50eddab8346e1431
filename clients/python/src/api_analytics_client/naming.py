"""Who called: what the application says of a request while it serves it, and what its function says afterwards.

A request that is being recorded carries a `Mark`. By it a middleware within another one sees, too, that the
request is recorded already.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Callable

from .event import MAX_CONSUMER, cut

if TYPE_CHECKING:
    from .client import Client

MARK = "api_analytics_client"
"""The mark's place in an ASGI scope, a WSGI environ, Django's `META` or a request of aiohttp."""


class Mark:
    """That a request is recorded, for whom, and who called if the application has said so."""

    __slots__ = ("consumer", "outer", "target")

    def __init__(self, target: tuple[str, str], outer: Mark | None) -> None:
        self.consumer: str | None = None
        self.outer = outer
        """Of a middleware further out that reports elsewhere."""
        self.target = target


def mark(place: Any, target: tuple[str, str]) -> Mark | None:
    """Mark a request, in its scope or the like; none if one further out records it for the same target."""
    outer: Mark | None = place.get(MARK)
    known = outer
    while known is not None:
        if known.target == target:
            return None
        known = known.outer
    made = place[MARK] = Mark(target, outer)
    return made


def set_consumer(request: Any, name: str | None) -> None:
    """Say who made a request, while it is served; goes before the function `consumer`, `None` takes it back.

    The request is that of the framework, or the ASGI scope, or the WSGI environ. Never raises; without a
    middleware, nothing happens.
    """
    for place in (request, *(getattr(request, name, None) for name in ("scope", "environ", "META"))):
        try:
            known: Any = place.get(MARK)
        except Exception:  # noqa: S112, it is none of those that may have one
            continue
        if isinstance(known, Mark):
            text = None if name is None else cut(str(name), MAX_CONSUMER)
            while known is not None:
                known.consumer, known = text, known.outer
            return


def consumer_of(
    client: Client, noted: Mark, request: Any, convert: Callable[[Any], Any] | None = None
) -> str | None:
    """Return who called; none if the application does not know, or its function fails."""
    function = client.settings.consumer
    if noted.consumer is not None or function is None:
        return noted.consumer
    try:
        name = function(request if convert is None else convert(request))
        if inspect.isawaitable(name):
            _refuse(name)
        return None if name is None else cut(str(name), MAX_CONSUMER)
    except Exception:
        client.journal.failed("the consumer function")
        return None


def _refuse(name: Any) -> None:
    if inspect.iscoroutine(name):
        name.close()
    raise TypeError("consumer must not be asynchronous: nobody would await it")
