"""Where the application's threads leave requests, and the sender's thread finds them.

`put` is all that stands in a request's path: an append to a queue. It never waits, and it is safe in signal
handlers, which may interrupt it anywhere; so waking the sender takes no lock that Python code could hold.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .event import RawTuple


class Inbox:
    """A bounded queue that drops its oldest."""

    __slots__ = ("_lock", "_wake", "batch_size", "capacity", "idle", "marks", "overflowed", "requests")

    def __init__(self, capacity: int, batch_size: int) -> None:
        self.capacity = capacity
        self.batch_size = min(batch_size, capacity)
        self.requests: deque[RawTuple] = deque()
        self.marks: deque[threading.Event] = deque()
        """Of calls of `flush` that have not been seen yet."""
        self.idle = False
        """Whether the sender sleeps until it is woken."""
        self.overflowed = 0
        """Requests that were dropped."""
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def put(self, raw: RawTuple) -> None:
        """Leave a request."""
        requests = self.requests
        # Threads that pass here together may exceed the capacity, by their number at most.
        if len(requests) >= self.capacity:
            self._drop_oldest()
        requests.append(raw)
        # The queue is looked at again after `idle` is set, so a request is never left behind.
        if self.idle or len(requests) == self.batch_size:
            self.idle = False
            self._wake.put(None)

    def wake(self) -> None:
        """End the sender's wait."""
        self._wake.put(None)

    def wait(self, seconds: float | None) -> None:
        """Sleep until woken, or for so many seconds; with none, until a request comes."""
        if seconds is None:
            self.idle = True
            if self.requests or self.marks:
                seconds = 0.0
        with contextlib.suppress(queue.Empty):
            self._wake.get(block=seconds is None or seconds > 0, timeout=seconds)
            while True:  # what woke it several times needs one look
                self._wake.get_nowait()
        self.idle = False

    def _drop_oldest(self) -> None:
        with contextlib.suppress(IndexError):
            self.requests.popleft()
            with self._lock:
                self.overflowed += 1
