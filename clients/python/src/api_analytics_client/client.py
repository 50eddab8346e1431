"""The engine under all middlewares: it takes requests without a wait and has them sent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from . import process
from .event import MAX_CONSUMER, cut
from .inbox import Inbox
from .journal import LOGGER, Journal
from .sender import Sender
from .settings import Options, Settings
from .stats import Stats

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .event import Row


START_PAUSE_SECONDS = 1.0
"""Between two attempts to start the threads, if the system has none."""


class Client:
    """Sends noted requests to the service, from a thread of its own.

    The options are those of `Options`. A `ValueError` says what is missing or wrong; after that, nothing of
    the client raises. One client serves any number of threads and event loops, and lives on in forks.
    """

    record: Callable[[Row], None]
    """Takes a request; it is sent soon. Never waits and never raises."""
    _sender: Sender | None
    _running: bool
    _exit_deadline: float | None

    def __init__(self, **options: Unpack[Options]) -> None:
        self.settings = Settings.resolve(options)
        self._begin()
        process.enroll(self)
        if self.settings.spool_dir is not None:
            self._start()  # what an earlier process has left need not wait for the first request

    def name_consumer(self, request: Any, convert: Callable[[Any], Any] | None = None) -> str | None:
        """Ask the application who called; none if it does not know, or its function fails."""
        function = self.settings.consumer
        if function is None:
            return None
        try:
            name = function(request if convert is None else convert(request))
            return None if name is None else cut(str(name), MAX_CONSUMER)
        except Exception:
            self.journal.failed("the consumer function")
            return None

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was recorded is settled or on the disk; return whether it was in time."""
        if not self._running:
            if not self._inbox.requests:
                return True
            self._start()
            if not self._running:
                return False
        reached = threading.Event()
        self._inbox.marks.append(reached)
        self._inbox.wake()
        return reached.wait(timeout)

    def flush_at_exit(self) -> bool:
        """`flush` for the time that the end of the process may take, of which the rest is left for `close`."""
        return self.flush(max(0.0, self._deadline() - time.monotonic()))

    def close(self, timeout: float | None = None) -> None:
        """Send what is left and end the thread, within the time; what is left then is spooled or dropped."""
        if timeout is not None:
            self._exit_deadline = time.monotonic() + timeout
        self.begin_close()
        self.end_close()
        process.dismiss(self)

    def reopen(self) -> None:
        """Forget that the process was about to end."""
        self._exit_deadline = None

    def stats(self) -> Stats:
        """Count what became of the requests of this process."""
        counts, sender, inbox = self.journal.counts, self._sender, self._inbox
        requests = inbox.requests
        return Stats(
            recorded=counts.taken + len(requests) + inbox.overflowed,
            stored=counts.stored,
            duplicate=counts.duplicate,
            rejected=counts.rejected,
            refused=counts.refused,
            skipped=counts.skipped,
            hooked=counts.hooked,
            dropped=counts.dropped + inbox.overflowed - inbox.overflow_counted,
            to_spool=counts.to_spool,
            from_spool=counts.from_spool,
            spooled=sender.storage.spooled() if sender else 0,
            queued=len(requests) + (sender.queued() if sender else 0),
            retries=counts.retries,
            failures=counts.failures,
        )

    def begin_close(self) -> None:
        """Start sending what is left."""
        if not self._running and self._inbox.requests:
            self._start()
        if self._sender is not None:
            self._sender.close(self._deadline())

    def end_close(self) -> None:
        """Wait until it is sent, or time is up."""
        sender = self._sender
        if sender is not None and self._running:
            sender.join()
            self._running = False
            self._inbox.rest()
        elif self._inbox.requests:
            # There is no thread to be had: the interpreter is ending.
            Sender(self.settings, self._inbox, self.journal).give_up()

    def hurry(self) -> None:
        """Send without waiting for more, because the process will end soon."""
        if self._running and self._sender is not None:
            self._sender.hurry()

    def after_fork(self) -> None:
        """Start anew in a forked child: what waits is the parent's, and so are its locks and connections."""
        self._begin()

    def _begin(self) -> None:
        self.journal = Journal()
        self._lock = threading.Lock()
        settings = self.settings
        self._inbox = Inbox(settings.queue_size, settings.queue_bytes, settings.batch_size, self._ensure_started)
        self.record = self._inbox.put
        self._sender = None
        self._running = False
        self._start_after = 0.0
        self._exit_deadline = None

    def _deadline(self) -> float:
        if self._exit_deadline is None:
            self._exit_deadline = time.monotonic() + self.settings.shutdown_timeout
        return self._exit_deadline

    def _ensure_started(self) -> None:
        # In a request's path: who holds the lock is starting it.
        if not self._running and self._lock.acquire(blocking=False):
            self._lock.release()
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._running or time.monotonic() < self._start_after:
                return
            sender = Sender(self.settings, self._inbox, self.journal)
            try:
                sender.start()
            except RuntimeError:  # the interpreter is ending, or there are too many threads
                self.journal.failed("starting the sender")
                self._start_after = time.monotonic() + START_PAUSE_SECONDS
                self._inbox.rest()
                return
            self._sender = sender
            self._running = True
            process.watch_forked_child()


def client_for(options: Options) -> Client | None:
    """Make a client, or say in the log why there is none: the application runs on without being tracked."""
    try:
        return Client(**options)
    except Exception as error:
        LOGGER.error("requests are not tracked: %s", error)
        return None
