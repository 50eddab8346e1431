"""Batches on the disk: what waits for the service outlives the process.

One file a batch, named by its time, count and idempotency key. Several processes may share a folder: a batch
that two of them send is stored once, because both send it under the same key.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections import deque
from typing import TYPE_CHECKING

from .batches import Batch

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"(\d{20})-(\d{1,5})-([0-9a-f]{32}(?:-[12]){0,16})\.ndjson\.gz")


class Spool:
    """The batches of one API key and service in a folder, up to a number of bytes."""

    def __init__(self, folder: Path, api_key: str, url: str, most_bytes: int) -> None:
        # Batches of different keys must not mix; the key itself is not to be read from the name.
        name = hashlib.sha256(f"{api_key}\n{url}".encode()).hexdigest()[:16]
        self._folder = folder / name
        self._most_bytes = most_bytes
        self._listed: deque[Path] = deque()
        """Files that were there when the folder was last read, oldest first."""

    def write(self, batches: list[Batch]) -> int:
        """Keep batches; return how many events, of these or older ones, were dropped for want of space.

        Raises an `OSError` if the disk does not take them.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for batch in batches:
            name = f"{time.time_ns():020}-{batch.count}-{batch.key}.ndjson.gz"
            whole, part = self._folder / name, self._folder / f"{name}.part"
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(batch.body)
                file.flush()
                os.fsync(file.fileno())
            part.rename(whole)
        return self._trim()

    def oldest(self) -> Batch | None:
        """Read a batch, about the oldest; it stays on the disk until it is removed."""
        # Thousands of files may lie there: the folder is read anew only when all that were seen are gone.
        for fresh in (False, True):
            if fresh:
                self._listed = deque(path for path, _, _ in self._files())
            while self._listed:
                match = _NAME.fullmatch(self._listed[0].name)
                with contextlib.suppress(OSError):  # another process was faster
                    if match is not None:
                        return Batch(match.group(3), int(match.group(2)), self._listed[0].read_bytes())
                self._listed.popleft()
        return None

    def remove(self, batch: Batch) -> None:
        """Forget a batch that is settled."""
        for path in [path for path in self._listed if f"-{batch.key}." in path.name]:
            self._listed.remove(path)
            with contextlib.suppress(OSError):
                path.unlink()

    def events(self) -> int:
        """Count the events on the disk."""
        return sum(count for _, count, _ in self._files())

    def _files(self) -> list[tuple[Path, int, str]]:
        """List the batches, oldest first."""
        try:
            names = sorted(path.name for path in self._folder.iterdir())
        except OSError:
            return []
        matches = [match for match in map(_NAME.fullmatch, names) if match]
        return [(self._folder / match.group(0), int(match.group(2)), match.group(3)) for match in matches]

    def _trim(self) -> int:
        sizes = []
        for path, count, _ in self._files():
            with contextlib.suppress(OSError):
                sizes.append((path, count, path.stat().st_size))
        excess = sum(size for _, _, size in sizes) - self._most_bytes
        dropped = 0
        for path, count, size in sizes[:-1]:
            if excess <= 0:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            excess -= size
            dropped += count
        return dropped
