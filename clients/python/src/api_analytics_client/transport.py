"""One kept-alive HTTP connection to the service, with an upper bound on every wait.

Knows requests and answers, but not what an answer means for a batch; that is for `sender`.
"""

from __future__ import annotations

import codecs
import http.client
import math
import selectors
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Callable, Union

from ._version import __version__

if TYPE_CHECKING:
    from .settings import Settings

CONNECT_SECONDS = 3.0
POLL_SECONDS = 0.2
MAX_ANSWER_BYTES = 2**20
SELECTOR = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""One that is set up without a system call: after each one the interpreter has to be waited for."""
STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError)
"""How a kept connection ends that the service has closed in the meantime."""

# Of host names. Sockets load it when they connect first, in the sender's thread; a process that is forked while
# something is being loaded can never load it.
codecs.lookup("idna")


@dataclass(frozen=True)
class Answer:
    """What the service said."""

    status: int
    body: bytes
    retry_after: float | None
    """Seconds, if it named any."""
    location: str | None = None


@dataclass(frozen=True)
class Failure:
    """Why there is no answer."""

    error: Exception


Outcome = Union[Answer, Failure]


class _Connection(http.client.HTTPConnection):
    """A connection that sends head and body of a request at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._parts: list[bytes] = []

    def send(self, data: Any) -> None:
        """Keep a part of the request until it is complete."""
        self._parts.append(data)

    def flush(self) -> None:
        """Send the request."""
        data = b"".join(self._parts)
        self._parts.clear()
        super().send(data)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same with TLS."""


class Transport:
    """Sends requests one after the other. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._timeout = settings.timeout
        self._headers = {
            "X-API-Key": settings.api_key,
            "User-Agent": f"api-analytics-client-python/{__version__}",
            "Accept": "application/json",
        }
        self._connection: _Connection | None = None
        self.give_up_at = math.inf
        """When every wait ends (monotonic time): set by another thread when the process is to end."""

    def post_batch(self, body: bytes, key: str, meanwhile: Callable[[], None]) -> Outcome:
        """Send a compressed batch; `meanwhile` is called again and again while the answer is awaited."""
        headers = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Idempotency-Key": key,
        }
        return self.request("POST", "/track/batch", body, headers, meanwhile)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Send a request and read its answer."""
        headers = {**self._headers, **(headers or {})}
        kept = self._connection is not None
        try:
            try:
                return self._exchange(method, path, body, headers, meanwhile)
            except STALE:
                if not kept:
                    raise
                # It was closed while it was idle: a new one may do, and the idempotency key makes that safe.
                self.close()
                return self._exchange(method, path, body, headers, meanwhile)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            return Failure(error)

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        meanwhile: Callable[[], None],
    ) -> Answer:
        connection = self._connection or self._connect()
        connection.request(method, self._url.path + path, body, headers)
        connection.flush()
        self._await_answer(connection, meanwhile)
        response = connection.getresponse()
        data = response.read(MAX_ANSWER_BYTES)
        answer = Answer(response.status, data, retry_after(response.headers), response.headers.get("Location"))
        if response.will_close or not response.isclosed():
            self.close()
        return answer

    def _connect(self) -> _Connection:
        host, port = self._url.hostname or "", self._url.port
        timeout = min(CONNECT_SECONDS, max(0.1, self.give_up_at - time.monotonic()))
        connection: _Connection
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            connection = _SecureConnection(host, port, timeout=timeout, context=context)
        else:
            connection = _Connection(host, port, timeout=timeout)
        connection.connect()
        connection.sock.settimeout(self._timeout)
        self._connection = connection
        return connection

    def _await_answer(self, connection: _Connection, meanwhile: Callable[[], None]) -> None:
        deadline = time.monotonic() + self._timeout
        with SELECTOR() as selector:
            selector.register(connection.sock, selectors.EVENT_READ)
            while not selector.select(POLL_SECONDS):
                if time.monotonic() > min(deadline, self.give_up_at):
                    raise TimeoutError("no answer in time")
                meanwhile()


def retry_after(headers: http.client.HTTPMessage) -> float | None:
    """Read the header `Retry-After`: seconds, or a date."""
    text = headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
