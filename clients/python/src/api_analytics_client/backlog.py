"""Batches that wait in memory for the service, each with its own time of retry."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from .batches import Batch


@dataclass
class _Entry:
    batch: Batch
    failures: int = 0
    """How often the service has failed on just this batch."""
    due_at: float = 0.0
    """When it may be sent (again), in monotonic time."""


class Backlog:
    """Batches, oldest first, up to a number of bytes. Not thread-safe: one thread owns it."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._marks: list[tuple[set[str], threading.Event]] = []
        self.in_flight: Batch | None = None
        """The batch that is being sent; it does not have to go meanwhile, lest it is counted twice."""
        self.events = 0
        """Events in all batches."""

    def push(self, batch: Batch) -> list[Batch]:
        """Add a batch; return those, oldest first, that have no room any more. They stay until settled."""
        self._add(batch)
        excess = self._bytes - self._most_bytes
        gone = []
        # The newest stays even if it alone is too large: one batch is bounded by itself.
        for entry in self._entries.values():
            if excess <= 0:
                break
            if entry.batch not in (self.in_flight, batch):
                gone.append(entry.batch)
                excess -= len(entry.batch.body)
        return gone

    def next(self, now: float) -> Batch | None:
        """Return the batch to send now."""
        return next((entry.batch for entry in self._entries.values() if entry.due_at <= now), None)

    def next_at(self) -> float | None:
        """Return when the next batch may be sent; none if there is no batch."""
        return min((entry.due_at for entry in self._entries.values()), default=None)

    def due_at(self, batch: Batch) -> float:
        """Return when a batch may be sent."""
        entry = self._entries.get(batch.key)
        return 0.0 if entry is None else entry.due_at

    def failures(self, batch: Batch) -> int:
        """Return how often the service has failed on just this batch."""
        entry = self._entries.get(batch.key)
        return 0 if entry is None else entry.failures

    def settle(self, batch: Batch) -> None:
        """Take a batch out: it is delivered, or dropped, or on the disk."""
        self._remove(batch)
        for keys, _ in self._marks:
            keys.discard(batch.key)
        self._reach()

    def split(self, batch: Batch) -> None:
        """Put the batch's halves in its place; raises a `ValueError` if it is damaged."""
        halves = batch.halves()
        self._remove(batch)
        for half in reversed(halves):
            self._add(half)
            self._entries.move_to_end(half.key, last=False)
        for keys, _ in self._marks:
            if batch.key in keys:
                keys.discard(batch.key)
                keys.update(half.key for half in halves)

    def postpone(self, batch: Batch) -> None:
        """Make a batch the last one to be sent."""
        self._entries.move_to_end(batch.key)

    def strike(self, batch: Batch, due_at: float) -> None:
        """Note that the service failed on just this batch, and when it may have it again, after others."""
        entry = self._entries[batch.key]
        entry.failures += 1
        entry.due_at = due_at
        self._entries.move_to_end(batch.key)

    def mark(self, reached: threading.Event) -> None:
        """Set the event when all batches that are there now are settled."""
        self._marks.append((set(self._entries), reached))
        self._reach()

    def __iter__(self) -> Iterator[Batch]:
        """Yield all batches, oldest first; they may be settled meanwhile."""
        return iter([entry.batch for entry in self._entries.values()])

    def _add(self, batch: Batch) -> None:
        self._entries[batch.key] = _Entry(batch)
        self._bytes += len(batch.body)
        self.events += batch.count

    def _remove(self, batch: Batch) -> None:
        if self._entries.pop(batch.key, None) is not None:
            self._bytes -= len(batch.body)
            self.events -= batch.count

    def _reach(self) -> None:
        for keys, reached in self._marks:
            if not keys:
                reached.set()
        self._marks = [mark for mark in self._marks if mark[0]]
