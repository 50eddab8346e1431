"""No request, however odd, becomes an event that the service refuses."""

from __future__ import annotations

import json
import random
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import Client
from api_analytics_client.encoding import MAX_KNOWN, Encoder, clean, hostname
from api_analytics_client.event import MAX_HEADER_BYTES, ROW_BYTES, UNKNOWN_BYTES, USUAL_BYTES
from api_analytics_client.journal import Journal
from api_analytics_client.settings import Settings
from noted import raw

if TYPE_CHECKING:
    from api_analytics_client.event import Row
    from service import Key

SEED = 20_250_820
ODD = [
    "\x00",
    "\x1f",
    "\x7f",
    "\x85",
    "\u00a0",
    "\u2028",
    "\u3000",
    "\ud800",
    "\udfff",
    "\ufeff",
    "\U0001f600",
    '"',
    "\\",
    "/",
    " ",
    "a",
    "é",
    "{",
    "\n",
]


def odd_text(chance: random.Random) -> str:
    return "".join(chance.choices(ODD, k=chance.choice([0, 1, 3, 50, 199, 200, 201, 600])))


def odd_bytes(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return odd_text(chance).encode("utf-8", "surrogatepass")
    return chance.randbytes(chance.choice([0, 1, 100, 3000]))


def test_events_of_the_oddest_requests_are_all_stored(key: Key) -> None:
    chance = random.Random(SEED)
    client = Client(api_key=key.text, server_url=key.service.url, trusted_proxies=["*"])
    for _ in range(3000):
        client.put(
            raw(
                odd_text(chance),
                started=chance.choice([1.0, 1e9 + 0.9999999, 1.8e9]),
                seconds=chance.choice([0.0, 1e-9, 0.1, 1e6]),
                route=chance.choice([None, odd_text(chance)]),
                status=chance.choice([100, 200, 404, 599]),
                peer=chance.choice([None, "", "unix:", "::1", odd_text(chance)]),
                forwarded=chance.choice([None, odd_bytes(chance), "1.2.3.4, ::ffff:1.2.3.4", "fe80::1%eth0"]),
                agent=chance.choice([None, odd_bytes(chance), odd_text(chance)]),
                host=chance.choice([None, odd_bytes(chance), odd_text(chance)]),
                consumer=chance.choice([None, odd_text(chance)]),
                request_bytes=chance.choice([UNKNOWN_BYTES, 0, 10**18 - 1]),
                response_bytes=chance.choice([UNKNOWN_BYTES, 0, 10**18 - 1]),
            )
        )
    assert client.flush(30), SEED
    client.close()
    assert (client.stats().stored, client.stats().rejected) == (3000, 0), SEED
    assert key.count() == 3000


@pytest.mark.parametrize("status", [0, 99, 600, 999])
@pytest.mark.parametrize("hook", [None, lambda event: event])
def test_what_is_no_event_is_skipped_and_counted(key: Key, status: int, hook: Any) -> None:
    client = Client(api_key=key.text, server_url=key.service.url, on_event=hook)
    client.put(raw(status=status))
    client.put(raw(method="BREW"))
    client.put(raw())
    assert client.flush(20)
    client.close()
    assert client.stats().skipped == 2
    assert key.count() == 1


def encoded(*rows: Row) -> list[Any]:
    encoder = Encoder(Settings.resolve({"api_key": "k", "server_url": "http://a"}), Journal())
    return [json.loads(line) for line in encoder.encode(rows)]


def test_the_time_of_an_event_has_its_microseconds() -> None:
    moments = [1_755_691_200.100_001, 1_755_691_200.5, 1_755_691_201.100_001]
    found = [event["created_at"] for event in encoded(*(raw(started=moment) for moment in moments))]
    for moment, text in zip(moments, found):
        assert re.fullmatch(r"2025-08-20T12:00:0\d\.\d{6}Z", text), text
        # The two clocks are not read at the same instant.
        assert abs(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - moment) < 0.05, text


def test_the_time_of_an_event_is_right_on_both_sides_of_a_whole_second() -> None:
    chance = random.Random(SEED)
    moments = [1_755_691_200 + chance.randrange(5) + chance.uniform(-3e-6, 3e-6) for _ in range(2000)]
    found = [event["created_at"] for event in encoded(*(raw(started=moment) for moment in moments))]
    for moment, text in zip(moments, found):
        # A wrong second is one too many or too few; less may pass between the readings of two clocks.
        assert abs(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - moment) < 0.5, (text, SEED)


def test_the_process_time_has_three_decimals() -> None:
    assert [event["process_time"] for event in encoded(raw(seconds=0.0123456), raw(seconds=0.0))] == [12.346, 0.0]


def test_an_answer_to_head_has_no_body() -> None:
    assert encoded(raw(method="HEAD", response_bytes=99))[0]["response_bytes"] == 0


def test_what_is_not_known_is_absent() -> None:
    unknown = raw(peer=None, agent=None, host=None, request_bytes=UNKNOWN_BYTES, response_bytes=UNKNOWN_BYTES + 5)
    (event,) = encoded(unknown)
    assert set(event) == {"created_at", "method", "endpoint", "process_time", "status_code"}


def test_memory_for_known_pieces_is_bounded() -> None:
    encoder = Encoder(Settings.resolve({"api_key": "k", "server_url": "http://a"}), Journal())
    for number in range(3 * MAX_KNOWN + 10):
        encoder.encode([raw(f"/{number}", route=f"/{number}", peer=f"10.0.{number // 256}.{number % 256}")])
        encoder.encode([raw(agent=b"%d" % number * 500)])
    assert 0 < len(encoder._callers) <= MAX_KNOWN
    assert 0 < len(encoder._targets) <= MAX_KNOWN
    assert max(len(str(caller)) for caller in encoder._callers) < 2 * USUAL_BYTES


def test_what_waits_in_memory_is_cut_and_weighed() -> None:
    long = 100_000
    row = raw(
        "p" * long, method="M" * long, peer="1" * long, agent=b"a" * long, host="h" * long, forwarded="f" * long
    )
    assert row[0] < ROW_BYTES + 5 * MAX_HEADER_BYTES
    assert sum(len(text or "") for text in row[7]) <= 4 * MAX_HEADER_BYTES
    assert raw()[0] < USUAL_BYTES


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"Example.ORG:8443", "example.org"),
        (b"[::1]:80", "[::1]"),
        (b"[::1]", "[::1]"),
        (b"", None),
        (b":80", None),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_host_is_a_name_without_its_port(host: bytes | str, name: str | None) -> None:
    assert hostname(host) == name


def test_text_is_cut_by_characters_and_not_within_one() -> None:
    assert clean("é" * 300, 200) == "é" * 200
    assert clean("é".encode() * 300, 200) == "é" * 200
    assert clean(("\U0001f600" * 300).encode(), 200) == "\U0001f600" * 200
    assert clean(b" \x00 ", 200) is None
