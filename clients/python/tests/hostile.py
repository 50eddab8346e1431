"""Services that misbehave below HTTP: they stall, drip, cut and answer by halves, with TLS or without."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

Deed = Callable[["Hostile", socket.socket], None]


class Hostile:
    """Listens, and does the same with every connection, in a thread for each."""

    def __init__(self, deed: Deed, context: ssl.SSLContext | None = None) -> None:
        self._deed = deed
        self._context = context
        self.ended = threading.Event()
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://localhost:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context is not None and self._deed is not silent:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    self._deed(self, secure)
            else:
                self._deed(self, connection)


def silent(server: Hostile, _connection: socket.socket) -> None:
    """Say nothing at all, not even what TLS begins with."""
    server.ended.wait(60)


def stall(server: Hostile, connection: socket.socket) -> None:
    """Take the request and never answer."""
    read_request(connection)
    server.ended.wait(60)


def drip_head(server: Hostile, connection: socket.socket) -> None:
    """Answer a byte at a time, so that no single wait is long."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not server.ended.is_set():
        connection.sendall(b"x")
        time.sleep(0.02)


def drip_body(server: Hostile, connection: socket.socket) -> None:
    """Give the head of an answer at once, its body a byte at a time."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.ended.is_set():
        connection.sendall(b" ")
        time.sleep(0.02)


def stall_in_body(server: Hostile, connection: socket.socket) -> None:
    """Answer by half."""
    read_request(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"stored"')
    server.ended.wait(60)


def continue_for_ever(server: Hostile, connection: socket.socket) -> None:
    """Say again and again that the request may go on."""
    read_request(connection)
    while not server.ended.is_set():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


def read_request(connection: socket.socket) -> bytes:
    """Read a request; return its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            raise OSError("the client has gone")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return body
