"""The life of the process: its clients send what they hold when it ends, and start anew in a fork.

Threads do not survive a fork, and neither `atexit` nor anything else runs when SIGTERM kills a process. So the
clients of the process are enrolled here, and one handler of each kind serves all.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    from types import FrameType


class Enrolled(Protocol):
    """What a client does for its process."""

    def begin_close(self) -> None:
        """Start sending what is left."""

    def end_close(self) -> None:
        """Wait until it is sent, or time is up."""

    def hurry(self) -> None:
        """Send without waiting for more."""

    def after_fork(self) -> None:
        """Forget what belongs to the parent, in the child."""


_clients: set[Enrolled] = set()
_prepared = False
_our_handlers: set[Any] = set()


def enroll(client: Enrolled) -> None:
    """Make the client take part in the life of the process."""
    global _prepared  # noqa: PLW0603, there is one process
    _clients.add(client)
    if not _prepared:
        _prepared = True
        atexit.register(_close_all)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)
    _watch_sigterm()


def dismiss(client: Enrolled) -> None:
    """Forget a client that is closed."""
    _clients.discard(client)


def watch_forked_child() -> None:
    """See to it that a child of `multiprocessing` closes its clients: it ends without `atexit`."""
    multiprocessing = sys.modules.get("multiprocessing")
    utilities = sys.modules.get("multiprocessing.util")
    if multiprocessing is None or utilities is None or multiprocessing.parent_process() is None:
        return
    utilities.Finalize(None, _close_all, exitpriority=100)


def _close_all() -> None:
    # All begin before the first is waited for: the time that this takes is that of the slowest.
    clients = list(_clients)
    for client in clients:
        client.begin_close()
    for client in clients:
        client.end_close()


def _after_fork() -> None:
    for client in list(_clients):
        with contextlib.suppress(Exception):
            client.after_fork()


def _watch_sigterm() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    current = signal.getsignal(signal.SIGTERM)
    handler: Callable[[int, FrameType | None], None]
    if current is signal.SIG_DFL:
        handler = _terminate
    elif callable(current) and current not in _our_handlers:
        handler = _hurry_before(current)
    else:
        return
    _our_handlers.add(handler)
    with contextlib.suppress(ValueError):  # not the main interpreter
        signal.signal(signal.SIGTERM, handler)


def _terminate(number: int, _frame: FrameType | None) -> None:
    """Send what is left, then end as if nobody had handled the signal."""
    _close_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _hurry_before(handler: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
    """Let the application's own handler decide; but some servers end the process right after their work."""

    def handle(number: int, frame: FrameType | None) -> None:
        for client in list(_clients):
            client.hurry()
        handler(number, frame)

    return handle
