"""Memory is bounded in bytes, whatever comes, and whatever threads there are."""

from __future__ import annotations

import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from api_analytics_client import Client, Event
from hostile import Hostile, stall
from noted import raw
from scripts import run

if TYPE_CHECKING:
    from service import Key

MIB = 2**20


def huge(number: int) -> dict[str, object]:
    """Return what the largest request holds that a client can make."""
    text = f"{number}" + "\U0001f600" * 3000
    return {"path": f"/{text}", "agent": text.encode(), "host": text, "forwarded": text, "consumer": text}


def test_the_queue_is_bounded_in_bytes_and_counts_what_it_drops() -> None:
    began, opened = threading.Event(), threading.Event()

    def hook(event: Event) -> Event:
        began.set()
        opened.wait(60)
        return event

    client = Client(api_key="k", server_url="http://127.0.0.1:9", on_event=hook, queue_bytes=8 * MIB)
    client.put(raw())
    client.flush(0)
    assert began.wait(20)
    tracemalloc.start()
    try:
        for number in range(5000):
            client.put(raw(**huge(number)))  # type: ignore[arg-type]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        opened.set()
    assert held < 8 * MIB * 1.25
    stats = client.stats()
    assert stats.dropped + stats.queued == stats.recorded == 5001
    assert stats.dropped > 1000
    client.close(0)
    assert client.stats().dropped == 5001


def test_all_memory_is_bounded_during_an_outage_with_the_largest_requests() -> None:
    with Hostile(stall) as server:
        client = Client(api_key="k", server_url=server.url, backlog_bytes=MIB, queue_bytes=4 * MIB, timeout=60)
        tracemalloc.start()
        try:
            for number in range(20_000):
                client.put(raw(**huge(number)))  # type: ignore[arg-type]
            client.flush(0.1)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        client.close(0)
        assert client.stats().dropped == 20_000
    # Queue, backlog, a batch in the making in three forms, and the remembered pieces.
    assert peak < (4 * 1.25 + 1 + 3 * 6 + 2) * MIB


GREEN = """
client.close()
for number in range(3):
    again = Client(flush_interval=0.05)
    for n in range(100): again.put(raw())
    assert again.flush(20)
    again.close()
    assert again.stats().stored == 100, again.stats()
"""


@pytest.mark.parametrize(
    "before",
    ["import eventlet; eventlet.monkey_patch()", "import gevent.monkey as m; m.patch_all()"],
    ids=["eventlet", "gevent"],
)
def test_events_are_delivered_by_green_threads(key: Key, before: str) -> None:
    ended = run(GREEN, key, before=before)
    assert ended.returncode == 0, ended.stderr
    assert key.count() == 300


def test_events_are_delivered_without_the_queue_in_c(key: Key) -> None:
    ended = run(GREEN, key, before="import sys; sys.modules['_queue'] = None")
    assert ended.returncode == 0, ended.stderr
    assert key.count() == 300


def test_events_that_are_recorded_while_the_interpreter_ends_are_sent_or_counted(key: Key) -> None:
    # From Python 3.12 on there are no new threads then.
    script = """
import atexit
def late():
    client.put(raw())
    client.close(5)
    print(client.stats())
atexit.register(late)
"""
    ended = run(script, key)
    assert ended.returncode == 0, ended.stderr
    sent = key.count()
    assert ("stored=1," in ended.stdout) is (sent == 1)
    assert ("dropped=1," in ended.stdout) is (sent == 0)
    assert sys.version_info >= (3, 12) or sent == 1


def test_a_system_without_threads_is_asked_again_later(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = Client(api_key=key.text, server_url=key.service.url)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        client.put(raw())
        assert not client.flush(0)
    client._start_after = 0.0
    client.put(raw())
    assert client.flush(20)
    client.close()
    assert key.count() == 2
    assert client.stats().failures == 1


def test_a_hook_that_does_not_return_holds_the_end_up_no_longer_than_is_set(key: Key) -> None:
    script = """
import logging
logging.basicConfig()
client = Client(on_event=lambda event: threading.Event().wait(), shutdown_timeout=0.2)
for n in range(10): client.put(raw())
"""
    ended = run(script, key)
    assert ended.returncode == 0
    assert "the process ends with 10 events that were not sent in time" in ended.stderr
