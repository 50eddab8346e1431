"""The way to the service: addresses of its name, a proxy, TLS; all within the deadline of a request.

The one thing that does not heed the deadline is the system's look-up of a name, which is why `courier` watches
over this.
"""

from __future__ import annotations

import base64
import codecs
import http.client
import socket
import ssl
import time
from typing import TYPE_CHECKING, Callable
from urllib.parse import unquote

if TYPE_CHECKING:
    from .settings import Settings

CONNECT_SECONDS = 3.0
"""For each address of a name."""
MAX_HEAD_BYTES = 2**16
"""Of a proxy's answer."""

# Of host names. Sockets load it when they connect first, in a thread of the client; a process that is forked while
# something is being loaded can never load it.
codecs.lookup("idna")


class Connector:
    """Opens connections to the service. One thread owns it."""

    def __init__(self, settings: Settings) -> None:
        url, proxy = settings.url, settings.proxy
        self._secure = url.scheme == "https"
        self._host = url.hostname or ""
        self._port = url.port or (http.client.HTTPS_PORT if self._secure else http.client.HTTP_PORT)
        self._proxy = proxy
        self._ca_file = settings.ca_file
        self._context: ssl.SSLContext | None = None
        authorization = {}
        if proxy is not None and proxy.username is not None:
            pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
            authorization["Proxy-Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        self._authorization = authorization
        forwarding = proxy is not None and not self._secure
        self.headers: dict[str, str] = authorization if forwarding else {}
        """Of every request, for a proxy that reads them."""
        self.prefix = f"http://{self._authority()}" if forwarding else ""
        """What such a proxy wants before the path."""

    def connect(self, deadline: float, use: Callable[[socket.socket], None]) -> socket.socket:
        """Open a connection; `use` is told of each socket before anything is done with it."""
        host, port = self._host, self._port
        if self._proxy is not None:
            host, port = self._proxy.hostname or "", self._proxy.port or http.client.HTTP_PORT
        sock = _open(host, port, deadline, use)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._secure:
                if self._proxy is not None:
                    self._tunnel(sock, deadline)
                sock = self._tls().wrap_socket(sock, server_hostname=self._host, do_handshake_on_connect=False)
                use(sock)
                sock.settimeout(left(deadline))
                sock.do_handshake()
        except BaseException:
            sock.close()
            raise
        return sock

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._ca_file)
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context

    def _tunnel(self, sock: socket.socket, deadline: float) -> None:
        """Have the proxy connect to the service; raise an `OSError` if it does not."""
        authority = self._authority()
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        lines += [f"{name}: {value}" for name, value in self._authorization.items()]
        sock.settimeout(left(deadline))
        sock.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode("ascii"))
        head = b""
        # A byte at a time, for what comes after the head is no longer the proxy's.
        while not head.endswith(b"\r\n\r\n"):
            sock.settimeout(left(deadline))
            part = sock.recv(1)
            if not part or len(head) >= MAX_HEAD_BYTES:
                raise OSError("the proxy does not answer as one")
            head += part
        status = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")[2]
        if not status.startswith("200"):
            raise OSError(f"the proxy answers {status}")

    def _authority(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"


def left(deadline: float) -> float:
    """Return the seconds until the deadline; raise a `TimeoutError` if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline has passed")
    return seconds


def _open(host: str, port: int, deadline: float, use: Callable[[socket.socket], None]) -> socket.socket:
    """Connect to the first address of the name that can be reached."""
    error: OSError = OSError("the host name has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        use(sock)
        try:
            sock.settimeout(min(CONNECT_SECONDS, left(deadline)))
            sock.connect(address)
        except OSError as failure:
            error = failure
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise error
