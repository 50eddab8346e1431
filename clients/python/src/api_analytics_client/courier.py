"""The thread that talks to the service, and the watch over it.

It does nothing else, so whatever it waits for holds nobody up. A request ends at its deadline by itself, except
while the system looks up a name, which nothing can interrupt: then the thread is left to it, and another one takes
its place.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Callable

from .transport import Failure, Outcome, Request, Transport
from .waker import Waker

if TYPE_CHECKING:
    from .settings import Settings

GRACE_SECONDS = 0.25
"""How long a thread may be late before it is given up."""
MAX_LOST_THREADS = 4
"""Threads that may hang at the same time; while all do, a request fails without being tried."""


class Courier:
    """Carries one request at a time. One thread owns it."""

    def __init__(self, settings: Settings, arrived: Callable[[], None]) -> None:
        self._settings = settings
        self._arrived = arrived
        """Called, by another thread, when there is an outcome."""
        self._worker: _Worker | None = None
        self._lost: list[_Worker] = []
        self._deadline = math.inf
        self._failure: Failure | None = None
        """Why the request could not even be tried."""
        self.is_busy = False
        """Whether a request is under way, or its outcome waits to be taken."""

    def start(self) -> None:
        """Start a thread if none is there; raises a `RuntimeError` if the system has none."""
        if self._worker is None:
            self._worker = _Worker(Transport(self._settings), self._arrived)

    def submit(self, request: Request, deadline: float) -> None:
        """Have a request made; it is given up at the deadline (monotonic time)."""
        self.is_busy = True
        self._deadline = deadline
        self._failure = None
        self._lost = [worker for worker in self._lost if worker.is_alive()]
        if self._worker is None and len(self._lost) >= MAX_LOST_THREADS:
            self._failure = Failure(TimeoutError("earlier requests still hang"))
            return
        try:
            self.start()
        except RuntimeError as error:  # the interpreter is ending, or there are too many threads
            self._failure = Failure(error)
        if self._worker is not None:
            self._worker.begin(request, deadline)

    def hasten(self, deadline: float) -> None:
        """Give the request that is under way up at this time, if that is earlier."""
        self._deadline = min(self._deadline, deadline)

    def due_at(self) -> float:
        """Return when the request is given up, or now if it could not be tried (monotonic time)."""
        return 0.0 if self._failure is not None else self._deadline + GRACE_SECONDS

    def take(self) -> Outcome | None:
        """Return the outcome; none while the request is under way."""
        outcome: Outcome | None = self._failure
        if self._worker is not None and outcome is None:
            outcome = self._worker.outcome
            if outcome is None and time.monotonic() >= self.due_at():
                self._lost.append(self._worker)
                self._worker.retire()
                self._worker = None
                outcome = Failure(TimeoutError("the deadline has passed"))
        if outcome is not None:
            self.is_busy = False
        return outcome

    def close(self) -> None:
        """Let the thread end, and a request that is under way fail."""
        if self._worker is not None:
            self._worker.retire()
            self._worker = None


class _Worker:
    """A thread with a connection."""

    def __init__(self, transport: Transport, arrived: Callable[[], None]) -> None:
        self._transport = transport
        self._arrived = arrived
        self._called = Waker()
        self._job: tuple[Request, float] | None = None
        self._retired = False
        self.outcome: Outcome | None = None
        self._thread = threading.Thread(target=self._run, name="api-analytics-courier", daemon=True)
        self._thread.start()

    def begin(self, request: Request, deadline: float) -> None:
        self.outcome = None
        self._job = (request, deadline)
        self._called.wake()

    def retire(self) -> None:
        self._retired = True
        self._transport.abort()
        self._called.wake()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._called.wait(None)
            job, self._job = self._job, None
            if self._retired:
                break
            if job is not None:
                self.outcome = self._transport.request(*job)
                self._arrived()
        self._transport.close()
