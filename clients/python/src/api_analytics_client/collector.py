"""From the inbox to batches: requests that have waited long enough, or are enough, become one.

It shares the interpreter with the application, so it works in short steps and lets go in between.
"""

from __future__ import annotations

import itertools
import secrets
import time
from typing import TYPE_CHECKING, Callable

from .batches import Batch
from .encoding import Encoder

if TYPE_CHECKING:
    from .inbox import Inbox
    from .journal import Journal
    from .settings import Settings

STEP_EVENTS = 500
"""Events that are encoded before the interpreter is let go: the application waits for some 500 µs at most."""
MAX_BATCH_CHARS = 1_500_000
"""Keeps a batch below the 8 MiB that the service takes, even if every character has four bytes."""
HURRY_SECONDS = 0.02
"""How long a request waits for others once the process has been told to end."""


class Collector:
    """Makes batches. Not thread-safe: one thread owns it."""

    def __init__(
        self, settings: Settings, inbox: Inbox, journal: Journal, accept: Callable[[Batch], None]
    ) -> None:
        self._inbox = inbox
        self._journal = journal
        self._accept = accept
        self._encoder = Encoder(settings, journal)
        # One random name for all: asking the system for each would be one more wait for the interpreter.
        self._keys = map(f"{secrets.token_hex(11)}{{:010x}}".format, itertools.count())
        self._interval = settings.flush_interval
        self.in_hand = 0
        """Requests that are out of the inbox, but in no batch yet."""
        self.due_at: float | None = None
        """When the oldest request in the inbox has waited long enough."""

    def hurry(self) -> None:
        """Let requests wait no longer than it takes the application to end."""
        self._interval = HURRY_SECONDS
        self.due_at = None

    def collect(self, *, everything: bool) -> None:
        """Make batches of the requests that are due, or of everything."""
        overflowed = self._inbox.overflowed - self._inbox.overflow_counted
        self._inbox.overflow_counted += overflowed
        self._journal.dropped(overflowed, "the queue is full")
        now = time.monotonic()
        requests, size = self._inbox.requests, self._inbox.batch_size
        if requests and self.due_at is None:
            self.due_at = now + self._interval
        everything = everything or (self.due_at is not None and now >= self.due_at)
        # What comes in while this runs is for the next time, so that it ends.
        left = len(requests) if everything else len(requests) - len(requests) % size
        while left > 0:
            left -= self._freeze(min(left, size))
        if everything:
            self.due_at = None

    def _freeze(self, most: int) -> int:
        """Make a batch of up to so many requests; return how many it took."""
        lines: list[str] = []
        chars = taken = 0
        while taken < most and chars < MAX_BATCH_CHARS:
            rows = self._inbox.take(min(STEP_EVENTS, most - taken))
            if not rows:
                break
            self._journal.counts.taken += len(rows)
            self.in_hand = len(lines) + len(rows)
            encoded = self._encoder.encode(rows)
            lines += encoded
            self.in_hand = len(lines)
            chars += sum(map(len, encoded))
            taken += len(rows)
            if taken < most:
                time.sleep(0)
        if lines:
            self._accept(Batch.of(next(self._keys), lines))
        self.in_hand = 0
        return taken or most
