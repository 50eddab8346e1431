"""The one background thread: it takes what the inbox holds and sends it until it is settled."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING

from .batches import Backlog, Batch
from .collector import Collector
from .spool import Spool
from .transport import Transport
from .verdicts import Again, Refused, Settled, TooLarge, judge

if TYPE_CHECKING:
    from .inbox import Inbox
    from .journal import Journal
    from .settings import Settings

FIRST_DELAY_SECONDS = 0.5
MAX_DELAY_SECONDS = 30.0
MAX_RETRY_AFTER_SECONDS = 600.0
URGENT_DELAY_SECONDS = 0.25
"""Between attempts when somebody waits for them: a `flush`, or the end of the process."""
FAILURES_BEFORE_SPOOL = 2


class Sender:
    """What the background thread does and owns."""

    def __init__(self, settings: Settings, inbox: Inbox, journal: Journal) -> None:
        self._inbox = inbox
        self._journal = journal
        self._where = settings.url.geturl()
        self._transport = Transport(settings)
        self.backlog = Backlog(settings.backlog_bytes)
        self._collector = Collector(settings, inbox, self.backlog, journal)
        self.spool = _open_spool(settings)
        self._spool_pending = self.spool is not None
        """Whether the spool may hold something; what an earlier process left is found at the start."""
        self._failures = 0
        """Failed attempts in a row."""
        self._retry_at = 0.0
        self._asked_until = 0.0
        """Until when the service has asked to be left alone."""
        self._waiting: list[threading.Event] = []
        """Marks of `flush` calls that are not reached yet."""
        self._closing_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="api-analytics-client", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def hurry(self) -> None:
        """Send without waiting for more, because the process will end soon."""
        self._collector.hurry()
        self._inbox.wake()

    def close(self, deadline: float) -> None:
        """Ask the thread to send what is left and to end, at the given monotonic time at the latest."""
        self._closing_at = deadline
        self._transport.give_up_at = deadline
        self._inbox.wake()

    def join(self) -> None:
        """Wait until the thread has ended after `close`."""
        if self._closing_at is not None:
            # The second beyond the deadline is for writing the spool.
            self._thread.join(max(0.0, self._closing_at - time.monotonic()) + 1.0)

    def _run(self) -> None:
        while True:
            try:
                if self._turn():
                    break
            except Exception:
                self._journal.failed("the sender")
                time.sleep(URGENT_DELAY_SECONDS)
        self._transport.close()

    def _turn(self) -> bool:
        """Do what is due; return whether the work is over."""
        self._inbox.wait(self._pause())
        self._collect()
        while time.monotonic() >= self._retry_at and not self._is_late() and self._send_one():
            self._collect()
        if self._closing_at is None:
            return False
        if self.backlog.oldest() is None and not self._inbox.requests:
            return True
        if not self._is_late():
            return False
        self._keep_or_drop()
        return True

    def _is_late(self) -> bool:
        return self._closing_at is not None and time.monotonic() >= self._closing_at

    def _pause(self) -> float | None:
        """Return the seconds until something is due; none if only a new request can make it so."""
        now = time.monotonic()
        times = []
        if self._inbox.requests:
            times.append(self._collector.due_at or now)
        if self._inbox.marks:
            times.append(now)
        if self.backlog.oldest() is not None or self._spool_pending:
            times.append(self._retry_at)
        if self._closing_at is not None:
            times.append(self._closing_at if times else now)
        return max(0.0, min(times) - now) if times else None

    def _collect(self) -> None:
        marks = []
        while self._inbox.marks:
            marks.append(self._inbox.marks.popleft())
        urgent = bool(marks) or self._closing_at is not None
        if urgent:
            soon = time.monotonic() + URGENT_DELAY_SECONDS
            self._retry_at = min(self._retry_at, max(soon, self._asked_until))
        self._collector.collect(everything=urgent)
        for mark in marks:
            self.backlog.mark(mark)
        self._waiting = [mark for mark in [*self._waiting, *marks] if not mark.is_set()]

    def _send_one(self) -> bool:
        """Try to send one batch; return whether that settled anything."""
        batch, spool = self.backlog.oldest(), None
        if batch is None and self._spool_pending and self.spool is not None and self._closing_at is None:
            batch, spool = self.spool.oldest(), self.spool
            self._spool_pending = batch is not None
        if batch is None:
            return False
        self.backlog.in_flight = None if spool else batch
        try:
            verdict = judge(self._transport.post_batch(batch.body, batch.key, self._collect))
        finally:
            self.backlog.in_flight = None
        if isinstance(verdict, Again):
            self._postpone(verdict)
            if verdict.alone and spool is None:
                self.backlog.postpone(batch)
            return False
        self._recover()
        if isinstance(verdict, TooLarge) and batch.count > 1:
            if spool is None:
                self.backlog.split(batch)
                return True
            self._journal.dropped(spool.write(list(batch.halves())), "the spool is full")
        else:
            self._count(batch, verdict)
        if spool is None:
            self.backlog.settle(batch)
        else:
            spool.remove(batch)
        return True

    def _count(self, batch: Batch, verdict: Settled | Refused | TooLarge) -> None:
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
        reason = verdict.reason if isinstance(verdict, Refused) else "413: a single event is too large for it"
        message = f"the service refused {{count}} events, which are lost: {reason}"
        self._journal.say("refused", message, count=batch.count, level=logging.ERROR)

    def _postpone(self, verdict: Again) -> None:
        self._journal.counts.retries += 1
        self._failures += 1
        now = time.monotonic()
        longest = min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(self._failures - 1, 16))
        delay = longest * random.uniform(0.5, 1.0)  # noqa: S311, it spreads the clients of a service
        if self._waiting or self._closing_at is not None:
            delay = URGENT_DELAY_SECONDS
        self._asked_until = now + min(verdict.after or 0.0, MAX_RETRY_AFTER_SECONDS)
        self._retry_at = max(now + delay, self._asked_until)
        message = f"cannot deliver to {self._where}, trying again: {verdict.reason}"
        self._journal.say("retry", message)
        if self._failures >= FAILURES_BEFORE_SPOOL:
            self._move_to_spool()

    def _recover(self) -> None:
        if self._failures:
            self._journal.say("recovered", "delivered again to " + self._where, level=logging.INFO)
        self._failures = 0
        self._retry_at = self._asked_until = 0.0

    def _move_to_spool(self) -> None:
        """Bring the batches in memory to the disk, if there is a spool and it takes them."""
        batches = list(self.backlog)
        if self.spool is None or not batches:
            return
        try:
            dropped = self.spool.write(batches)
        except OSError as error:
            self._journal.say("spool", f"cannot write to the spool: {error}", level=logging.ERROR)
            return
        self._spool_pending = True
        for batch in batches:
            self.backlog.settle(batch)
        self._journal.dropped(dropped, "the spool is full")

    def _keep_or_drop(self) -> None:
        """Spool what could not be sent until the process ends, or count it as dropped."""
        self._move_to_spool()
        self._journal.dropped(self.backlog.events, "the process ends")
        for batch in self.backlog:
            self.backlog.settle(batch)


def _open_spool(settings: Settings) -> Spool | None:
    if settings.spool_dir is None:
        return None
    return Spool(settings.spool_dir, settings.api_key, settings.url.geturl(), settings.spool_bytes)
