"""A call that wakes one sleeping thread: nothing but a lock, which every kind of thread has.

Queues and conditions take locks of their own in Python code, where a signal handler could meet them half done;
and what replaces them under eventlet or PyPy behaves differently.
"""

from __future__ import annotations

import threading


class Waker:
    """What one thread waits for and any other, or a signal handler, calls."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """End the wait, or the next one if nobody waits. Never blocks."""
        try:
            self._lock.release()
        except RuntimeError:
            return  # somebody else was faster: one call is as good as two

    def wait(self, seconds: float | None) -> bool:
        """Sleep until woken, or for so many seconds at most; return whether it was woken."""
        if seconds is None:
            return self._lock.acquire()
        if seconds <= 0:
            return self._lock.acquire(blocking=False)
        return self._lock.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))
