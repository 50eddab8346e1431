"""What the client tells of itself: its counts, and its log with each kind of message at most once a minute."""

from __future__ import annotations

import logging
import time

from .stats import Counters

LOGGER = logging.getLogger("api_analytics_client")

INTERVAL_SECONDS = 60.0


class Journal:
    """Counts everything, and says what matters without flooding the log."""

    def __init__(self) -> None:
        self.counts = Counters()
        self._last: dict[str, float] = {}
        self._held: dict[str, int] = {}

    def say(self, kind: str, message: str, *, count: int = 1, level: int = logging.WARNING) -> None:
        """Log the message, unless one of its kind was logged within the last minute.

        `{count}` in the message becomes the sum of `count` since the last one that was logged.
        """
        total = self._held.pop(kind, 0) + count
        now = time.monotonic()
        last = self._last.get(kind)
        if last is not None and now - last < INTERVAL_SECONDS:
            self._held[kind] = total
            return
        self._last[kind] = now
        LOGGER.log(level, "%s", message.replace("{count}", str(total)))

    def dropped(self, events: int, reason: str) -> None:
        """Count lost events."""
        if events:
            self.counts.dropped += events
            self.say("dropped", f"dropped {{count}} events, the oldest: {reason}", count=events)

    def failed(self, where: str) -> None:
        """Count the exception that is being handled, a fault of the client or of a function given to it."""
        self.counts.failures += 1
        last = self._last.get("failed")
        now = time.monotonic()
        if last is None or now - last >= INTERVAL_SECONDS:
            self._last["failed"] = now
            message = "tracking failed in %s; the application goes on"
            LOGGER.error(message, where, exc_info=True)  # noqa: LOG014, the handler is the caller's
