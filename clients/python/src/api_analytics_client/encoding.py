"""The wire form: a noted request becomes one line of JSON that the service will not refuse.

Runs in the sender's thread, which competes with the application for the interpreter. So a line is put
together from pieces, and pieces that come again (paths, agents, hosts, addresses) are looked up.
"""

from __future__ import annotations

import json
import math
import re
import time
from datetime import datetime, timezone
from json.encoder import encode_basestring as _quote
from typing import TYPE_CHECKING

from . import event as limits
from .addresses import AddressResolver, parse_address
from .event import MAX_STATUS, METHODS, MIN_STATUS, Event, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .event import Row
    from .journal import Journal
    from .known import Caller, Target
    from .settings import Settings

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Encoder:
    """Makes lines of events. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self._journal = journal
        self._resolver = AddressResolver(settings.trusted_proxies, settings.forwarded_header, settings.anonymize)
        self._hook = settings.on_event

    def encode(self, rows: Iterable[Row]) -> list[str]:
        """Return the lines of requests; what is no event, or dropped by the hook, is counted and left out."""
        # The clock of the rows is one of intervals, and what it counts from is the system's own matter.
        offset = time.time() - time.perf_counter()
        return self._lines(rows, offset) if self._hook is None else self._hooked_lines(rows, offset)

    def _lines(self, rows: Iterable[Row], offset: float) -> list[str]:
        lines = []
        begin, head = math.inf, ""
        # One loop without calls for what nearly all requests are.
        for started, ended, target, path, caller, received, sent in rows:
            try:
                at = started - begin
                if not 0.0 <= at < 1.0:
                    second = math.floor(started + offset)
                    begin = second - offset
                    at = min(max(started - begin, 0.0), 0.999_999)  # its rounding may differ
                    head = time.strftime('{"created_at":"%Y-%m-%dT%H:%M:%S', time.gmtime(second))
                request = target.piece
                if request is None:
                    request = target.piece = _target_piece(target)
                if not request:
                    self._journal.counts.skipped += 1
                    continue
                who = caller.piece
                if who is None:
                    who = caller.piece = self._caller_piece(caller)
                if path is not None:
                    request = f',"endpoint":{_quote(clean(path, limits.MAX_ENDPOINT) or "/")}{request}'
                if received < 0 or sent < 0 or target.method == "HEAD":
                    sizes = _sizes_piece(received, sent, target)
                else:
                    sizes = f',"request_bytes":{received},"response_bytes":{sent}'
                lines.append(
                    f'{head}.{int(at * 1e6):06d}Z"{request}{who}'
                    f',"process_time":{(ended - started) * 1000.0:.3f}{sizes}}}\n'
                )
            except Exception:
                self._skip_failed()
        return lines

    def _caller_piece(self, caller: Caller) -> str:
        return (
            _piece("ip", self._resolver.resolve(caller.peer, caller.forwarded))
            + _piece("user_agent", clean(caller.agent, limits.MAX_USER_AGENT))
            + _piece("hostname", hostname(caller.host))
            + _piece("consumer", clean(caller.consumer, limits.MAX_CONSUMER))
        )

    def _skip_failed(self) -> None:
        self._journal.counts.skipped += 1
        self._journal.failed("encoding")

    def _hooked_lines(self, rows: Iterable[Row], offset: float) -> list[str]:
        lines = []
        for row in rows:
            try:
                line = self._hooked_line(row, offset)
            except Exception:
                self._skip_failed()
            else:
                if line:
                    lines.append(line)
        return lines

    def _hooked_line(self, row: Row, offset: float) -> str:
        started, ended, target, path, caller, received, sent = row
        if not _is_event(target):
            self._journal.counts.skipped += 1
            return ""
        event = Event(
            created_at=datetime.fromtimestamp(started + offset, timezone.utc),
            method=target.method,
            endpoint=clean(target.path if path is None else path, limits.MAX_ENDPOINT) or "/",
            ip=self._resolver.resolve(caller.peer, caller.forwarded),
            process_time=(ended - started) * 1000.0,
            status_code=target.status,
            route=clean(target.route, limits.MAX_ROUTE),
            user_agent=clean(caller.agent, limits.MAX_USER_AGENT),
            hostname=hostname(caller.host),
            consumer=clean(caller.consumer, limits.MAX_CONSUMER),
            request_bytes=None if received < 0 else received,
            response_bytes=0 if target.method == "HEAD" else None if sent < 0 else sent,
        )
        assert self._hook is not None  # noqa: S101, that is why this is called
        # A hook that was to hide something must not let it out by failing.
        try:
            changed = self._hook(event)
        except Exception as error:
            return self._dropped_by_hook(f"failed: {error!r}")
        if changed is None:
            return self._dropped_by_hook()
        try:
            return _event_line(changed)
        except Exception as error:
            return self._dropped_by_hook(f"made an event that cannot be sent: {error!r}")

    def _dropped_by_hook(self, fault: str | None = None) -> str:
        self._journal.counts.hooked += 1
        if fault is not None:
            self._journal.say("hook", f"the on_event hook {fault}; dropped {{count}} events")
        return ""


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


def _piece(name: str, text: str | None) -> str:
    return "" if text is None else f',"{name}":{_quote(text)}'


def _is_event(target: Target) -> bool:
    return target.method in METHODS and MIN_STATUS <= target.status <= MAX_STATUS


def _target_piece(target: Target) -> str:
    if not _is_event(target):
        return ""
    endpoint = None if target.path is None else clean(target.path, limits.MAX_ENDPOINT) or "/"
    route = clean(target.route, limits.MAX_ROUTE)
    return (
        f',"method":"{target.method}"{_piece("endpoint", endpoint)}{_piece("route", route)}'
        f',"status_code":{target.status}'
    )


def _sizes_piece(received: int, sent: int, target: Target) -> str:
    if target.method == "HEAD":
        sent = 0  # the server sends no body, whatever the application gives it
    request_bytes = "" if received < 0 else f',"request_bytes":{received}'
    return request_bytes if sent < 0 else f'{request_bytes},"response_bytes":{sent}'


def _event_line(event: Event) -> str:
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
