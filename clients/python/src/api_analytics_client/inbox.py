"""Where the application's threads leave requests, and the sender's thread finds them.

`put` is all that stands in a request's path: an append to a queue. It never waits, and it is safe in signal
handlers, which may interrupt it anywhere; so waking the sender takes no lock that Python code could hold.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from .event import Row


class Inbox:
    """A bounded queue that drops its oldest."""

    __slots__ = (
        "_attend_at",
        "_lock",
        "_start",
        "_wake",
        "batch_size",
        "capacity",
        "marks",
        "overflowed",
        "requests",
    )

    def __init__(self, capacity: int, batch_size: int, start: Callable[[], None]) -> None:
        self.capacity = capacity
        self.batch_size = min(batch_size, capacity)
        self.requests: deque[Row] = deque()
        self.marks: deque[threading.Event] = deque()
        """Of calls of `flush` that have not been seen yet."""
        self.overflowed = 0
        """Requests that were dropped."""
        self._start = start
        """Starts the sender if it does not run."""
        self._attend_at = 1
        """From so many requests on, more has to be done than to append one: wake the sender, or drop one."""
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, row: Row) -> None:
        """Leave a request."""
        requests = self.requests
        requests.append(row)
        if len(requests) >= self._attend_at:
            self._attend()

    def wake(self) -> None:
        """End the sender's wait."""
        self._wake.put(None)

    def wait(self, seconds: float | None) -> None:
        """Sleep until woken, or for so many seconds; with none, until a request comes."""
        self._attend_at = 1 if seconds is None else self.batch_size
        # Looked at after it is set, so a request is never left behind.
        if len(self.requests) >= self._attend_at or self.marks:
            seconds = 0.0
        with contextlib.suppress(queue.Empty):
            self._wake.get(block=seconds is None or seconds > 0, timeout=seconds)
            while True:  # what woke it several times needs one look
                self._wake.get_nowait()
        self._attend_at = self.capacity + 1

    def rest(self) -> None:
        """Have the next request start a sender."""
        self._attend_at = 1

    def _attend(self) -> None:
        # Threads that pass here together may exceed the capacity, by their number at most.
        if len(self.requests) > self.capacity:
            with contextlib.suppress(IndexError):
                self.requests.popleft()
                with self._lock:
                    self.overflowed += 1
        if self._attend_at <= self.capacity:
            self._attend_at = self.capacity + 1
            # After it is set: who wakes for this sets it anew.
            self._wake.put(None)
            self._start()
