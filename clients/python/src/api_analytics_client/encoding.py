"""The wire form: a noted request becomes one line of JSON that the service will not refuse.

Runs in the sender's thread, which competes with the application for the interpreter. So a line is put
together from pieces, and pieces that come again (paths, agents, hosts, addresses) are looked up.
"""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable, Optional, TypeVar

from . import event as limits
from .addresses import AddressResolver, parse_address
from .event import MAX_STATUS, METHODS, MIN_STATUS, Event, Raw, RawTuple, Text

if TYPE_CHECKING:
    from .settings import Settings

MAX_CACHED = 2048
"""Entries of one cache; a full one is emptied, so memory is bounded and common values are soon back."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_Key = TypeVar("_Key")
_RequestKey = tuple[str, str, Optional[str]]
"""Method, path, route."""
_CallerKey = tuple[Optional[str], Optional[Text], Optional[Text], Optional[Text], Optional[str]]
"""Peer, forwarded header, user agent, host, consumer."""


class SkippedError(Exception):
    """The request is no event: its method or status is unknown to the service."""


class HookedError(Exception):
    """The hook dropped the event, or failed on it."""


class Encoder:
    """Makes lines of events. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings) -> None:
        self._resolver = AddressResolver(settings.trusted_proxies, settings.forwarded_header, settings.anonymize)
        self._hook = settings.on_event
        self.is_pure = self._hook is None
        """Whether encoding a request twice is the same as once."""
        self._requests = _Cache[_RequestKey](_request_piece)
        self._callers = _Cache[_CallerKey](self._caller_piece)
        self._second = -1
        self._second_text = ""

    def encode(self, raw: RawTuple) -> str:
        """Return the line of a request, or raise `SkippedError` or `HookedError`."""
        if self._hook is not None:
            return self._encode_hooked(Raw(*raw))
        (
            started,
            seconds,
            method,
            path,
            route,
            status,
            peer,
            forwarded,
            agent,
            host,
            consumer,
            received,
            sent,
        ) = raw
        request = self._requests[method, path, route]
        if not request or not MIN_STATUS <= status <= MAX_STATUS:
            raise SkippedError
        second = int(started)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        if method == "HEAD":
            sent = 0  # the server sends no body, whatever the application gives it
        request_bytes = "" if received is None else f',"request_bytes":{received}'
        response_bytes = "" if sent is None else f',"response_bytes":{sent}'
        return (
            f'{{"created_at":"{self._second_text}.{int((started - second) * 1e6):06d}Z"{request}'
            f"{self._callers[peer, forwarded, agent, host, consumer]}"
            f',"process_time":{seconds * 1000.0:.3f},"status_code":{status}{request_bytes}{response_bytes}}}\n'
        )

    def _caller_piece(self, key: _CallerKey) -> str:
        peer, forwarded, agent, host, consumer = key
        return (
            _piece("ip", self._resolver.resolve(peer, forwarded))
            + _piece("user_agent", clean(agent, limits.MAX_USER_AGENT))
            + _piece("hostname", hostname(host))
            + _piece("consumer", clean(consumer, limits.MAX_CONSUMER))
        )

    def _encode_hooked(self, raw: Raw) -> str:
        if raw.method not in METHODS or not MIN_STATUS <= raw.status <= MAX_STATUS:
            raise SkippedError
        event = Event(
            created_at=datetime.fromtimestamp(raw.started, timezone.utc),
            method=raw.method,
            endpoint=clean(raw.path, limits.MAX_ENDPOINT) or "/",
            ip=self._resolver.resolve(raw.peer, raw.forwarded),
            process_time=raw.seconds * 1000.0,
            status_code=raw.status,
            route=clean(raw.route, limits.MAX_ROUTE),
            user_agent=clean(raw.agent, limits.MAX_USER_AGENT),
            hostname=hostname(raw.host),
            consumer=clean(raw.consumer, limits.MAX_CONSUMER),
            request_bytes=raw.request_bytes,
            response_bytes=0 if raw.method == "HEAD" else raw.response_bytes,
        )
        assert self._hook is not None  # noqa: S101, that is why this is called
        try:
            changed = self._hook(event)
        except Exception as error:
            # A hook that was to hide something must not let it out by failing.
            raise HookedError(f"the on_event hook failed: {error!r}") from error
        if changed is None:
            raise HookedError
        try:
            return _line(changed)
        except Exception as error:
            raise HookedError(f"the on_event hook made an event that cannot be sent: {error!r}") from error


def clean(text: Text | None, most: int) -> str | None:
    """Cut to the limit, without control characters, outer blanks and what is no Unicode; none if empty."""
    if not text:
        return None
    if isinstance(text, bytes):
        # Four bytes are the longest character, so this cuts no character that will be kept.
        text = text[: most * 4 + 4].decode("utf-8", "replace")
    text = _CONTROL.sub("", text).strip()[:most].rstrip()
    return text.encode("utf-8", "replace").decode("utf-8") or None


def hostname(host: Text | None) -> str | None:
    """Return the name in a `Host` header: without port, in lower case."""
    text = clean(host, limits.MAX_HOSTNAME + len(":65535"))
    if text is None:
        return None
    name = text if text.endswith("]") else re.sub(r":\d*$", "", text)
    return name.lower()[: limits.MAX_HOSTNAME] or None


class _Cache(dict[_Key, str]):
    """Pieces of lines by the value that they are made from."""

    def __init__(self, make: Callable[[_Key], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: _Key) -> str:
        if len(self) >= MAX_CACHED:
            self.clear()
        piece = self[key] = self._make(key)
        return piece


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _piece(name: str, text: str | None) -> str:
    return "" if text is None else f',"{name}":{_quote(text)}'


def _request_piece(key: _RequestKey) -> str:
    method, path, route = key
    if method not in METHODS:
        return ""
    endpoint = clean(path, limits.MAX_ENDPOINT) or "/"
    return f',"method":"{method}","endpoint":{_quote(endpoint)}' + _piece("route", clean(route, limits.MAX_ROUTE))


def _line(event: Event) -> str:
    """Return the line of an event that a hook has had; raise where a value cannot be sent."""
    moment = event.created_at
    moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    process_time = float(event.process_time)
    if not 0 <= process_time <= limits.MAX_PROCESS_TIME_MS:
        raise ValueError(f"process_time {process_time}")
    if event.method not in METHODS:
        raise ValueError(f"method {event.method!r}")
    if not MIN_STATUS <= event.status_code <= MAX_STATUS:
        raise ValueError(f"status_code {event.status_code}")
    address = None if event.ip is None else parse_address(event.ip)
    if event.ip and address is None:
        raise ValueError(f"ip {event.ip!r}")
    values = {
        "created_at": moment.isoformat(),
        "method": event.method,
        "endpoint": clean(event.endpoint, limits.MAX_ENDPOINT) or "/",
        "ip": None if address is None else str(address),
        "process_time": round(process_time, 3),
        "status_code": int(event.status_code),
        "route": clean(event.route, limits.MAX_ROUTE),
        "user_agent": clean(event.user_agent, limits.MAX_USER_AGENT),
        "hostname": clean(event.hostname, limits.MAX_HOSTNAME),
        "consumer": clean(event.consumer, limits.MAX_CONSUMER),
        "request_bytes": _size(event.request_bytes),
        "response_bytes": _size(event.response_bytes),
    }
    kept = {name: value for name, value in values.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def _size(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= limits.MAX_BYTES:
        raise ValueError(f"a size of {value} bytes")
    return value
