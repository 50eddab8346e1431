"""A request has one deadline, and whoever hangs holds up neither batching nor the end of the process."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import hostile
from api_analytics_client import Client
from api_analytics_client.courier import MAX_LOST_THREADS
from gate import Gate
from noted import record
from scripts import run

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Chain
    from service import Key, Service

DEEDS = [
    hostile.silent,
    hostile.stall,
    hostile.drip_head,
    hostile.drip_body,
    hostile.stall_in_body,
    hostile.continue_for_ever,
]
names = [deed.__name__ for deed in DEEDS]
schemes = pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])


@schemes
@pytest.mark.parametrize("deed", DEEDS, ids=names)
def test_whatever_hangs_is_given_up_at_the_deadline(
    deed: hostile.Deed, secure: bool, chain: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    with hostile.Hostile(deed, chain.server if secure else None) as server:
        client = Client(api_key="k", server_url=server.url, timeout=0.3)
        record(client, 10)
        began = time.monotonic()
        while client.stats().retries < 2:
            assert not client.flush(0.05)
            assert time.monotonic() - began < 20
        # Nothing was lost, and more can be taken in.
        record(client, 10)
        assert client.stats().queued == 20
        began = time.monotonic()
        client.close(0.3)
        assert time.monotonic() - began < 2
    assert client.stats().dropped == 20
    assert "no answer in time" in caplog.text
    assert "dropped 20 events, the oldest: the process ends" in caplog.text


@schemes
def test_batches_are_made_while_an_answer_is_awaited(secure: bool, chain: Chain) -> None:
    with hostile.Hostile(hostile.stall, chain.server if secure else None) as server:
        client = Client(api_key="k", server_url=server.url, timeout=60, batch_size=100, flush_interval=0.01)
        began = time.monotonic()
        record(client, 1)
        while not server.connections:
            time.sleep(0.01)
        for _ in range(20):
            record(client, 100)
        while client._inbox.requests:
            assert time.monotonic() - began < 20
            time.sleep(0.01)
        assert client.stats().queued == 2001
        client.close(0)
        assert client.stats().dropped == 2001


@schemes
@pytest.mark.parametrize("spooled", [False, True], ids=["dropped", "spooled"])
def test_the_end_of_a_process_is_in_time_and_says_what_became_of_events(
    secure: bool, spooled: bool, chain: Chain, key: Key, tmp_path: Path
) -> None:
    with hostile.Hostile(hostile.stall, chain.server if secure else None) as server:
        script = """
for n in range(100): client.put(raw())
while client._sender is None or not client._sender._courier.is_busy:
    client.flush(0.01)
import atexit
began = time.monotonic()
atexit._run_exitfuncs()
assert time.monotonic() - began < 2.5, time.monotonic() - began
print(client.stats())
"""
        options: dict[str, Any] = {"shutdown_timeout": 0.5, "server_url": server.url}
        if spooled:
            options["spool_dir"] = str(tmp_path)
        ended = run(script, key, OPTIONS=repr(options), SSL_CERT_FILE=str(chain.file))
    assert ended.returncode == 0, ended.stderr
    assert f"to_spool={100 if spooled else 0}," in ended.stdout
    assert f"dropped={0 if spooled else 100}," in ended.stdout
    assert ("dropped 100 events, the oldest: the process ends" in ended.stderr) is not spooled


def test_a_name_whose_look_up_hangs_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    released = threading.Event()

    def hang(*_arguments: Any, **_options: Any) -> Any:
        released.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    before = threading.active_count()
    client = Client(api_key="k", server_url="http://a.invalid", timeout=0.1, batch_size=10)
    for _ in range(10):
        record(client, 10)
        client.flush(0.3)
        assert not client._inbox.requests
    # One that collects, and threads that hang, of which there are not ever more.
    assert before + 2 <= threading.active_count() <= before + 2 + MAX_LOST_THREADS
    assert client.stats().retries > MAX_LOST_THREADS
    began = time.monotonic()
    client.close(0.2)
    assert time.monotonic() - began < 1.5
    assert client.stats().dropped == 100
    assert "dropped 100 events" in caplog.text
    released.set()
    while threading.active_count() > before:
        time.sleep(0.01)


def test_a_name_that_is_found_again_is_used_again(
    monkeypatch: pytest.MonkeyPatch, key: Key, service: Service
) -> None:
    released = threading.Event()
    hanging = [True] * (MAX_LOST_THREADS + 1)
    look_up = socket.getaddrinfo

    def hang(*arguments: Any, **options: Any) -> Any:
        if hanging:
            hanging.pop()
            released.wait(60)
        return look_up(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    client = Client(api_key=key.text, server_url=service.url, timeout=0.5)
    record(client, 10)
    assert not client.flush(4)
    released.set()
    assert client.flush(20)
    client.close()
    assert key.count() == 10


def test_events_are_delivered_over_tls_with_a_chain_of_certificates(
    service: Service, key: Key, chain: Chain
) -> None:
    gate = Gate(service, chain.server)
    client = Client(api_key=key.text, server_url=gate.url, batch_size=100)
    for _ in range(3):
        record(client, 250)
        assert client.flush(20)
    client.close()
    gate.close()
    assert key.count() == 750
    assert gate.connections == 1


def test_a_service_that_cannot_prove_its_name_gets_nothing(
    service: Service, stranger: Chain, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(service, stranger.server)
    client = Client(api_key="k", server_url=gate.url)
    record(client, 1)
    assert not client.flush(1)
    client.close(0)
    gate.close()
    assert gate.seen == []
    assert "its certificate is not trusted" in caplog.text


@schemes
def test_a_kept_connection_that_was_closed_is_replaced_at_once(
    service: Service, key: Key, secure: bool, chain: Chain
) -> None:
    gate = Gate(service, chain.server if secure else None)
    client = Client(api_key=key.text, server_url=gate.url)
    for _ in range(3):
        gate.deeds = ["pass and close"]
        record(client, 10)
        assert client.flush(20)
    client.close()
    gate.close()
    assert client.stats().retries == 0
    assert key.count() == 30
    assert gate.connections == 3
