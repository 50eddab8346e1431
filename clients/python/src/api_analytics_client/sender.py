"""The collecting thread: it takes what the inbox holds and sees to it that it is sent, until it is settled.

It never waits for the service itself; a `Courier` does.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from .backlog import Backlog
from .backoff import MAX_BATCH_SECONDS, Backoff, asked, spread
from .collector import Collector
from .courier import Courier
from .storage import Storage
from .transport import Request
from .verdicts import Again, Refused, Settled, TooLarge, judge

if TYPE_CHECKING:
    from .batches import Batch
    from .inbox import Inbox
    from .journal import Journal
    from .settings import Settings
    from .spool import Claim
    from .transport import Outcome

FAILURES_BEFORE_SPOOL = 2
MAX_ATTEMPTS = 12
"""Of a batch on which the service itself fails, though it takes others: about a quarter of an hour."""
MANY_BATCHES = 3
"""If the service fails on so many, one after the other, it is not the batches' fault."""
FAULT_PAUSE_SECONDS = 0.25


class Sender:
    """What the collecting thread does and owns."""

    def __init__(self, settings: Settings, inbox: Inbox, journal: Journal) -> None:
        self._inbox = inbox
        self._journal = journal
        self._where = settings.where
        self._timeout = settings.timeout
        self._courier = Courier(settings, inbox.wake)
        self.backlog = Backlog(settings.backlog_bytes)
        self.storage = Storage(settings, self.backlog, journal)
        self._collector = Collector(settings, inbox, journal, self.storage.accept)
        self._backoff = Backoff()
        self._under_way: tuple[Batch, Claim | None] | None = None
        self._struck: set[str] = set()
        """Batches that the service has failed on since it last took one."""
        self._waiting: list[threading.Event] = []
        """Marks of `flush` calls that are not reached yet."""
        self._closing_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="api-analytics-client", daemon=True)

    def start(self) -> None:
        """Start the threads; raises a `RuntimeError` if the system has none."""
        # Both at once: later there may be none to be had, because the interpreter is ending.
        self._courier.start()
        try:
            self._thread.start()
        except RuntimeError:
            self._courier.close()
            raise

    def queued(self) -> int:
        """Count the events in memory that are out of the inbox."""
        return self._collector.in_hand + self.backlog.events

    def hurry(self) -> None:
        """Send without waiting for more, because the process will end soon."""
        self._collector.hurry()
        self._inbox.wake()

    def close(self, deadline: float) -> None:
        """Ask the thread to send what is left and to end, at the given monotonic time at the latest."""
        self._closing_at = deadline
        self._inbox.wake()

    def join(self) -> None:
        """Wait until the thread has ended after `close`."""
        if self._closing_at is None:
            return
        # The second beyond the deadline is for writing the spool.
        self._thread.join(max(0.0, self._closing_at - time.monotonic()) + 1.0)
        left = len(self._inbox.requests) + self.queued()
        if self._thread.is_alive() and left:
            # A hook, or the disk, does not return.
            self._journal.say("stuck", f"the process ends with {left} events that were not sent in time")
            self._journal.close()

    def give_up(self) -> None:
        """Spool or drop all there is, in the caller's thread: for want of one of its own."""
        self._collector.collect(everything=True)
        self.storage.keep_or_drop()
        self._journal.close()

    def _run(self) -> None:
        while True:
            try:
                if self._turn():
                    break
            except Exception:
                self._journal.failed("the sender")
                time.sleep(FAULT_PAUSE_SECONDS)
        self._courier.close()
        self._journal.close()

    def _turn(self) -> bool:
        """Do what is due; return whether the work is over."""
        self._inbox.wait(self._pause())
        self._collect()
        self._receive()
        self._dispatch()
        self._journal.remind()
        return self._closing_at is not None and self._is_over(self._closing_at)

    def _pause(self) -> float | None:
        """Return the seconds until something is due; none if only a new request can make it so."""
        now = time.monotonic()
        times = [self._journal.due_at(), self._closing_at]
        if self._inbox.requests:
            times.append(self._collector.due_at or now)
        if self._inbox.marks:
            times.append(now)
        times.append(self._courier.due_at() if self._courier.is_busy else self._next_attempt_at())
        due = min((at for at in times if at is not None), default=None)
        return None if due is None else max(0.0, due - now)

    def _next_attempt_at(self) -> float | None:
        spooled_at = None if self._closing_at is not None else self.storage.look_at
        times = [at for at in (self.backlog.next_at(), spooled_at) if at is not None]
        return max(min(times), self._backoff.ends_at) if times else None

    def _collect(self) -> None:
        marks = []
        while self._inbox.marks:
            marks.append(self._inbox.marks.popleft())
        urgent = bool(marks) or self._closing_at is not None
        if urgent:
            self._backoff.hurry()
        self._collector.collect(everything=urgent)
        for mark in marks:
            self.backlog.mark(mark)
        self._waiting = [mark for mark in [*self._waiting, *marks] if not mark.is_set()]

    def _dispatch(self) -> None:
        """Have the next batch sent, if one is due."""
        now = time.monotonic()
        if self._courier.is_busy or now < self._backoff.ends_at:
            return
        batch, claim = self.backlog.next(now), None
        if batch is None and self._closing_at is None:
            claim = self.storage.claim(now)
            batch = None if claim is None else claim.batch
        if batch is None:
            return
        deadline = min(now + self._timeout, math.inf if self._closing_at is None else self._closing_at)
        self._under_way = (batch, claim)
        self.backlog.in_flight = None if claim else batch
        self._courier.submit(Request.of_batch(batch), deadline)

    def _receive(self) -> None:
        """Do what the outcome of the request that was under way asks for, if there is one."""
        if not self._courier.is_busy:
            return
        if self._closing_at is not None:
            self._courier.hasten(self._closing_at)
        outcome = self._courier.take()
        if outcome is None or self._under_way is None:
            return
        (batch, claim), self._under_way = self._under_way, None
        self.backlog.in_flight = None
        self._judge(batch, claim, outcome)

    def _judge(self, batch: Batch, claim: Claim | None, outcome: Outcome) -> None:
        verdict = judge(outcome)
        self._journal.tell("batch %s of %d events: %r", batch.key, batch.count, verdict)
        if isinstance(verdict, TooLarge) and batch.count > 1:
            self._recover()
            try:
                self.storage.split(batch, claim)
                return
            except ValueError as error:
                verdict = Refused(0, f"the file has been damaged: {error}")
        if isinstance(verdict, TooLarge):
            reason = "413: a single event is too large"
            verdict = (
                Refused(413, f"{reason} for it") if verdict.own else Again(reason, None, alone=True, status=413)
            )
        if isinstance(verdict, Again):
            self._try_again(batch, claim, verdict)
            return
        self._recover()
        self._count(batch, verdict)
        self.storage.settle(batch, claim)

    def _try_again(self, batch: Batch, claim: Claim | None, verdict: Again) -> None:
        self._journal.counts.retries += 1
        if verdict.alone:
            self._struck.add(batch.key)
        if not verdict.alone or len(self._struck) >= MANY_BATCHES:
            self._backoff.fail(verdict.after, urgent=bool(self._waiting) or self._closing_at is not None)
            self._journal.say("retry", f"cannot deliver to {self._where}, trying again: {verdict.reason}")
            # To the end, lest something on the way that takes offence at one batch holds up all.
            self.storage.postpone(batch, claim)
            if self._backoff.failures >= FAILURES_BEFORE_SPOOL:
                self.storage.spool_all()
            return
        failures = 1 + (claim.failures if claim else self.backlog.failures(batch))
        if failures >= MAX_ATTEMPTS:
            reason = f"failed {failures} times, the last by {verdict.reason}"
            self._count(batch, Refused(verdict.status, reason))
            self.storage.settle(batch, claim)
            return
        seconds = max(spread(failures, MAX_BATCH_SECONDS), asked(verdict.after))
        self.storage.strike(batch, claim, failures, seconds)
        self._journal.say("strike", f"the service fails on a batch, which it gets again: {verdict.reason}")

    def _recover(self) -> None:
        self._struck.clear()
        if self._backoff.recover():
            self._journal.say("recovered", "delivered again to " + self._where, level=logging.INFO)
        self.storage.recover()

    def _count(self, batch: Batch, verdict: Settled | Refused) -> None:
        counts = self._journal.counts
        if isinstance(verdict, Settled):
            counts.stored += verdict.stored
            counts.duplicate += verdict.duplicate
            counts.rejected += verdict.rejected
            if verdict.rejected:
                message = f"the service rejected {{count}} events: {verdict.reasons or 'no reasons given'}"
                self._journal.say("rejected", message, count=verdict.rejected)
            return
        counts.refused += batch.count
        message = f"the service refused {{count}} events, which are lost: {verdict.reason}"
        self._journal.say(f"refused {verdict.status}", message, count=batch.count, level=logging.ERROR)

    def _is_over(self, closing_at: float) -> bool:
        """Return whether the work is over: all is sent, or nothing more can be, until the process ends."""
        if self._inbox.requests:
            return False
        next_at = self._courier.due_at() if self._courier.is_busy else self._next_attempt_at()
        if next_at is None:
            return True
        if time.monotonic() < closing_at and (self._courier.is_busy or next_at < closing_at):
            return False
        if self._under_way is not None:
            (_, claim), self._under_way = self._under_way, None
            self.storage.abandon(claim)
        self.storage.keep_or_drop()
        return True
