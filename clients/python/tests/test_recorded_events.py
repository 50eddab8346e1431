"""Events that the application records by itself."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import Client, Event

if TYPE_CHECKING:
    from service import Key


def event(**values: Any) -> Event:
    return Event(**{"method": "GET", "endpoint": "/x", "status_code": 200, "process_time": 1.5, **values})


def client_of(key: Key, **options: Any) -> Client:
    return Client(api_key=key.text, server_url=key.service.url, **options)


def test_an_event_is_stored_as_it_was_when_it_was_recorded(key: Key) -> None:
    client = client_of(key)
    own = event(
        created_at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc),
        ip="192.0.2.7",
        route="/{x}",
        user_agent="job",
        hostname="Worker",
        consumer="ann",
        request_bytes=7,
        response_bytes=8,
    )
    client.record(own)
    own.endpoint = "/changed"
    client.close()
    stored = key.event()
    del stored["id"]
    assert stored == {
        "created_at": "2026-01-02T03:04:05.000006Z",
        "method": "GET",
        "endpoint": "/x",
        "route": "/{x}",
        "status_code": 200,
        "process_time": 1.5,
        "ip": "192.0.2.7",
        "user_agent": "job",
        "hostname": "Worker",
        "consumer": "ann",
        "request_bytes": 7,
        "response_bytes": 8,
    }


def test_its_time_is_now_by_default(key: Key) -> None:
    before = datetime.now(timezone.utc)
    client = client_of(key)
    client.record(event())
    client.close()
    created_at = datetime.fromisoformat(key.event()["created_at"].replace("Z", "+00:00"))
    assert before <= created_at <= datetime.now(timezone.utc)


def test_it_is_anonymised_and_shown_to_the_hook(key: Key) -> None:
    def hook(own: Event) -> Event | None:
        seen.append(own.ip)
        return own if own.endpoint == "/x" else None

    seen: list[str | None] = []
    client = client_of(key, anonymize="truncated", on_event=hook)
    client.record(event(ip="192.0.2.7"))
    client.record(event(endpoint="/secret", ip="192.0.2.7"))
    client.close()
    assert seen == ["192.0.2.0", "192.0.2.0"]
    assert key.event()["ip"] == "192.0.2.0"
    assert client.stats().hooked == 1


@pytest.mark.parametrize(
    "values",
    [{"method": "BREW"}, {"status_code": 999}, {"status_code": None}, {"ip": "lan"}, {"process_time": -1}],
)
@pytest.mark.parametrize("anonymize", ["none", "dropped"])
def test_what_cannot_be_sent_is_counted_and_takes_no_other_with_it(
    key: Key, values: dict[str, Any], anonymize: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(key, anonymize=anonymize)
    client.record(event(**values))
    client.record(event())
    client.close()
    assert key.count() == 1
    stats = client.stats()
    assert (stats.recorded, stats.stored, stats.skipped) == (2, 1, 1)
    assert "skipped 1 events that cannot be sent" in caplog.text


def test_what_is_no_event_raises_nothing(key: Key) -> None:
    client = client_of(key)
    client.record("an event")  # type: ignore[arg-type]
    assert client.stats().failures == 1
    client.close()


def test_huge_texts_are_cut_before_they_wait(key: Key) -> None:
    client = client_of(key, flush_interval=3600)
    client.record(event(endpoint="/" + "x" * 1_000_000, consumer="c" * 1_000_000))
    assert client._inbox.requests[0][0] < 20_000
    client.close()
    stored = key.event()
    assert (len(stored["endpoint"]), len(stored["consumer"])) == (200, 255)
