"""No request, however odd, becomes an event that the service refuses."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import Client
from api_analytics_client.encoding import Encoder, clean, hostname
from api_analytics_client.settings import Settings
from noted import raw

if TYPE_CHECKING:
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
        client.record(
            raw(
                odd_text(chance),
                started=chance.choice([0.0, 1e9 + 0.9999999, 1.8e9]),
                seconds=chance.choice([0.0, 1e-9, 0.1, 1e6]),
                route=chance.choice([None, odd_text(chance)]),
                status=chance.choice([100, 200, 404, 599]),
                peer=chance.choice([None, "", "unix:", "::1", odd_text(chance)]),
                forwarded=chance.choice([None, odd_bytes(chance), "1.2.3.4, ::ffff:1.2.3.4", "fe80::1%eth0"]),
                agent=chance.choice([None, odd_bytes(chance), odd_text(chance)]),
                host=chance.choice([None, odd_bytes(chance), odd_text(chance)]),
                consumer=chance.choice([None, odd_text(chance)]),
                request_bytes=chance.choice([None, 0, 10**18 - 1]),
                response_bytes=chance.choice([None, 0, 10**18 - 1]),
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
    client.record(raw(status=status))
    client.record(raw(method="BREW"))
    client.record(raw())
    assert client.flush(20)
    client.close()
    assert client.stats().skipped == 2
    assert key.count() == 1


def test_the_time_of_an_event_has_its_microseconds() -> None:
    encoder = Encoder(Settings.resolve({"api_key": "k", "server_url": "http://a"}))
    line = json.loads(encoder.encode(raw(started=1_755_691_200.000001)))
    assert line["created_at"] == "2025-08-20T12:00:00.000000Z"  # as near as a float comes
    line = json.loads(encoder.encode(raw(started=1_755_691_200.5)))
    assert line["created_at"] == "2025-08-20T12:00:00.500000Z"


def test_an_answer_to_head_has_no_body() -> None:
    encoder = Encoder(Settings.resolve({"api_key": "k", "server_url": "http://a"}))
    assert json.loads(encoder.encode(raw(method="HEAD", response_bytes=99)))["response_bytes"] == 0


def test_memory_for_known_values_is_bounded() -> None:
    encoder = Encoder(Settings.resolve({"api_key": "k", "server_url": "http://a"}))
    for number in range(10_000):
        encoder.encode(raw(f"/{number}", agent=b"%d" % number, peer=f"10.0.{number // 256}.{number % 256}"))
    assert len(encoder._requests) <= 2048
    assert len(encoder._callers) <= 2048


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
