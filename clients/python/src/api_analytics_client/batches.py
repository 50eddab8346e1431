"""Batches: events in the form in which they are sent, and those that wait for the service.

A batch never changes once it is made, and has one idempotency key for life: whoever sends it again, even
after a restart, sends the same bytes under the same key, and the service stores nothing twice.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

LEVEL = 1
"""The fastest: lines of one application are so alike that it leaves a tenth of them."""


@dataclass(frozen=True)
class Batch:
    """Some events, compressed."""

    key: str
    """The idempotency key."""
    count: int
    """Events in it."""
    body: bytes
    """Lines of JSON, gzip."""

    @classmethod
    def of(cls, key: str, lines: Sequence[str]) -> Batch:
        """Make a new batch of lines that end with a line feed."""
        return cls(key, len(lines), compress("".join(lines).encode()))

    def halves(self) -> tuple[Batch, Batch]:
        """Split a batch of two events or more that was too large.

        The keys follow from the batch's own, so that a split made twice is the same split.
        """
        lines = gzip.decompress(self.body).splitlines(keepends=True)
        middle = len(lines) // 2
        first, second = lines[:middle], lines[middle:]
        return (
            Batch(f"{self.key}-1", len(first), compress(b"".join(first))),
            Batch(f"{self.key}-2", len(second), compress(b"".join(second))),
        )


def compress(data: bytes) -> bytes:
    """Compress in the gzip format; the interpreter is free for others meanwhile."""
    return gzip.compress(data, LEVEL, mtime=0)


class Backlog:
    """Batches in memory, oldest first, up to a number of bytes. Not thread-safe: one thread owns it."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._bytes = 0
        self._marks: list[tuple[set[str], threading.Event]] = []
        self.in_flight: Batch | None = None
        """The batch that is being sent; it is not dropped meanwhile, lest it is counted twice."""
        self.events = 0
        """Events in all batches."""

    def push(self, batch: Batch) -> list[Batch]:
        """Add a batch; return those, oldest first, that had to go for it."""
        self._add(batch)
        gone = []
        # The newest stays even if it alone is too large: one batch is bounded by itself.
        while self._bytes > self._most_bytes:
            oldest = next((old for old in self._batches.values() if old not in (self.in_flight, batch)), None)
            if oldest is None:
                break
            self.settle(oldest)
            gone.append(oldest)
        return gone

    def oldest(self) -> Batch | None:
        """Return the batch to send next."""
        return next(iter(self._batches.values()), None)

    def settle(self, batch: Batch) -> None:
        """Take a batch out: it is delivered, or dropped, or on the disk."""
        self._remove(batch)
        for keys, _ in self._marks:
            keys.discard(batch.key)
        self._reach()

    def split(self, batch: Batch) -> None:
        """Put the batch's halves in its place."""
        halves = batch.halves()
        self._remove(batch)
        for half in reversed(halves):
            self._add(half)
            self._batches.move_to_end(half.key, last=False)
        for keys, _ in self._marks:
            if batch.key in keys:
                keys.discard(batch.key)
                keys.update(half.key for half in halves)

    def postpone(self, batch: Batch) -> None:
        """Make a batch the last one to be sent."""
        self._batches.move_to_end(batch.key)

    def mark(self, reached: threading.Event) -> None:
        """Set the event when all batches that are there now are settled."""
        self._marks.append((set(self._batches), reached))
        self._reach()

    def __iter__(self) -> Iterator[Batch]:
        """Yield all batches, oldest first; they may be settled meanwhile."""
        return iter(list(self._batches.values()))

    def _add(self, batch: Batch) -> None:
        self._batches[batch.key] = batch
        self._bytes += len(batch.body)
        self.events += batch.count

    def _remove(self, batch: Batch) -> None:
        if self._batches.pop(batch.key, None) is not None:
            self._bytes -= len(batch.body)
            self.events -= batch.count

    def _reach(self) -> None:
        for keys, reached in self._marks:
            if not keys:
                reached.set()
        self._marks = [mark for mark in self._marks if mark[0]]
