"""The engine under all middlewares: it takes requests without a wait and has them sent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Callable

from . import process
from .event import own
from .inbox import Inbox
from .journal import Journal, show_details
from .sender import Sender
from .settings import Settings, is_enabled
from .stats import Stats

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .event import Event, Waiting
    from .options import Options


DISABLED: Options = {"api_key": "none", "server_url": "http://none.invalid"}
START_PAUSE_SECONDS = 1.0
"""Between two attempts to start the threads, if the system has none."""


class Client:
    """Sends noted requests to the service, from a thread of its own.

    The options are those of `Options`. A `ValueError` says what is missing or wrong; after that, nothing of
    the client raises. One client serves any number of threads and event loops, and lives on in forks. One that
    is not enabled does nothing.
    """

    put: Callable[[Waiting], None]
    """Takes a noted request; it is sent soon. Never waits and never raises."""
    _sender: Sender | None
    _running: bool
    _exit_deadline: float | None

    def __init__(self, **options: Unpack[Options]) -> None:
        self.enabled = is_enabled(options)
        """Whether anything is recorded."""
        self.settings = Settings.resolve(options) if self.enabled else Settings.resolve(DISABLED, outside=False)
        if self.settings.debug:
            show_details()
        self._begin()
        if not self.enabled:
            self.put = _ignore
            return
        self.journal.tell("events go to %s", self.settings.where)
        process.enroll(self)
        if self.settings.spool_dir is not None:
            self._start()  # what an earlier process has left need not wait for the first request

    def record(self, event: Event) -> None:
        """Take an event of the application's own, as it is now; it is sent soon.

        Never waits and never raises: what cannot be sent is counted as `skipped` and logged.
        """
        try:
            self.put(own(event))
        except Exception:
            self.journal.failed("record")

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was recorded is settled or on the disk; return whether it was in time.

        The time is in seconds; without one, this waits for as long as it takes.
        """
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
        self.begin_close(timeout)
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

    def begin_close(self, timeout: float | None = None) -> None:
        """Start sending what is left."""
        if timeout is not None:
            self._exit_deadline = time.monotonic() + timeout
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
            self._exit_deadline = None  # what is recorded later is closed at its own time
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
        self.journal = Journal(debug=self.settings.debug)
        self._lock = threading.Lock()
        settings = self.settings
        self._inbox = Inbox(settings.queue_size, settings.queue_bytes, settings.batch_size, self._ensure_started)
        self.put = self._inbox.put
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
            process.enroll(self)  # it may have been closed before
            process.watch_forked_child()


def _ignore(_row: Waiting) -> None:
    return None
