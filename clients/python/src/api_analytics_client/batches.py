"""Batches: events in the form in which they are sent.

A batch never changes once it is made, and has one idempotency key for life: whoever sends it again, even
after a restart, sends the same bytes under the same key, and the service stores nothing twice.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 1
"""The fastest: lines of one application are so alike that it leaves a tenth of them."""
MAX_BODY_BYTES = 8 * 2**20
"""What the service takes, plain: nothing that the client makes is longer, compressed or not."""


@dataclass(frozen=True)
class Batch:
    """Some events, compressed."""

    key: str
    """The idempotency key."""
    count: int
    """Events in it."""
    body: bytes
    """Lines of JSON, gzip."""

    @classmethod
    def of(cls, key: str, lines: Sequence[str]) -> Batch:
        """Make a new batch of lines that end with a line feed."""
        return cls(key, len(lines), compress("".join(lines).encode()))

    def halves(self) -> tuple[Batch, Batch]:
        """Split a batch of two events or more that was too large.

        The keys follow from the batch's own, so that a split made twice is the same split. Raises a
        `ValueError` if the body has been damaged on the disk.
        """
        lines = decompress(self.body).splitlines(keepends=True)
        if len(lines) != self.count:
            raise ValueError(f"{len(lines)} events instead of {self.count}")
        middle = len(lines) // 2
        first, second = lines[:middle], lines[middle:]
        return (
            Batch(f"{self.key}-1", len(first), compress(b"".join(first))),
            Batch(f"{self.key}-2", len(second), compress(b"".join(second))),
        )


def compress(data: bytes) -> bytes:
    """Compress in the gzip format; the interpreter is free for others meanwhile."""
    return gzip.compress(data, LEVEL, mtime=0)


def decompress(data: bytes) -> bytes:
    """Undo it; raise a `ValueError` if that cannot be, or would take more memory than any batch."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(data, MAX_BODY_BYTES)
    except zlib.error as error:
        raise ValueError(f"no gzip: {error}") from error
    if not inflater.eof:
        raise ValueError("no complete gzip")
    return plain
