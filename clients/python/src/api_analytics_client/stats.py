"""Counts of what became of the events. No event is lost without being counted here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stats:
    """A moment's counts of one process, since its start.

    `recorded` and `from_spool` together are the sum of `stored`, `duplicate`, `rejected`, `refused`, `skipped`,
    `hooked`, `dropped`, `to_spool` and `queued`: also if several processes share a spool, each by itself.
    """

    recorded: int = 0
    """Requests noted by the middleware."""
    stored: int = 0
    """Events that the service has stored."""
    duplicate: int = 0
    """Events that the service had already."""
    rejected: int = 0
    """Events that the service found faulty; the log names the reasons."""
    refused: int = 0
    """Events of batches that the service refused as a whole, such as by 401, or failed on to the last attempt."""
    skipped: int = 0
    """Requests that are no events: unknown methods, impossible status codes."""
    hooked: int = 0
    """Events that the `on_event` hook dropped, or that it failed on."""
    dropped: int = 0
    """The oldest events, dropped because queue, backlog or spool was full, or the process ended."""
    to_spool: int = 0
    """Events that this process has put on the disk."""
    from_spool: int = 0
    """Events that this process has taken off the disk, whoever put them there."""
    spooled: int = 0
    """Events on the disk at this moment, those of other processes included."""
    queued: int = 0
    """Events in memory, waiting for the service."""
    retries: int = 0
    """Sendings that have to be tried again."""
    failures: int = 0
    """Faults of the client itself that it kept from the application; the log has the first of each minute."""


class Counters:
    """The running counts behind `Stats`. Each is changed by one thread only, except where noted."""

    __slots__ = (
        "dropped",
        "duplicate",
        "failures",
        "from_spool",
        "hooked",
        "refused",
        "rejected",
        "retries",
        "skipped",
        "stored",
        "taken",
        "to_spool",
    )

    def __init__(self) -> None:
        self.taken = 0
        """Events taken out of the queue."""
        self.stored = 0
        self.duplicate = 0
        self.rejected = 0
        self.refused = 0
        self.skipped = 0
        self.hooked = 0
        self.dropped = 0
        self.to_spool = 0
        self.from_spool = 0
        self.retries = 0
        self.failures = 0
        """Also raised by the application's threads; a lost increment is no harm."""
