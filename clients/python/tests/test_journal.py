"""What the log says of losses: each kind, and every sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_analytics_client import Client
from api_analytics_client import journal as journal_module
from api_analytics_client.journal import Journal
from noted import record

if TYPE_CHECKING:
    import pytest

    from gate import Gate
    from service import Key


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_losses_of_one_kind_do_not_hide_those_of_another(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    for _ in range(3):
        journal.dropped(5, "the queue is full")
        journal.dropped(7, "the backlog is full")
    first = [
        "dropped 5 events, the oldest: the queue is full",
        "dropped 7 events, the oldest: the backlog is full",
    ]
    assert messages(caplog) == first
    journal.close()
    assert messages(caplog)[2:] == [text.replace("5", "10").replace("7", "14") for text in first]
    journal.close()
    assert len(messages(caplog)) == 4


def test_failures_in_one_place_do_not_hide_those_in_another(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    for where in ["encoding", "encoding", "the sender", "encoding"]:
        try:
            dict[str, str]()[where]
        except KeyError:
            journal.failed(where)
    journal.close()
    assert [text.partition(";")[0] for text in messages(caplog)] == [
        "tracking failed in encoding",
        "tracking failed in the sender",
        "tracking failed 2 more times in encoding",
    ]
    assert journal.counts.failures == 4


def test_a_sum_is_said_after_its_minute_though_nothing_more_happens(
    gate: Gate, key: Key, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "INTERVAL_SECONDS", 0.5)
    client = Client(api_key=key.text, server_url=gate.url)
    gate.deeds = ["401", "401", "401"]
    for _ in range(3):
        record(client, 1)
        assert client.flush(20)
    while not client.flush(0.02) or "refused 2 events" not in caplog.text:
        assert "refused 3 events" not in caplog.text
    client.close()
    assert len(messages(caplog)) == 2
