"""Where batches wait: in memory, and on the disk once that is better. Every move of an event is counted here."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from .spool import Spool

if TYPE_CHECKING:
    from .backlog import Backlog
    from .batches import Batch
    from .journal import Journal
    from .settings import Settings
    from .spool import Claim

LOOK_SECONDS = 60.0
"""Between looks for what other processes have left, while batches are delivered."""


class Storage:
    """The backlog and the spool, if there is one. Not thread-safe: one thread owns it."""

    def __init__(self, settings: Settings, backlog: Backlog, journal: Journal) -> None:
        self._backlog = backlog
        self._journal = journal
        self._spool = _open_spool(settings)
        self.look_at = None if self._spool is None else 0.0
        """When to look into the spool (monotonic time); what an earlier process left is found at the start."""
        self._looked_at = 0.0

    def spooled(self) -> int:
        """Count the events on the disk."""
        return 0 if self._spool is None else self._spool.events()

    def accept(self, batch: Batch) -> None:
        """Keep a new batch in memory, for which others may have to go."""
        dropped = 0
        for old in self._backlog.push(batch):
            if not self._write(old):
                dropped += old.count
            self._backlog.settle(old)
        self._journal.dropped(dropped, "the backlog is full")

    def claim(self, now: float) -> Claim | None:
        """Take a batch from the disk, if one may be there and is due."""
        if self._spool is None or self.look_at is None or now < self.look_at:
            return None
        self._looked_at = now
        claim = self._spool.claim()
        if claim is None:
            wait = self._spool.due_in()
            self.look_at = None if wait is None else now + wait
        return claim

    def settle(self, batch: Batch, claim: Claim | None) -> None:
        """Forget a batch: what became of it has been counted."""
        if claim is None or self._spool is None:
            self._backlog.settle(batch)
            return
        self._journal.counts.from_spool += batch.count
        self._spool.remove(claim)

    def postpone(self, batch: Batch, claim: Claim | None) -> None:
        """Make a batch the last one to be sent."""
        if claim is None or self._spool is None:
            self._backlog.postpone(batch)
        else:
            self._spool.release(claim, claim.failures, 0.0)

    def strike(self, batch: Batch, claim: Claim | None, failures: int, seconds: float) -> None:
        """Note that the service failed on just this batch, and in how many seconds it may have it again."""
        if claim is None or self._spool is None:
            self._backlog.strike(batch, time.monotonic() + seconds)
        else:
            self._spool.release(claim, failures, seconds)

    def abandon(self, claim: Claim | None) -> None:
        """Give a batch back whose request is given up."""
        if claim is not None and self._spool is not None:
            self._spool.release(claim, claim.failures, 0.0)

    def split(self, batch: Batch, claim: Claim | None) -> None:
        """Put the batch's halves in its place; raises a `ValueError` if it is damaged."""
        if claim is None or self._spool is None:
            self._backlog.split(batch)
            return
        for half in batch.halves():
            if not self._write(half):
                self.accept(half)
        self.settle(batch, claim)

    def recover(self) -> None:
        """Look now and then, while the service takes batches, for those that other processes have left."""
        now = time.monotonic()
        if self._spool is not None and self.look_at is None and now - self._looked_at >= LOOK_SECONDS:
            self.look_at = now

    def spool_all(self) -> None:
        """Bring the batches in memory to the disk, if there is a spool and as far as it takes them."""
        now = time.monotonic()
        for batch in self._backlog:
            wait = max(0.0, self._backlog.due_at(batch) - now)
            if not self._write(batch, self._backlog.failures(batch), wait):
                break
            self._backlog.settle(batch)

    def keep_or_drop(self) -> None:
        """Spool what could not be sent until the process ends, or count it as dropped."""
        self.spool_all()
        self._journal.dropped(self._backlog.events, "the process ends")
        for batch in self._backlog:
            self._backlog.settle(batch)

    def _write(self, batch: Batch, failures: int = 0, seconds: float = 0.0) -> bool:
        """Bring a batch to the disk; return whether it is there."""
        if self._spool is None:
            return False
        try:
            lost = self._spool.keep(batch, failures, seconds)
        except OSError as error:
            self._journal.say("spool", f"cannot write to the spool: {error}", level=logging.ERROR)
            return False
        counts = self._journal.counts
        counts.to_spool += batch.count
        counts.from_spool += lost
        self._journal.dropped(lost, "the spool is full")
        self.look_at = 0.0
        return True


def _open_spool(settings: Settings) -> Spool | None:
    if settings.spool_dir is None:
        return None
    where = settings.url.geturl()
    return Spool(settings.spool_dir, settings.api_key, where, settings.spool_bytes, settings.timeout)
