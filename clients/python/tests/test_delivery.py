"""What becomes of events when the service, or the way to it, has a bad day."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from api_analytics_client import Client, Event
from noted import raw, record
from service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from gate import Gate
    from service import Key


def test_events_arrive_in_batches_over_one_connection(gate: Gate, key: Key) -> None:
    client = Client(api_key=key.text, server_url=gate.url, batch_size=100)
    for _ in range(3):
        record(client, 250)
        assert client.flush(20)
    client.close()
    assert key.count() == 750
    assert len(gate.seen) < 20
    assert gate.connections == 1
    assert client.stats().stored == 750


def test_an_event_is_sent_without_a_flush_once_it_is_old_enough(gate: Gate, key: Key) -> None:
    client = Client(api_key=key.text, server_url=gate.url, flush_interval=0.01)
    for count in (1, 2):  # also after a time in which there was nothing to do
        client.put(raw())
        assert gate.arrived.acquire(timeout=20)
        assert client.flush(20)
        assert key.count() == count
    client.close()


@pytest.mark.parametrize("deed", ["500", "502", "503", "429", "408", "html", "301"])
def test_what_may_pass_is_tried_again_until_it_does(gate: Gate, key: Key, deed: str) -> None:
    gate.deeds = [deed, deed]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 10)
    assert client.flush(20)
    client.close()
    assert [deed for _, _, deed in gate.seen] == [deed, deed, "200"]
    assert len({key for key, _, _ in gate.seen}) == 1
    assert key.count() == 10
    assert client.stats().retries == 2


def test_an_answer_that_is_lost_stores_nothing_twice(gate: Gate, key: Key) -> None:
    gate.deeds = ["cut", "cut", "cut"]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 10)
    assert client.flush(20)
    client.close()
    assert [deed for _, _, deed in gate.seen][:2] == ["cut", "cut"]
    assert key.count() == 10
    stats = client.stats()
    assert stats.stored + stats.duplicate == 10


def test_the_service_is_left_alone_as_long_as_it_asks(gate: Gate, key: Key) -> None:
    gate.deeds = ["503 2"]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 1)
    assert not client.flush(1)
    assert len(gate.seen) == 1
    assert client.flush(20)
    client.close()
    assert key.count() == 1


def test_a_batch_that_is_too_large_is_split(gate: Gate, key: Key) -> None:
    client = Client(api_key=key.text, server_url=gate.url)
    gate.deeds = ["over 700"]
    for number in range(1000):
        client.put(raw(f"/x/{number}"))
    assert client.flush(30)
    client.close()
    assert key.count() == 1000
    assert "413" in {deed for _, _, deed in gate.seen}
    assert client.stats().refused == 0


def test_a_single_event_that_is_too_large_is_dropped_and_logged(
    gate: Gate, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(api_key=key.text, server_url=gate.url)
    gate.deeds = ["over 1"]
    record(client, 2)
    assert client.flush(20)
    client.close()
    assert key.count() == 0
    assert client.stats().refused == 2
    assert "413: a single event is too large" in caplog.text


def test_a_wrong_key_is_logged_with_its_reason_and_not_tried_again(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(api_key="wrong", server_url=service.url)
    record(client, 3)
    assert client.flush(20)
    client.close()
    assert client.stats().refused == 3
    assert client.stats().retries == 0
    assert "refused 3 events, which are lost: 401: Invalid API Key" in caplog.text


def test_a_slow_service_holds_nobody_up(gate: Gate, key: Key) -> None:
    gate.deeds = ["hang"]
    client = Client(api_key=key.text, server_url=gate.url, timeout=30)
    record(client, 10)
    assert not client.flush(0)
    assert gate.arrived.acquire(timeout=20)
    # The request hangs now. More come in, are put into batches meanwhile, and nothing is lost.
    for _ in range(50):
        record(client, 1000)
    assert client.stats().dropped == 0
    gate.opened.set()
    assert client.flush(30)
    client.close()
    assert key.count() == 50_010


def test_a_service_that_never_answers_is_given_up(gate: Gate, key: Key) -> None:
    gate.deeds = ["hang"]
    client = Client(api_key=key.text, server_url=gate.url, timeout=0.5)
    record(client, 10)
    assert client.flush(20)
    client.close()
    assert key.count() == 10
    assert [deed for _, _, deed in gate.seen] == ["hang", "200"]


def test_nothing_is_lost_while_the_service_is_dead(service: Service, tmp_path: Path) -> None:
    own = Service(tmp_path)
    key = own.new_key()
    client = Client(api_key=key.text, server_url=own.url)
    record(client, 100)
    assert client.flush(20)
    own.stop()
    record(client, 100)
    assert not client.flush(1)
    own.start()
    record(client, 100)
    assert client.flush(20)
    client.close()
    assert key.count() == 300
    own.close()


def test_the_queue_is_bounded_and_counts_what_it_drops(
    gate: Gate, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    began, opened = threading.Event(), threading.Event()

    def hook(event: Event) -> Event:
        began.set()
        assert opened.wait(20)
        return event

    client = Client(api_key=key.text, server_url=gate.url, queue_size=1000, on_event=hook)
    client.put(raw("/first"))
    assert not client.flush(0)
    assert began.wait(20)
    # The thread that makes batches is stuck now.
    record(client, 5000, "/old")
    record(client, 1000, "/new")
    assert client.stats().recorded == 6001
    assert client.stats().queued == 1001
    opened.set()
    assert client.flush(20)
    client.close()
    stats = client.stats()
    assert stats.dropped + stats.stored == 6001
    assert {event["endpoint"] for event in key.events()[-1000:]} == {"/new"}
    assert caplog.text.count("the queue is full") == 1


def test_the_backlog_is_bounded_and_drops_the_oldest(gate: Gate, key: Key) -> None:
    gate.deeds = ["503 60"]
    client = Client(api_key=key.text, server_url=gate.url, backlog_bytes=3000, batch_size=100)
    for number in range(50):
        record(client, 100, f"/{number}")
        assert not client.flush(0.02)
    stats = client.stats()
    assert stats.dropped > 0
    assert stats.queued + stats.dropped == 5000
    assert client._sender is not None
    kept = list(client._sender.backlog)
    assert sum(len(batch.body) for batch in kept) <= 3000
    client.close(0)
    assert client.stats().dropped == 5000


def test_reasons_of_rejected_events_are_logged(
    gate: Gate, key: Key, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(api_key=key.text, server_url=gate.url)
    # No event that the client makes is faulty, so one has to be forced.
    monkeypatch.setattr("api_analytics_client.encoding.MAX_STATUS", 999)
    client.put(raw(status=777))
    client.put(raw())
    assert client.flush(20)
    client.close()
    stats = client.stats()
    assert (stats.stored, stats.rejected, key.count()) == (1, 1, 1)
    assert "rejected 1 events: status_code must be an integer from 100 to 599" in caplog.text


def test_the_log_says_the_same_at_most_once_a_minute(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = Client(api_key="wrong", server_url=service.url)
    for _ in range(5):
        record(client, 1)
        assert client.flush(20)
    client.close()
    assert client.stats().refused == 5
    # The sum of those that came too soon is said at the end.
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "the service refused 1 events",
        "the service refused 4 events",
    ]
