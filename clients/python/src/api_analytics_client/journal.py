"""What the client tells of itself: its counts, and its log with each kind of message at most once a minute."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from .stats import Counters

LOGGER = logging.getLogger("api_analytics_client")

INTERVAL_SECONDS = 60.0


def show_details() -> None:
    """Have details come out: by the application's own handlers, or if it has none, on the standard error."""
    LOGGER.setLevel(logging.DEBUG)
    if not LOGGER.hasHandlers():
        LOGGER.addHandler(logging.StreamHandler())


@dataclass
class _Held:
    """A message that has to wait for its minute, with the sum since the last one."""

    level: int
    message: str
    count: int


class Journal:
    """Counts everything, and says what matters without flooding the log."""

    def __init__(self, *, debug: bool = False) -> None:
        self.counts = Counters()
        self._debug = debug
        self._last: dict[str, float] = {}
        self._held: dict[str, _Held] = {}
        # Threads of the application report failures; reentrant, for signal handlers do, too.
        self._lock = threading.RLock()

    def say(self, kind: str, message: str, *, count: int = 1, level: int = logging.WARNING) -> None:
        """Log the message, or keep it while one of its kind has been logged within the last minute.

        `{count}` in the message becomes the sum of `count` since the last one that was logged. What is kept is
        logged by `remind` or `close`, so no sum gets lost. There must be a bounded number of kinds.
        """
        with self._lock:
            held = self._held.pop(kind, None)
            total = count if held is None else held.count + count
            if self._is_too_soon(kind):
                self._held[kind] = _Held(level, message, total)
                return
        LOGGER.log(level, "%s", message.replace("{count}", str(total)))

    def tell(self, message: str, *values: object) -> None:
        """Log a detail, if the application wants details."""
        if self._debug:
            LOGGER.debug(message, *values)

    def dropped(self, events: int, reason: str) -> None:
        """Count lost events, each reason as a kind of its own, lest one hides another."""
        if events:
            self.counts.dropped += events
            self.say(f"dropped: {reason}", f"dropped {{count}} events, the oldest: {reason}", count=events)

    def failed(self, where: str) -> None:
        """Count the exception that is being handled, a fault of the client or of a function given to it."""
        kind = f"failed: {where}"
        with self._lock:
            self.counts.failures += 1
            if self._is_too_soon(kind):
                held = self._held.get(kind)
                count = 1 if held is None else held.count + 1
                message = f"tracking failed {{count}} more times in {where}"
                self._held[kind] = _Held(logging.ERROR, message, count)
                return
        message = "tracking failed in %s; the application goes on"
        LOGGER.error(message, where, exc_info=True)  # noqa: LOG014, the handler is the caller's

    def due_at(self) -> float | None:
        """Return when a message that is kept may be logged (monotonic time); none if there is none."""
        with self._lock:
            return min((self._last[kind] + INTERVAL_SECONDS for kind in self._held), default=None)

    def remind(self) -> None:
        """Log what has been kept for its minute."""
        self._release(everything=False)

    def close(self) -> None:
        """Log all that is kept."""
        self._release(everything=True)

    def _release(self, *, everything: bool) -> None:
        if not self._held:
            return
        with self._lock:
            kinds = [kind for kind in self._held if everything or not self._is_too_soon(kind)]
            messages = [self._held.pop(kind) for kind in kinds]
        for held in messages:
            LOGGER.log(held.level, "%s", held.message.replace("{count}", str(held.count)))

    def _is_too_soon(self, kind: str) -> bool:
        """Return whether the kind has had its message; if not, it has now."""
        now = time.monotonic()
        last = self._last.get(kind)
        if last is not None and now - last < INTERVAL_SECONDS:
            return True
        self._last[kind] = now
        return False
