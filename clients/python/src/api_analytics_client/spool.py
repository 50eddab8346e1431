"""Batches on the disk: what waits for the service outlives the process.

One file a batch, named by the time from which it may be sent, the failures of the service on it, its count and
its idempotency key. Several processes may share a folder: who wants to send a batch claims it by renaming its
file, and a claim that is not ended, because its process died, runs out. If two send the same batch all the same,
it is stored once, because both send it under the same key.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .batches import MAX_BODY_BYTES, Batch

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(
    r"(?P<name>(?P<due>\d{20})-(?:f(?P<failures>\d{1,2})-)?(?P<count>\d{1,5})"
    r"-(?P<key>[0-9a-f]{32}(?:-[12]){0,16})\.ndjson\.gz)"
    r"(?:\.claim-(?P<until>\d{1,12})-[0-9a-f]{8})?"
)
_PART = re.compile(r"\d{20}-.*\.ndjson\.gz\.[0-9a-f]{8}\.part")
CLAIM_MARGIN_SECONDS = 60.0
"""How much longer than a request a claim lasts."""
MAX_AHEAD_SECONDS = 2 * 3600.0
"""A time that is farther in the future is that of another clock, and counts as past."""
OLD_PART_SECONDS = 600.0
"""A part that has not been finished by then never will be."""
LOOK_SECONDS = 1.0
"""At least between two looks at what others hold."""
MAX_UNREADABLE = 10_000
NANOSECONDS = 10**9


@dataclass(frozen=True)
class Claim:
    """A batch that this process alone sends for a while."""

    batch: Batch
    failures: int
    """How often the service has failed on just this batch."""
    path: Path
    """Where it is now."""


class Spool:
    """The batches of one API key and service in a folder, up to a number of bytes."""

    def __init__(self, folder: Path, api_key: str, url: str, most_bytes: int, longest_request: float) -> None:
        # Batches of different keys must not mix; the key itself is not to be read from the name.
        name = hashlib.sha256(f"{api_key}\n{url}".encode()).hexdigest()[:16]
        self._folder = folder / name
        self._most_bytes = most_bytes
        self._claim_seconds = longest_request + CLAIM_MARGIN_SECONDS
        self._listed: deque[str] = deque()
        """Files that could be claimed when the folder was last read, oldest first."""
        self._unreadable: set[str] = set()
        self._unread_bytes = most_bytes
        """Bytes that may have been added since the sizes were last looked at."""

    def keep(self, batch: Batch, failures: int = 0, seconds: float = 0.0) -> int:
        """Write a batch, to be sent in so many seconds; return how many older events had to go for it.

        Raises an `OSError` if the disk does not take it; then nothing is left of it.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = self._folder / _name(batch, failures, seconds)
        part = whole.with_name(f"{whole.name}.{secrets.token_hex(4)}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(batch.body)
                file.flush()
                os.fsync(file.fileno())
            part.rename(whole)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        self._sync_folder()
        return self._trim(len(batch.body))

    def claim(self) -> Claim | None:
        """Take a batch, about the oldest that is due; nobody else sends it until it is released or removed."""
        # Thousands of files may lie there: the folder is read anew only when all that were seen are gone.
        for fresh in (False, True):
            if fresh:
                self._list()
            while self._listed:
                claim = self._take(self._listed.popleft())
                if claim is not None:
                    return claim
        return None

    def release(self, claim: Claim, failures: int, seconds: float) -> None:
        """Give a batch back, to be sent in so many seconds."""
        with contextlib.suppress(OSError):  # the claim had run out, and somebody else has it
            claim.path.rename(self._folder / _name(claim.batch, failures, seconds))

    def remove(self, claim: Claim) -> None:
        """Forget a batch that is settled."""
        with contextlib.suppress(OSError):
            claim.path.unlink()

    def due_in(self) -> float | None:
        """Return the seconds until another look, after `claim` has found nothing; none if nothing is there."""
        now = time.time()
        times = [_wait(match, now) for match in self._matches() if match["name"] not in self._unreadable]
        return max(LOOK_SECONDS, min(times)) if times else None

    def events(self) -> int:
        """Count the events on the disk."""
        return sum(int(match["count"]) for match in self._matches())

    def _take(self, name: str) -> Claim | None:
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        until = int(time.time() + self._claim_seconds)
        path = self._folder / f"{match['name']}.claim-{until}-{secrets.token_hex(4)}"
        try:
            (self._folder / name).rename(path)
        except OSError:  # another process was faster
            return None
        try:
            with path.open("rb") as file:
                body = file.read(MAX_BODY_BYTES + 1)
        except OSError:
            # It is no file, or not ours to read: left alone from now on.
            if len(self._unreadable) < MAX_UNREADABLE:
                self._unreadable.add(match["name"])
            with contextlib.suppress(OSError):
                path.rename(self._folder / match["name"])
            return None
        batch = Batch(match["key"], int(match["count"]), body)
        return Claim(batch, int(match["failures"] or 0), path)

    def _list(self) -> None:
        """Look for batches that may be sent, and clear away what processes left that died while writing."""
        now = time.time()
        self._listed.clear()
        for match in self._matches():
            if match["name"] in self._unreadable:
                continue
            if _wait(match, now) == 0.0:
                self._listed.append(match.group())
        for name in self._names():
            if _PART.fullmatch(name):
                path = self._folder / name
                with contextlib.suppress(OSError):
                    if now - path.stat().st_mtime > OLD_PART_SECONDS:
                        path.unlink()

    def _matches(self) -> list[re.Match[str]]:
        """Return the names of the batches, oldest first."""
        return [match for match in map(_NAME.fullmatch, sorted(self._names())) if match]

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self._folder.iterdir()]
        except OSError:
            return []

    def _trim(self, added: int) -> int:
        """Remove the oldest batches if there is too much; return how many events that were."""
        # Others write, too, and looking at all sizes for each batch would take ever longer.
        self._unread_bytes += added
        if self._unread_bytes <= self._most_bytes // 16:
            return 0
        self._unread_bytes = 0
        sizes = []
        for match in self._matches():
            with contextlib.suppress(OSError):
                path = self._folder / match.group()
                sizes.append((path, match, path.stat().st_size))
        excess = sum(size for _, _, size in sizes) - self._most_bytes
        if excess > -self._most_bytes // 8:
            self._unread_bytes = self._most_bytes  # nearly full: look again with the next one
        dropped = 0
        for path, match, size in sizes[:-1]:
            if excess <= 0:
                break
            if match["until"] is None:  # what is claimed is about to be settled by somebody
                with contextlib.suppress(OSError):
                    path.unlink()
                    excess -= size
                    dropped += int(match["count"])
        return dropped

    def _sync_folder(self) -> None:
        """Have the new name outlast a power cut, where the system knows how."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _wait(match: re.Match[str], now: float) -> float:
    """Return the seconds until a batch may be claimed."""
    ahead = int(match["due"]) / NANOSECONDS - now
    held = 0.0 if match["until"] is None else int(match["until"]) - now
    return max((seconds for seconds in (ahead, held) if 0.0 < seconds < MAX_AHEAD_SECONDS), default=0.0)


def _name(batch: Batch, failures: int, seconds: float) -> str:
    due = time.time_ns() + int(seconds * NANOSECONDS)
    noted = f"f{failures}-" if failures else ""
    return f"{due:020}-{noted}{batch.count}-{batch.key}.ndjson.gz"
