"""What an outage leaves on the disk, and what becomes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from api_analytics_client import Client
from noted import record

if TYPE_CHECKING:
    from pathlib import Path

    from gate import Gate
    from service import Key


def test_a_spool_keeps_events_over_a_restart_of_the_application(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    record(client, 100)
    client.close(0.5)
    assert client.stats().spooled == 100
    assert client.stats().dropped == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert all(key.text.encode() not in path.read_bytes() for path in files)
    gate.deeds = []
    again = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    wait_until_unspooled(gate, again)
    again.close()
    assert key.count() == 100
    assert again.stats().spooled == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_spool_holds_an_outage_that_memory_could_not(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path, backlog_bytes=3000, batch_size=100)
    for number in range(20):
        record(client, 250, f"/{number}")
        assert client.flush(20)  # on the disk
    assert client.stats().spooled == 5000
    gate.deeds = []
    wait_until_unspooled(gate, client)
    client.close()
    assert key.count() == 5000
    assert client.stats().stored == 5000


def test_a_spool_is_bounded(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path, spool_bytes=2000)
    for number in range(15):
        record(client, 20, f"/{number}")
        assert client.flush(20)
    client.close(0)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 2000
    stats = client.stats()
    assert stats.dropped > 0
    assert stats.spooled + stats.dropped == 300


def test_a_spool_that_cannot_be_written_is_no_harm(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 3
    (tmp_path / "file").write_text("no folder")
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path / "file")
    record(client, 100)
    assert client.flush(20)
    client.close()
    assert key.count() == 100


def wait_until_unspooled(gate: Gate, client: Client) -> None:
    """Look at the spool with every batch that arrives, and a little later, until it is empty."""
    deadline = time.monotonic() + 60
    while client.stats().spooled:
        assert time.monotonic() < deadline
        gate.arrived.acquire(timeout=0.05)
