"""Where the application's threads leave requests, and the collecting thread finds them.

`put` is all that stands in a request's path: an append to a queue. It never waits, and it is safe in signal
handlers, which may interrupt it anywhere.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Callable

from .waker import Waker

if TYPE_CHECKING:
    from .event import Waiting


class Inbox:
    """A queue bounded in requests and in bytes, which drops its oldest."""

    __slots__ = (
        "_attend_at",
        "_held_bytes",
        "_lock",
        "_most_bytes",
        "_start",
        "_waker",
        "batch_size",
        "capacity",
        "marks",
        "overflow_counted",
        "overflowed",
        "requests",
    )

    def __init__(self, capacity: int, most_bytes: int, batch_size: int, start: Callable[[], None]) -> None:
        self.capacity = capacity
        self.batch_size = min(batch_size, capacity)
        self.requests: deque[Waiting] = deque()
        self.marks: deque[threading.Event] = deque()
        """Of calls of `flush` that have not been seen yet."""
        self.overflowed = 0
        """Requests that were dropped."""
        self.overflow_counted = 0
        """Of these, those that the collector has counted."""
        self._most_bytes = most_bytes
        self._held_bytes = 0
        """About the bytes in the queue. Kept without a lock: two threads at once may lose the size of a row,
        which is made good whenever the queue is empty."""
        self._start = start
        """Starts the threads if they do not run."""
        self._attend_at = 1
        """From so many requests on, more has to be done than to append one: wake the collector, or drop one."""
        # Reentrant, for a signal handler may come upon it in its own thread.
        self._lock = threading.RLock()
        self._waker = Waker()

    def put(self, row: Waiting) -> None:
        """Leave a request."""
        requests = self.requests
        requests.append(row)
        self._held_bytes = held = self._held_bytes + row[0]
        if len(requests) >= self._attend_at or held > self._most_bytes:
            self._attend()

    def take(self, most: int) -> list[Waiting]:
        """Take out the oldest requests, up to a number."""
        rows: list[Waiting] = []
        # A thread of the application may drop the rest meanwhile, and counts it.
        while len(rows) < most:
            try:
                row = self.requests.popleft()
            except IndexError:
                break
            self._held_bytes -= row[0]
            rows.append(row)
        if not self.requests:
            self._held_bytes = 0
        return rows

    def wake(self) -> None:
        """End the collector's wait."""
        self._waker.wake()

    def wait(self, seconds: float | None) -> None:
        """Sleep until woken, or for so many seconds; with none, until a request comes."""
        self._attend_at = 1 if seconds is None else self.batch_size
        # Looked at after it is set, so a request is never left behind.
        if len(self.requests) >= self._attend_at or self.marks:
            seconds = 0.0
        self._waker.wait(seconds)
        self._attend_at = self.capacity + 1

    def rest(self) -> None:
        """Have the next request start a collector."""
        self._attend_at = 1

    def _attend(self) -> None:
        while len(self.requests) > self.capacity or self._held_bytes > self._most_bytes:
            # Threads that pass here together may exceed the bounds, by their number at most.
            with self._lock:
                try:
                    row = self.requests.popleft()
                except IndexError:
                    self._held_bytes = 0
                    break
                self._held_bytes -= row[0]
                self.overflowed += 1
        if self._attend_at <= self.capacity:
            self._attend_at = self.capacity + 1
            # After it is set: who wakes for this sets it anew.
            self._waker.wake()
            self._start()
