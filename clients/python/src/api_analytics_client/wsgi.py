"""The middleware for WSGI applications: Flask and any other.

A WSGI answer is complete when the server has sent what the application returned and closes it.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Callable

from .event import MAX_HEADER_BYTES, MAX_LENGTH_DIGITS, STATUS_FAILED, UNKNOWN_BYTES, note
from .naming import consumer_of, mark
from .shared import client_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Unpack

    from .client import Client
    from .event import Caller
    from .naming import Mark
    from .options import Options

    Environ = dict[str, Any]
    StartResponse = Callable[..., Any]
    App = Callable[[Environ, StartResponse], Iterable[bytes]]


class AnalyticsMiddleware:
    """Records every request of the application that it wraps.

    The options are those of `Options`. `consumer` is given the environ, after the application has run.
    """

    def __init__(self, app: App, **options: Unpack[Options]) -> None:
        self.app = app
        self.client = client_for(options)
        """None if the options do not do; then nothing is recorded."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        client = self.client
        if client is None:
            return self.app(environ, start_response)
        path = decoded(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
        if client.settings.excludes(environ.get("REQUEST_METHOD", ""), path):
            return self.app(environ, start_response)
        noted = mark(environ, client.settings.target)
        if noted is None:
            return self.app(environ, start_response)
        exchange = Exchange(client, noted, environ, start_response, path)
        try:
            result = self.app(environ, exchange.start_response)
        except BaseException:
            exchange.finish(failed=True)
            raise
        return exchange.watch(result)


class Exchange:
    """One request and its answer."""

    __slots__ = (
        "_client",
        "_environ",
        "_finished",
        "_length",
        "_mark",
        "_path",
        "_route",
        "_start_response",
        "_started",
        "_status",
        "sent",
    )

    def __init__(
        self, client: Client, noted: Mark, environ: Environ, start_response: StartResponse, path: str
    ) -> None:
        self._client = client
        self._mark = noted
        self._environ = environ
        self._start_response = start_response
        self._path = path
        self._status = 0
        self._length: int | None = None
        self._route: str | None = None
        self._finished = False
        self.sent = 0
        self._started = perf_counter()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Pass the head of the answer on to the server; with `exc_info`, it may replace an earlier one."""
        try:
            # Servers raise here what they are given, if the earlier head has gone out.
            if exc_info is None:
                write = self._start_response(status, headers)
            else:
                write = self._start_response(status, headers, exc_info)
        finally:
            exc_info = None  # a traceback that holds this frame would be freed late
        code = status[:3]
        if code.isdigit():
            self._status = int(code)
        try:
            self._route = route(self._environ)
        except Exception:
            self._client.journal.failed("the WSGI middleware")
        for name, value in headers:
            if name.lower() == "content-length":
                self._length = length(value)
        return _watch_write(self, write)

    def watch(self, result: Iterable[bytes]) -> Iterable[bytes]:
        """Return what the server is to send; it ends the exchange when it is closed."""
        if isinstance(result, (list, tuple)):
            # Complete as it is; servers treat these as a body of known length, so it is passed on untouched.
            self.sent += sum(map(len, result))
            self.finish()
            return result
        wrapper = self._environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type) and isinstance(result, wrapper) and self._watch_file(result):
            return result
        return Body(result, self)

    def finish(self, *, failed: bool = False) -> None:
        """Record the request, once."""
        if self._finished:
            return
        self._finished = True
        ended = perf_counter()
        try:
            # A server sends no head before there is some body, so a failure before that is a 500.
            status = STATUS_FAILED if failed and not self.sent else self._status or STATUS_FAILED
            self._record(ended, status)
        except Exception:
            self._client.journal.failed("the WSGI middleware")

    def _watch_file(self, result: Any) -> bool:
        """Have a file be closed by way of the exchange; servers know its type and send it in a faster way."""
        close = getattr(result, "close", None)

        def close_and_finish() -> None:
            try:
                if close is not None:
                    close()
            finally:
                self.sent = self.sent or self._length or 0
                self.finish()

        try:
            result.close = close_and_finish
        except AttributeError:
            return False
        return True

    def _record(self, ended: float, status: int) -> None:
        environ, client = self._environ, self._client
        client.put(
            note(
                self._started,
                ended,
                environ.get("REQUEST_METHOD", ""),
                self._path,
                self._route,
                status,
                caller(client, environ, consumer_of(client, self._mark, environ)),
                received(environ),
                self.sent,
            )
        )


class Body:
    """An answer's body on its way to the server."""

    __slots__ = ("_exchange", "_iterator", "_result")

    def __init__(self, result: Iterable[bytes], exchange: Exchange) -> None:
        self._result = result
        self._exchange = exchange
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Body:
        """Start the body."""
        return self

    def __next__(self) -> bytes:
        """Return the next part."""
        try:
            if self._iterator is None:
                self._iterator = iter(self._result)
            part = next(self._iterator)
        except StopIteration:
            raise
        except BaseException:
            self._exchange.finish(failed=True)
            raise
        self._exchange.sent += len(part)
        return part

    def close(self) -> None:
        """End the exchange."""
        try:
            close = getattr(self._result, "close", None)
            if close is not None:
                close()
        finally:
            self._exchange.finish()


def caller(client: Client, environ: Environ, consumer: str | None) -> Caller:
    """Return who asked, by the variables of a request."""
    forwarded = None
    if client.settings.trusted_proxies:
        name = "HTTP_" + client.settings.forwarded_header.upper().replace("-", "_")
        forwarded = environ.get(name, "")[-MAX_HEADER_BYTES:]
    agent = environ.get("HTTP_USER_AGENT")
    return (
        environ.get("REMOTE_ADDR"),
        agent.encode("latin-1", "replace") if agent else None,
        environ.get("HTTP_HOST"),
        forwarded,
        consumer,
    )


def route(environ: Environ) -> str | None:
    """Return the template of the route, which Flask's request knows until the application has returned."""
    rule = getattr(getattr(environ.get("werkzeug.request"), "url_rule", None), "rule", None)
    # Dispatchers move the place of a mounted application into the script's name.
    return decoded(environ.get("SCRIPT_NAME", "")) + rule if isinstance(rule, str) else None


def decoded(path: str) -> str:
    """Return the text of a WSGI path, which is bytes in the guise of Latin-1."""
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def length(text: str | None) -> int | None:
    """Read a `Content-Length`."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > MAX_LENGTH_DIGITS:
        return None
    return int(text)


def received(environ: Environ) -> int:
    """Return the size of the request's body; of one in chunks only the server knows it."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return UNKNOWN_BYTES
    return length(environ.get("CONTENT_LENGTH")) or 0


def _watch_write(exchange: Exchange, write: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """Count what an application of the old kind writes by itself."""

    def counted(part: bytes) -> Any:
        exchange.sent += len(part)
        return write(part) if write is not None else None

    return counted
