"""Which answers are final, and that one batch never holds up the others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from api_analytics_client import Client
from api_analytics_client import backoff as backoff_module
from api_analytics_client import sender as sender_module
from api_analytics_client.backlog import Backlog
from api_analytics_client.batches import Batch
from noted import record

if TYPE_CHECKING:
    from gate import Gate
    from service import Key


@pytest.fixture
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a batch that the service fails on come again soon."""
    monkeypatch.setattr(backoff_module, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(sender_module, "MAX_BATCH_SECONDS", 0.02)


def first_key(gate: Gate, client: Client) -> str:
    """Have one batch refused by 503; return its key. It waits in memory then."""
    gate.deeds = ["503"]
    record(client, 1, "/bad")
    assert not client.flush(0.1)
    gate.arrived.acquire(timeout=20)
    return gate.seen[0][0]


def wait_until(client: Client, **counts: int) -> None:
    deadline = time.monotonic() + 20
    while any(getattr(client.stats(), name) != count for name, count in counts.items()):
        assert time.monotonic() < deadline, client.stats()
        client.flush(0.02)


@pytest.mark.parametrize("deed", ["500", "foreign 403", "foreign 400", "foreign 413"])
def test_a_batch_that_fails_again_and_again_does_not_hold_up_others(gate: Gate, key: Key, deed: str) -> None:
    client = Client(api_key=key.text, server_url=gate.url)
    gate.faults[first_key(gate, client)] = deed
    for number in range(5):
        record(client, 10, f"/{number}")
        wait_until(client, stored=10 * (number + 1))
    assert client.stats().queued == 1
    gate.faults.clear()
    wait_until(client, stored=51)
    client.close()
    assert key.count() == 51


@pytest.mark.usefixtures("_brief")
def test_a_batch_that_the_service_fails_on_has_a_last_attempt(
    gate: Gate, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(api_key=key.text, server_url=gate.url)
    bad = first_key(gate, client)
    gate.faults[bad] = "500"
    record(client, 10)
    wait_until(client, stored=10, refused=1, queued=0)
    client.close()
    assert [key for key, _, deed in gate.seen if deed == "500"] == [bad] * sender_module.MAX_ATTEMPTS
    assert "lost: failed 12 times, the last by 500: a bad day" in caplog.text


@pytest.mark.usefixtures("_brief")
def test_a_service_that_fails_on_everything_loses_nothing(gate: Gate, key: Key) -> None:
    client = Client(api_key=key.text, server_url=gate.url, batch_size=10)
    gate.deeds = ["500"] * 1000
    record(client, 100)
    deadline = time.monotonic() + 20
    while len(gate.seen) < 3 * sender_module.MAX_ATTEMPTS:
        assert time.monotonic() < deadline
        client.flush(0.1)
    gate.deeds = []
    wait_until(client, stored=100)
    client.close()
    assert client.stats().refused == 0


@pytest.mark.parametrize("who", ["foreign", "spring"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_a_refusal_is_final_only_if_it_is_the_services_own(gate: Gate, key: Key, who: str, status: int) -> None:
    gate.deeds = [f"{who} {status}"] * 2
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 1)
    assert client.flush(20)
    client.close()
    assert key.count() == 1
    assert client.stats().refused == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 422])
def test_a_refusal_of_the_service_itself_is_final(
    gate: Gate, key: Key, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    gate.deeds = [str(status)]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 2)
    assert client.flush(20)
    client.close()
    assert (client.stats().refused, client.stats().retries) == (2, 0)
    assert f"refused 2 events, which are lost: {status}: a bad day" in caplog.text


def test_an_answer_that_comes_by_half_stores_nothing_twice(gate: Gate, key: Key) -> None:
    gate.deeds = ["half", "half"]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 10)
    assert client.flush(20)
    client.close()
    assert key.count() == 10
    assert client.stats().retries == 2


def test_the_end_is_not_held_up_for_an_attempt_that_may_not_be_made(gate: Gate, key: Key) -> None:
    gate.deeds = ["503 60"]
    client = Client(api_key=key.text, server_url=gate.url)
    record(client, 1)
    assert not client.flush(0.3)
    began = time.monotonic()
    client.close(20)
    assert time.monotonic() - began < 5
    assert client.stats().dropped == 1


def test_each_batch_has_its_own_time() -> None:
    backlog = Backlog(10**6)
    batches = [Batch.of(f"{number:032x}", ["{}\n"]) for number in range(3)]
    for batch in batches:
        assert backlog.push(batch) == []
    backlog.strike(batches[0], 100.0)
    assert backlog.next(99.0) is batches[1]
    assert backlog.next_at() == 0.0
    backlog.postpone(batches[1])
    assert backlog.next(99.0) is batches[2]
    backlog.settle(batches[1])
    backlog.settle(batches[2])
    assert backlog.next(99.0) is None
    assert (backlog.next_at(), backlog.failures(batches[0])) == (100.0, 1)
    assert backlog.next(100.0) is batches[0]
