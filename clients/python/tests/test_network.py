"""The way to the service through a proxy, and with certificates of one's own."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from api_analytics_client import Client, Event
from gate import Gate

if TYPE_CHECKING:
    from typing_extensions import Self

    from certificates import Chain
    from service import Key, Service


class Proxy:
    """An HTTP proxy that passes all on to one place, whatever it is asked for."""

    def __init__(self, url: str, answer: bytes = b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n") -> None:
        self._port = int(url.rpartition(":")[2])
        self._answer = answer
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += near.recv(65536)
        self.heads.append(head)
        with near, socket.create_connection(("127.0.0.1", self._port)) as far:
            if head.startswith(b"CONNECT"):
                near.sendall(self._answer)
                if b" 200 " not in self._answer:
                    return
            else:
                far.sendall(head)
            back = threading.Thread(target=_copy, args=(far, near), daemon=True)
            back.start()
            _copy(near, far)
            back.join(20)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def event() -> Event:
    return Event(method="GET", endpoint="/x", status_code=200, process_time=1)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_events_pass_through_a_proxy_that_wants_a_password(key: Key, chain: Chain, secure: bool) -> None:
    gate = Gate(key.service, chain.server if secure else None)
    url = gate.url.replace("127.0.0.1", "localhost")
    with Proxy(gate.url) as proxy:
        client = Client(api_key=key.text, server_url=url, proxy=f"http://an%40n:hush@{proxy.address}")
        client.record(event())
        assert client.flush(20)
        client.close()
    gate.close()
    assert key.count() == 1
    first = b"CONNECT localhost:" if secure else f"POST {url}/track/batch HTTP/1.1\r\n".encode()
    assert proxy.heads[0].startswith(first)
    assert b"\r\nProxy-Authorization: Basic YW5AbjpodXNo\r\n" in proxy.heads[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 407 Authentication required\r\n\r\n", "the proxy answers 407 Authentication required"),
        (b"SSH-2.0\r\n", "the proxy does not answer as one"),
    ],
)
def test_a_proxy_that_refuses_loses_nothing(
    key: Key, chain: Chain, answer: bytes, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(key.service, chain.server)
    with Proxy(gate.url, answer) as proxy:
        client = Client(api_key=key.text, server_url=gate.url, proxy=f"http://{proxy.address}")
        client.record(event())
        while not client.stats().retries:
            assert not client.flush(0.05)
        assert client.stats().queued == 1
        client.close(0)
    gate.close()
    assert said in caplog.text


def test_a_proxy_that_hangs_is_given_up_at_the_deadline(key: Key, chain: Chain) -> None:
    gate = Gate(key.service, chain.server)
    with Proxy(gate.url, b"") as proxy, socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = Client(api_key=key.text, server_url=gate.url, proxy=f"http://{address}", timeout=0.2)
        client.record(event())
        while client.stats().retries < 2:
            assert not client.flush(0.05)
        client.close(0.2)
        assert client.stats().dropped == 1
    gate.close()
    assert proxy.heads == []


def test_certificates_of_ones_own_are_trusted_and_no_others(service: Service, key: Key, stranger: Chain) -> None:
    gate = Gate(service, stranger.server)
    url = gate.url.replace("127.0.0.1", "localhost")
    distrusting = Client(api_key=key.text, server_url=url)
    distrusting.record(event())
    while not distrusting.stats().retries:
        assert not distrusting.flush(0.05)
    distrusting.close(0)
    assert key.count() == 0
    trusting = Client(api_key=key.text, server_url=url, ca_file=stranger.file)
    trusting.record(event())
    assert trusting.flush(20)
    trusting.close()
    gate.close()
    assert key.count() == 1
