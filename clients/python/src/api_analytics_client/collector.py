"""From the inbox to the backlog: requests that have waited long enough, or are enough, become batches.

It shares the interpreter with the application, so it works in short steps and lets go in between.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from .batches import Backlog, Batch
from .encoding import Encoder, HookedError, SkippedError

if TYPE_CHECKING:
    from .event import RawTuple
    from .inbox import Inbox
    from .journal import Journal
    from .settings import Settings

STEP_EVENTS = 100
"""Events that are encoded before the interpreter is let go: some 150 µs."""
CATCH_UP_STEP_EVENTS = 500
"""The same, once a quarter of the queue is full: a busy application leaves the interpreter to others only
every 5 ms, and more must be encoded in each turn than comes in."""
MAX_BATCH_CHARS = 1_500_000
"""Keeps a batch below the 8 MiB that the service takes, even if every character has four bytes."""
HURRY_SECONDS = 0.02
"""How long a request waits for others once the process has been told to end."""


class Collector:
    """Makes batches. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings, inbox: Inbox, backlog: Backlog, journal: Journal) -> None:
        self._inbox = inbox
        self._backlog = backlog
        self._journal = journal
        self._encoder = Encoder(settings)
        self._interval = settings.flush_interval
        self._overflowed = 0
        self.due_at: float | None = None
        """When the oldest request in the inbox has waited long enough."""

    def hurry(self) -> None:
        """Let requests wait no longer than it takes the application to end."""
        self._interval = HURRY_SECONDS
        self.due_at = None

    def collect(self, *, everything: bool) -> None:
        """Make batches of the requests that are due, or of everything."""
        overflowed, self._overflowed = self._inbox.overflowed - self._overflowed, self._inbox.overflowed
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
        requests = self._inbox.requests
        behind = len(requests) * 4 > self._inbox.capacity
        step = CATCH_UP_STEP_EVENTS if behind else STEP_EVENTS
        lines: list[str] = []
        chars = taken = 0
        while taken < most and chars < MAX_BATCH_CHARS:
            raws: list[RawTuple] = []
            # A thread of the application may drop the rest meanwhile, and counts it.
            with contextlib.suppress(IndexError):
                for _ in range(min(step, most - taken)):
                    raws.append(requests.popleft())  # noqa: PERF401, what was taken must not be lost
            if not raws:
                break
            encoded = self._encode(raws)
            lines += encoded
            chars += sum(map(len, encoded))
            taken += len(raws)
            self._journal.counts.taken += len(raws)
            time.sleep(0)
        if lines:
            gone = self._backlog.push(Batch.of(lines))
            self._journal.dropped(sum(batch.count for batch in gone), "the backlog is full")
        return taken or most

    def _encode(self, raws: list[RawTuple]) -> list[str]:
        """Make lines of requests, without those that are no events."""
        if self._encoder.is_pure:
            # Nearly always all of them are events, and one call for many is a fifth faster.
            with contextlib.suppress(Exception):
                return list(map(self._encoder.encode, raws))
        lines = []
        for raw in raws:
            try:
                lines.append(self._encoder.encode(raw))
            except SkippedError:
                self._journal.counts.skipped += 1
            except HookedError as error:
                self._journal.counts.hooked += 1
                if error.args:
                    self._journal.say("hook", f"{error}; dropped {{count}} events")
            except Exception:
                self._journal.counts.skipped += 1
                self._journal.failed("encoding")
        return lines
