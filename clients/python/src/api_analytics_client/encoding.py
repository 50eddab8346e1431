"""The wire form: a noted request becomes one line of JSON that the service will not refuse.

Runs in the collecting thread, which competes with the application for the interpreter. So a line is put together
from pieces, and those that come again (who asked, and how it ended) are looked up.
"""

from __future__ import annotations

import math
import re
import time
from datetime import datetime, timezone
from json.encoder import encode_basestring as _quote
from typing import TYPE_CHECKING

from . import event as limits
from .addresses import AddressResolver, parse_address
from .event import MAX_STATUS, METHODS, MIN_STATUS, UNKNOWN_BYTES, Event, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .event import Caller, Row, Waiting
    from .journal import Journal
    from .settings import Settings

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

MAX_KNOWN = 512
"""Pieces of each kind that are remembered, of rows that are not longer than usual: about 2 MiB at worst."""


class Encoder:
    """Makes lines of events. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self._journal = journal
        self._resolver = AddressResolver(settings.trusted_proxies, settings.forwarded_header, settings.anonymize)
        self._hook = settings.on_event
        self._targets: dict[tuple[str, str | None, int], str] = {}
        self._callers: dict[Caller, str] = {}
        self._second = math.nan
        """The second, in Unix time, of the last event."""
        self._head = ""
        """How its time begins."""

    def encode(self, rows: Iterable[Waiting]) -> list[str]:
        """Return the lines of requests; what is no event, or dropped by the hook, is counted and left out."""
        # The clock of the rows is one of intervals, and what it counts from is the system's own matter.
        offset = time.time() - time.perf_counter()
        lines = []
        for row in rows:
            try:
                if len(row) == 2:  # noqa: PLR2004, an event of the application's own
                    line = self._own_line(row[1])
                else:
                    line = self._line(row, offset) if self._hook is None else self._hooked_line(row, offset)
            except Exception:
                line = ""
                self._journal.counts.skipped += 1
                self._journal.failed("encoding")
            if line:
                lines.append(line)
        return lines

    def _line(self, row: Row, offset: float) -> str:
        size, started, ended, method, path, route, status, caller, received, sent = row
        target = self._targets.get((method, route, status))
        if target is None:
            target = self._new_target(method, route, status)
        if not target:
            self._journal.counts.skipped += 1
            return ""
        who = self._callers.get(caller)
        if who is None:
            who = self._new_caller(caller, size)
        arrived = started + offset
        second = math.floor(arrived)
        if second != self._second:
            self._second = second
            self._head = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        created_at = f"{self._head}.{int((arrived - second) * 1e6):06d}Z"
        if method == "HEAD":
            sent = 0  # the server sends no body, whatever the application gives it
        return _assemble(created_at, target, path, who, (ended - started) * 1000.0, received, sent)

    def _new_target(self, method: str, route: str | None, status: int) -> str:
        if method not in METHODS or not MIN_STATUS <= status <= MAX_STATUS:
            return ""
        if len(self._targets) >= MAX_KNOWN:
            self._targets.clear()
        target = self._targets[method, route, status] = _target_piece(method, route, status)
        return target

    def _new_caller(self, caller: Caller, size: int) -> str:
        peer, agent, host, forwarded, consumer = caller
        who = _caller_piece(self._resolver.resolve(peer, forwarded), agent, hostname(host), consumer)
        if size <= limits.USUAL_BYTES:
            if len(self._callers) >= MAX_KNOWN:
                self._callers.clear()
            self._callers[caller] = who
        return who

    def _hooked_line(self, row: Row, offset: float) -> str:
        _, started, ended, method, path, route, status, caller, received, sent = row
        if method not in METHODS or not MIN_STATUS <= status <= MAX_STATUS:
            self._journal.counts.skipped += 1
            return ""
        peer, agent, host, forwarded, consumer = caller
        event = Event(
            created_at=datetime.fromtimestamp(started + offset, timezone.utc),
            method=method,
            endpoint=clean(path, limits.MAX_ENDPOINT) or "/",
            ip=self._resolver.resolve(peer, forwarded),
            process_time=(ended - started) * 1000.0,
            status_code=status,
            route=clean(route, limits.MAX_ROUTE),
            user_agent=clean(agent, limits.MAX_USER_AGENT),
            hostname=hostname(host),
            consumer=clean(consumer, limits.MAX_CONSUMER),
            request_bytes=None if received < 0 else received,
            response_bytes=0 if method == "HEAD" else None if sent < 0 else sent,
        )
        return self._ask_hook(event)

    def _own_line(self, event: Event) -> str:
        try:
            line_of(event)  # fails on an address that is none, which anonymising would hide
            event.ip = self._resolver.resolve(event.ip, None)
            line = line_of(event)
        except Exception as error:
            self._journal.counts.skipped += 1
            self._journal.say("own", f"skipped {{count}} events that cannot be sent: {error!r}")
            return ""
        return line if self._hook is None else self._ask_hook(event)

    def _ask_hook(self, event: Event) -> str:
        assert self._hook is not None  # noqa: S101, that is why this is called
        # A hook that was to hide something must not let it out by failing.
        try:
            changed = self._hook(event)
        except Exception as error:
            return self._dropped_by_hook(f"failed: {error!r}")
        if changed is None:
            return self._dropped_by_hook()
        try:
            return line_of(changed)
        except Exception as error:
            return self._dropped_by_hook(f"made an event that cannot be sent: {error!r}")

    def _dropped_by_hook(self, fault: str | None = None) -> str:
        self._journal.counts.hooked += 1
        if fault is not None:
            self._journal.say("hook", f"the on_event hook {fault}; dropped {{count}} events")
        return ""


def line_of(event: Event) -> str:
    """Return the line of an event that the application has made or changed; raise where it cannot be sent."""
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
    return _assemble(
        moment.isoformat(),
        _target_piece(event.method, event.route, int(event.status_code)),
        event.endpoint,
        _caller_piece(
            None if address is None else str(address),
            event.user_agent,
            clean(event.hostname, limits.MAX_HOSTNAME),
            event.consumer,
        ),
        process_time,
        _bytes(event.request_bytes),
        _bytes(event.response_bytes),
    )


def clean(text: Text | None, most: int) -> str | None:
    """Cut to the limit, without control characters, outer blanks and what is no Unicode; none if empty."""
    if not text:
        return None
    if isinstance(text, bytes):
        # Four bytes are the longest character, so this cuts no character that will be kept.
        text = text[: most * 4 + 4].decode("utf-8", "replace")
    if text.isascii() and text.isprintable() and len(text) <= most and text == text.strip():
        return text  # as nearly all are
    text = _CONTROL.sub("", text).strip()[:most].rstrip()
    return text.encode("utf-8", "replace").decode("utf-8") or None


def hostname(host: Text | None) -> str | None:
    """Return the name in a `Host` header: without port, in lower case."""
    text = clean(host, limits.MAX_HOSTNAME + len(":65535"))
    if text is None:
        return None
    name = text if text.endswith("]") else re.sub(r":\d*$", "", text)
    return name.lower()[: limits.MAX_HOSTNAME] or None


def _assemble(
    created_at: str, target: str, path: str, who: str, process_time: float, received: int, sent: int
) -> str:
    """Put a line together; sizes that are not known are negative."""
    request_bytes = f',"request_bytes":{received}' if received >= 0 else ""
    response_bytes = f',"response_bytes":{sent}' if sent >= 0 else ""
    endpoint = _quote(clean(path, limits.MAX_ENDPOINT) or "/")
    return (
        f'{{"created_at":"{created_at}","endpoint":{endpoint}{target}{who}'
        f',"process_time":{process_time:.3f}{request_bytes}{response_bytes}}}\n'
    )


def _target_piece(method: str, route: str | None, status: int) -> str:
    template = clean(route, limits.MAX_ROUTE)
    return f',"method":"{method}"{_piece("route", template)},"status_code":{status}'


def _caller_piece(address: str | None, agent: Text | None, host: str | None, consumer: str | None) -> str:
    return (
        _piece("ip", address)
        + _piece("user_agent", clean(agent, limits.MAX_USER_AGENT))
        + _piece("hostname", host)
        + _piece("consumer", clean(consumer, limits.MAX_CONSUMER))
    )


def _piece(name: str, text: str | None) -> str:
    return "" if text is None else f',"{name}":{_quote(text)}'


def _bytes(value: int | None) -> int:
    if value is None:
        return UNKNOWN_BYTES
    if not 0 <= value <= limits.MAX_BYTES:
        raise ValueError(f"a size of {value} bytes")
    return int(value)
