"""Values that come again with every request: each is kept once, however many waiting requests have it.

So a waiting request holds little memory of its own, and what is made of a value is made once. That matters
beyond the time it takes: objects that one thread makes and another one reads and frees are slow for both.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar, Union

from .event import MAX_ENDPOINT, MAX_HEADER_BYTES, METHODS, cut

if TYPE_CHECKING:
    from .event import Text

MAX_KNOWN = 1024
"""Entries of one table."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Target:
    """What was asked for, and how it ended."""

    __slots__ = ("method", "path", "piece", "route", "source", "status")

    def __init__(
        self, method: str, path: str | None, route: str | None, status: int, source: object = None
    ) -> None:
        self.method = method if method in METHODS else ""
        """Empty if it is none that the service knows."""
        self.path = path if path is None else cut(path, MAX_ENDPOINT)
        """None if it differs from request to request, each of which has its own then."""
        self.route = route
        self.status = status
        self.source = source
        """What it is known by; kept, lest another object gets its identity."""
        self.piece: str | None = None
        """Its part of a line, once it has been needed; empty if it is no event."""


class Caller:
    """Who asked, and what for a client and host were named."""

    __slots__ = ("agent", "consumer", "forwarded", "host", "peer", "piece")

    def __init__(
        self,
        peer: str | None,
        agent: Text | None,
        host: Text | None,
        forwarded: Text | None = None,
        consumer: str | None = None,
    ) -> None:
        self.peer = cut(peer, MAX_HEADER_BYTES)
        """The address of the connection's other end; servers that trust a proxy put a header's text there."""
        self.agent = cut(agent, MAX_HEADER_BYTES)
        self.host = cut(host, MAX_HEADER_BYTES)
        self.forwarded = forwarded
        """The header with the forwarded addresses, if proxies are trusted."""
        self.consumer = consumer
        self.piece: str | None = None
        """Its part of a line, once it has been needed."""


CallerKey = Union[
    tuple["str | None", "Text | None", "Text | None"],
    tuple["str | None", "Text | None", "Text | None", "Text | None", "str | None"],
]
"""The arguments of `Caller`."""


class Table(OrderedDict[_Key, _Value]):
    """A bounded dictionary. It may be read by any thread; the first to come is the first to go."""

    def add(self, key: _Key, value: _Value) -> _Value:
        """Remember a value, and return it."""
        if len(self) >= MAX_KNOWN:
            self.popitem(last=False)
        self[key] = value
        return value


class Known:
    """The tables of one client."""

    def __init__(self) -> None:
        self.callers: Table[CallerKey, Caller] = Table()
        self._targets: Table[tuple[str, str | None, int], Target] = Table()

    def caller(self, key: CallerKey) -> Caller:
        """Return who that is."""
        caller = self.callers.get(key)
        return self.new_caller(key) if caller is None else caller

    def new_caller(self, key: CallerKey) -> Caller:
        """Return who that is, who is not in the table."""
        caller = Caller(*key)
        # Keys stay in memory, so they must not be of any length.
        is_bounded = caller.peer is key[0] and caller.agent is key[1] and caller.host is key[2]
        return self.callers.add(key, caller) if is_bounded else caller

    def target(self, method: str, route: str | None, status: int) -> Target:
        """Return a target whose path is left to the requests."""
        key = (method, route, status)
        target = self._targets.get(key)
        if target is None:
            target = Target(method, None, route, status)
            if target.method:
                self._targets.add(key, target)
        return target
