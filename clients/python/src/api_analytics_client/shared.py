"""One client for each settings, shared by all middlewares of the process; and what is asked of all clients."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import process
from .client import Client
from .journal import LOGGER
from .settings import Settings, is_enabled

if TYPE_CHECKING:
    from .options import Options

# Without a lock, for a process may be forked while one is held; operations on a dictionary are whole.
_shared: dict[Settings, Client] = {}


def client_for(options: Options) -> Client | None:
    """Return the client for these options, or none, said in the log: the application runs on without tracking."""
    try:
        if not is_enabled(options):
            LOGGER.info("requests are not tracked: it is switched off, or this is a test run")
            return None
        settings = Settings.resolve(options)
        try:
            known = _shared.get(settings)
        except TypeError:  # a function that is an object without a hash
            return Client(**options)
        if known is not None:
            return known
        made = Client(**options)
        known = _shared.setdefault(settings, made)
        if known is not made:
            made.close(0)
        return known
    except Exception as error:
        LOGGER.error("requests are not tracked: %s", error)
        return None


def flush(timeout: float | None = None) -> bool:
    """`Client.flush` of all clients of the process, in so many seconds together; return whether it was in time."""
    deadline = None if timeout is None else time.monotonic() + timeout
    done = [
        client.flush(None if deadline is None else max(0.0, deadline - time.monotonic()))
        for client in process.clients()
    ]
    return all(done)


def shutdown(timeout: float | None = None) -> None:
    """Send what is left, within so many seconds, else `shutdown_timeout`; what is left then is spooled or dropped.

    For hooks of servers, such as gunicorn's `worker_exit`. What is recorded later starts the clients anew.
    """
    process.close_all(timeout)
