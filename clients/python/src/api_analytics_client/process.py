"""The life of the process: its clients send what they hold when it ends, and start anew in a fork.

Threads do not survive a fork, so the clients of the process are enrolled here, and one handler of each kind
serves all. Signals are the application's, unless it asks for `close_on_sigterm`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import FrameType


class Enrolled(Protocol):
    """What a client does for its process."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all is sent; return whether it was in time."""

    def begin_close(self, timeout: float | None = None) -> None:
        """Start sending what is left."""

    def end_close(self) -> None:
        """Wait until it is sent, or time is up."""

    def flush_at_exit(self) -> bool:
        """`flush` for the time that the end of the process may take."""

    def reopen(self) -> None:
        """Forget that the process was about to end."""

    def hurry(self) -> None:
        """Send without waiting for more."""

    def after_fork(self) -> None:
        """Forget what belongs to the parent, in the child."""


_clients: set[Enrolled] = set()
_prepared = False


def enroll(client: Enrolled) -> None:
    """Make the client take part in the life of the process."""
    global _prepared  # noqa: PLW0603, there is one process
    _clients.add(client)
    if not _prepared:
        _prepared = True
        atexit.register(close_all)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)


def dismiss(client: Enrolled) -> None:
    """Forget a client that is closed."""
    _clients.discard(client)


def clients() -> list[Enrolled]:
    """Return the clients of the process."""
    return list(_clients)


def close_all(timeout: float | None = None) -> None:
    """Have all clients send what is left, for so many seconds at most, else for what each is set to."""
    # All begin before the first is waited for: the time that this takes is that of the slowest.
    enrolled = clients()
    for client in enrolled:
        client.begin_close(timeout)
    for client in enrolled:
        client.end_close()


def watch_forked_child() -> None:
    """See to it that a child of `multiprocessing` closes its clients: it ends without `atexit`."""
    multiprocessing = sys.modules.get("multiprocessing")
    utilities = sys.modules.get("multiprocessing.util")
    if multiprocessing is None or utilities is None or multiprocessing.parent_process() is None:
        return
    utilities.Finalize(None, close_all, exitpriority=100)


def close_on_sigterm() -> None:
    """Have SIGTERM send what is left before it kills the process; to be called in the main thread.

    For processes that nobody else ends in an orderly way. A handler that is there already stays in charge, and
    what is recorded from the signal on is sent within 20 ms. Like every handler in Python, it has to wait for a
    long call into C to return. Raises a `ValueError` outside of the main thread.
    """
    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        if callable(before):
            for client in clients():
                client.hurry()
            before(number, frame)
        elif before is signal.SIG_DFL and signal.getsignal(number) is handle:
            close_all()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handle)


def _after_fork() -> None:
    for client in clients():
        with contextlib.suppress(Exception):
            client.after_fork()
