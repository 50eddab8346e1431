"""What an outage leaves on the disk, and what becomes of it."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import Client
from api_analytics_client import backoff as backoff_module
from api_analytics_client import sender as sender_module
from api_analytics_client.batches import Batch
from api_analytics_client.spool import OLD_PART_SECONDS, Spool
from noted import raw, record
from scripts import run

if TYPE_CHECKING:
    from pathlib import Path

    from gate import Gate
    from service import Key

URL = "http://a"


def spool(folder: Path, most_bytes: int = 10**6, longest_request: float = 10.0) -> Spool:
    return Spool(folder, "k", URL, most_bytes, longest_request)


def batch(number: int, events: int = 1) -> Batch:
    return Batch.of(f"{number:032x}", ['{"a":1}\n'] * events)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def fill(gate: Gate, key: Key, folder: Path, batches: int, events: int = 10) -> None:
    """Have a process of the past leave batches in a folder."""
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=folder, batch_size=events)
    record(client, batches * events)
    client.close(0.6)
    assert client.stats().to_spool == batches * events
    gate.deeds = []
    gate.seen.clear()


def wait_until(client: Client, **counts: int) -> None:
    deadline = time.monotonic() + 60
    while any(getattr(client.stats(), name) != count for name, count in counts.items()):
        assert time.monotonic() < deadline, client.stats()
        time.sleep(0.02)


def adds_up(*clients: Client) -> bool:
    """Return whether every process for itself can account for each of its events."""
    return all(
        stats.recorded + stats.from_spool
        == stats.stored
        + stats.duplicate
        + stats.rejected
        + stats.refused
        + stats.skipped
        + stats.hooked
        + stats.dropped
        + stats.to_spool
        + stats.queued
        for stats in (client.stats() for client in clients)
    )


def test_a_spool_keeps_events_over_a_restart_of_the_application(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    record(client, 100)
    client.close(0.5)
    assert client.stats().spooled == client.stats().to_spool == 100
    assert client.stats().dropped == 0
    assert files(tmp_path)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files(tmp_path))
    assert all(key.text.encode() not in path.read_bytes() for path in files(tmp_path))
    gate.deeds = []
    again = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    wait_until(again, stored=100)
    again.close()
    assert key.count() == 100
    assert again.stats().spooled == 0
    assert adds_up(client, again)
    assert not files(tmp_path)


def test_a_spool_holds_an_outage_that_memory_could_not(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path, backlog_bytes=3000, batch_size=100)
    for number in range(20):
        record(client, 250, f"/{number}")
        assert client.flush(20)  # on the disk
    assert client.stats().spooled == 5000
    gate.deeds = []
    wait_until(client, stored=5000)
    client.close()
    assert key.count() == 5000
    assert adds_up(client)


def test_what_has_no_room_in_memory_goes_to_the_disk(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503 60"]
    client = Client(
        api_key=key.text,
        server_url=gate.url,
        spool_dir=tmp_path,
        backlog_bytes=1000,
        batch_size=100,
        flush_interval=0.01,
    )
    record(client, 1)
    client.flush(0.2)  # nothing is sent for a minute
    record(client, 5000)
    wait_until(client, recorded=5001, dropped=0)
    while client._inbox.requests or client.stats().queued > 2000:
        time.sleep(0.01)
    client.close(0)
    assert (client.stats().dropped, client.stats().to_spool) == (0, 5001)


def test_a_spool_is_bounded(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 1000
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path, spool_bytes=2000)
    for number in range(15):
        record(client, 20, f"/{number}")
        assert client.flush(20)
    client.close(0)
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 2000
    stats = client.stats()
    assert stats.dropped > 0
    assert stats.spooled + stats.dropped == 300
    assert adds_up(client)


def test_a_spool_that_cannot_be_written_is_no_harm(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 3
    (tmp_path / "file").write_text("no folder")
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path / "file")
    record(client, 100)
    assert client.flush(20)
    client.close()
    assert key.count() == 100


def test_a_full_disk_leaves_nothing_behind_and_loses_nothing(gate: Gate, key: Key, tmp_path: Path) -> None:
    gate.deeds = ["503"] * 4
    # No file may be longer than 50 bytes: writes fail as on a full disk, in the midst of the file.
    script = """
import resource, pathlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50, resource.RLIM_INFINITY))
for n in range(100): client.put(raw())
while client.stats().retries < 3: client.flush(0.1)
assert not [path for path in pathlib.Path(os.environ['SPOOL']).rglob('*') if path.is_file()]
assert client.stats().queued == 100, client.stats()
assert client.flush(20)
client.close()
assert client.stats().stored == 100
"""
    options = repr({"server_url": gate.url, "spool_dir": str(tmp_path)})
    ended = run(script, key, OPTIONS=options, SPOOL=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    assert "cannot write to the spool" in ended.stderr
    assert key.count() == 100


def test_the_folder_is_synced_once_a_file_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        synced.append((is_folder, sorted(path.suffix for path in files(tmp_path))))

    monkeypatch.setattr(os, "fsync", fsync)
    spool(tmp_path).keep(batch(1))
    assert synced == [(False, [".part"]), (True, [".gz"])]


def test_what_was_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep(batch(1))
    (whole,) = files(tmp_path)
    old, fresh = whole.with_name(f"{whole.name}.0123abcd.part"), whole.with_name(f"{whole.name}.89abcdef.part")
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, time.time() - OLD_PART_SECONDS - 1))
    assert kept.claim() is not None
    assert not old.exists()
    assert fresh.exists()


def test_a_claimed_batch_is_nobody_elses_until_it_is_released(tmp_path: Path) -> None:
    mine, theirs = spool(tmp_path), spool(tmp_path)
    mine.keep(batch(1))
    claim = mine.claim()
    assert claim is not None
    assert (theirs.claim(), theirs.events()) == (None, 1)
    assert 60 < (theirs.due_in() or 0) <= 70
    mine.release(claim, 0, 0.0)
    again = theirs.claim()
    assert again is not None
    assert again.batch == claim.batch == batch(1)
    theirs.remove(again)
    assert mine.claim() is None
    assert mine.due_in() is None


def test_a_claim_of_a_process_that_died_runs_out(tmp_path: Path) -> None:
    dead = spool(tmp_path, longest_request=-61.0)
    dead.keep(batch(1))
    assert dead.claim() is not None
    claim = spool(tmp_path).claim()
    assert claim is not None
    assert claim.batch == batch(1)


def test_a_batch_that_the_service_fails_on_waits_on_the_disk_with_its_failures(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep(batch(1))
    kept.keep(batch(2))
    claim = kept.claim()
    assert claim is not None
    kept.release(claim, 3, 100.0)
    other = kept.claim()
    assert other is not None
    assert other.batch == batch(2)
    kept.remove(other)
    assert kept.claim() is None
    assert 90 < (kept.due_in() or 0) <= 100
    (path,) = files(tmp_path)
    path.rename(path.with_name(f"{time.time_ns():020}{path.name[20:]}"))
    claim = kept.claim()
    assert claim is not None
    assert (claim.batch, claim.failures) == (batch(1), 3)


def test_a_time_of_another_clock_is_not_waited_for(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep(batch(1), 0, 10 * 365 * 86400.0)
    assert kept.claim() is not None


def test_files_are_named_as_in_earlier_versions(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep(batch(1, 7))
    (path,) = files(tmp_path)
    assert path.name == f"{path.name[:20]}-7-{1:032x}.ndjson.gz"


def test_what_is_no_file_or_not_readable_is_left_alone(tmp_path: Path) -> None:
    kept = spool(tmp_path)
    kept.keep(batch(1))
    (path,) = files(tmp_path)
    path.with_name(f"{0:020}-5-{5:032x}.ndjson.gz").mkdir()
    path.with_name("notes.txt").write_text("not ours")
    claim = kept.claim()
    assert claim is not None
    assert claim.batch == batch(1)
    kept.remove(claim)
    assert kept.claim() is None
    assert kept.due_in() is None
    assert path.with_name("notes.txt").exists()
    assert path.with_name(f"{0:020}-5-{5:032x}.ndjson.gz").is_dir()


@pytest.mark.parametrize("damage", [b"", b"no gzip", batch(1, 100).body[:-9], b"\x1f\x8b" + b"\0" * 40])
def test_a_damaged_file_holds_up_nothing_and_is_counted(
    gate: Gate, key: Key, tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fill(gate, key, tmp_path, 3)
    first = min(files(tmp_path))
    first.write_bytes(damage)
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    wait_until(client, stored=20, refused=10, spooled=0)
    client.close()
    assert adds_up(client)
    assert "refused 10 events" in caplog.text


def test_a_batch_on_the_disk_that_is_too_large_is_split_unless_it_is_damaged(
    gate: Gate, key: Key, tmp_path: Path
) -> None:
    fill(gate, key, tmp_path, 2, events=100)
    min(files(tmp_path)).write_bytes(b"x" * 200)
    gate.deeds = ["over 190"]
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    wait_until(client, stored=100, refused=100, spooled=0)
    client.close()
    assert adds_up(client)
    assert key.count() == 100


def test_one_batch_on_the_disk_that_fails_does_not_hold_up_the_others(
    gate: Gate, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(gate, key, tmp_path, 20)
    bad = min(files(tmp_path)).name.split("-")[2].partition(".")[0]
    gate.faults[bad] = "500"
    monkeypatch.setattr(backoff_module, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(sender_module, "MAX_BATCH_SECONDS", 0.02)
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    wait_until(client, stored=190, refused=10, spooled=0)
    client.close()
    assert [key for key, _, deed in gate.seen if deed == "500"] == [bad] * sender_module.MAX_ATTEMPTS
    assert adds_up(client)


def test_processes_that_share_a_folder_send_each_batch_once_and_account_for_all(
    gate: Gate, key: Key, tmp_path: Path
) -> None:
    fill(gate, key, tmp_path, 60)
    options: Any = {"api_key": key.text, "server_url": gate.url, "spool_dir": tmp_path}
    clients = [Client(**options) for _ in range(4)]
    for client in clients:
        record(client, 5)
    wait_until(clients[0], spooled=0)
    for client in clients:
        client.close()
    assert key.count() == 620
    keys = [key for key, _, _ in gate.seen]
    assert len(keys) == len(set(keys))
    assert adds_up(*clients)
    assert sum(client.stats().stored for client in clients) == 620
    assert sum(client.stats().from_spool for client in clients) == 600


def test_a_client_that_is_closed_gives_back_what_it_has_claimed(gate: Gate, key: Key, tmp_path: Path) -> None:
    fill(gate, key, tmp_path, 1)
    gate.deeds = ["hang"]
    client = Client(api_key=key.text, server_url=gate.url, spool_dir=tmp_path)
    assert gate.arrived.acquire(timeout=20)
    client.put(raw())
    client.close(0.2)
    assert client.stats().spooled == 11
    assert adds_up(client)
    assert all(path.name.endswith(".ndjson.gz") for path in files(tmp_path))
