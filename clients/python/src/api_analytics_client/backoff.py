"""When to try again: after a failure of the way to the service, or of the service on one batch."""

from __future__ import annotations

import random
import time

FIRST_SECONDS = 0.5
MAX_SECONDS = 30.0
MAX_BATCH_SECONDS = 600.0
"""Between two attempts of a batch that the service itself fails on."""
MAX_RETRY_AFTER_SECONDS = 600.0
URGENT_SECONDS = 0.25
"""Between attempts when somebody waits for them: a `flush`, or the end of the process."""


class Backoff:
    """The time in which nothing is sent, because the service cannot be reached or wants to be left alone."""

    def __init__(self) -> None:
        self.failures = 0
        """Failed attempts in a row."""
        self.ends_at = 0.0
        """When something may be sent again (monotonic time)."""
        self._asked_until = 0.0

    def fail(self, after: float | None, *, urgent: bool) -> None:
        """Begin a wait that is longer than the last one, and not below what the service asks (seconds)."""
        self.failures += 1
        now = time.monotonic()
        self._asked_until = now + asked(after)
        pause = URGENT_SECONDS if urgent else spread(self.failures, MAX_SECONDS)
        self.ends_at = max(now + pause, self._asked_until)

    def hurry(self) -> None:
        """Wait no longer than is decent, because somebody waits."""
        self.ends_at = min(self.ends_at, max(time.monotonic() + URGENT_SECONDS, self._asked_until))

    def recover(self) -> bool:
        """End the wait after a success; return whether there have been failures before."""
        failed = self.failures > 0
        self.failures = 0
        self.ends_at = self._asked_until = 0.0
        return failed


def spread(failures: int, most: float) -> float:
    """Return the seconds to wait after so many failures, of which up to a half is left to chance."""
    longest = min(most, FIRST_SECONDS * 2.0 ** min(failures - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311, it spreads the clients of a service


def asked(after: float | None) -> float:
    """Return the seconds that the service asks for, as far as they are heeded."""
    return min(after or 0.0, MAX_RETRY_AFTER_SECONDS)
