"""One kept-alive HTTP connection to the service; a request has one deadline for all that it takes.

Knows requests and answers, but not what an answer means for a batch; that is for `verdicts`. The one thing that
does not heed the deadline is the system's look-up of a name, which is why `courier` watches over this.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import math
import socket
import ssl
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Union

from ._version import __version__
from .connecting import Connector, left

if TYPE_CHECKING:
    from .batches import Batch
    from .settings import Settings

MAX_ANSWER_BYTES = 2**20
SEND_BYTES = 2**16
STALE = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    BrokenPipeError,
    ConnectionAbortedError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)
"""How a kept connection ends that the service has closed in the meantime."""


@dataclass(frozen=True)
class Request:
    """What the service is asked."""

    method: str
    path: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_batch(cls, batch: Batch) -> Request:
        """Return the request that delivers a batch."""
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Idempotency-Key": batch.key,
        }
        return cls("POST", "/track/batch", batch.body, headers)


@dataclass(frozen=True)
class Answer:
    """What the service said."""

    status: int
    body: bytes
    retry_after: float | None
    """Seconds, if it named any."""
    location: str | None = None
    content_type: str = ""


@dataclass(frozen=True)
class Failure:
    """Why there is no answer."""

    error: Exception


Outcome = Union[Answer, Failure]


class Transport:
    """Sends requests one after the other. One thread owns it; only `abort` is for others."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._headers = {
            "X-API-Key": settings.api_key,
            "User-Agent": f"api-analytics-client-python/{__version__}",
            "Accept": "application/json",
        }
        self._connector = Connector(settings)
        self._connection: _Connection | None = None
        self._socket: socket.socket | None = None
        """What is in use, also while it is being connected."""

    def request(self, request: Request, deadline: float) -> Outcome:
        """Send a request and read its answer, until the deadline (monotonic time)."""
        kept = self._connection is not None
        try:
            try:
                return self._exchange(request, deadline)
            except STALE:
                if not kept:
                    raise
                # It was closed while it was idle: a new one may do, and the idempotency key makes that safe.
                self.close()
                return self._exchange(request, deadline)
        except Exception as error:
            self.close()
            return Failure(error)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """Have the request that is under way fail, from another thread."""
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(Exception):
                # Not that of a TLS socket, which would drop the state that the other thread is using.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _exchange(self, request: Request, deadline: float) -> Answer:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect(deadline)
        connection.stream.deadline = deadline
        headers = {**self._headers, **self._connector.headers, **request.headers}
        path = self._connector.prefix + self._url.path + request.path
        connection.request(request.method, path, request.body, headers)
        connection.flush()
        response = connection.getresponse()
        data = response.read(MAX_ANSWER_BYTES)
        found = response.headers
        answer = Answer(
            response.status,
            data,
            retry_after(found.get("Retry-After")),
            found.get("Location"),
            found.get_content_type(),
        )
        if response.will_close or not response.isclosed():
            self.close()
        return answer

    def _connect(self, deadline: float) -> _Connection:
        sock = self._connector.connect(deadline, self._use)
        # The port is in the header `Host` unless it is the usual one of the scheme.
        return _Connection(self._url, _Stream(sock))

    def _use(self, sock: socket.socket) -> None:
        self._socket = sock


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket that is connected already; head and body of a request go out at once."""

    def __init__(self, url: Any, stream: _Stream) -> None:
        super().__init__(url.hostname, url.port)
        if url.scheme == "https":
            self.default_port = http.client.HTTPS_PORT
        self.stream = stream
        self.sock: Any = stream
        self._parts: list[bytes] = []

    def send(self, data: Any) -> None:
        """Keep a part of the request until it is complete."""
        self._parts.append(data)

    def flush(self) -> None:
        """Send the request."""
        data = b"".join(self._parts)
        self._parts.clear()
        if self.sock is None:
            raise http.client.NotConnected
        self.stream.sendall(data)


class _Stream:
    """What `http.client` takes for a socket: whatever it does ends at the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.deadline = math.inf
        """When all is over (monotonic time)."""

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.limited().send(rest[:SEND_BYTES]) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the answer is read from."""
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)))

    def limited(self) -> socket.socket:
        """Return the socket, ready for one operation."""
        self._sock.settimeout(left(self.deadline))
        return self._sock

    def close(self) -> None:
        """Close it, once the answer has been read."""
        self._sock.close()


class _Reader(io.RawIOBase):
    """The bytes of an answer."""

    def __init__(self, stream: _Stream, raw: io.RawIOBase) -> None:
        super().__init__()
        self._stream = stream
        self._raw = raw

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come."""
        self._stream.limited()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


def retry_after(text: str | None) -> float | None:
    """Read the header `Retry-After`, which is seconds or a date; return seconds from now."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
