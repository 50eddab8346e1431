#!/usr/bin/env python3
"""A service that misbehaves as it is told: what the tests of every client send their events to.

    hostile.py [--upstream URL]

Prints one line of JSON with its addresses (`url`, `tls_url`, `ca_file`, `control_url`), serves until its input
ends, and removes what it has made. Each batch takes the next deed of the script; see README.md. Without
`--upstream` it stores by itself: it remembers keys as the real service does, and counts events.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOLD_SECONDS = 600.0
"""How long a stalled connection is held if nobody ends it."""


class State:
    """What the script says, and what has been seen. One lock for all."""

    def __init__(self, upstream: str | None) -> None:
        self.upstream = upstream
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.released.set()
        self.released = threading.Event()
        self.script: list[dict[str, Any]] = []
        self.always: dict[str, Any] = {"do": "pass"}
        self.seen: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[bytes, bytes]] = {}
        self.connections = 0

    def next_deed(self) -> dict[str, Any]:
        """Take the next deed; without any left, the one that is for always."""
        with self.lock:
            return self.script.pop(0) if self.script else self.always

    def store(self, key: str, body: bytes) -> tuple[int, bytes]:
        """Store a batch as the real service does; return status and body of the answer."""
        with self.lock:
            known = self.keys.get(key)
            if known is not None and known[0] == body:
                return 200, known[1]
            if known is not None:
                return 422, problem(422, "another batch has this name")
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            counts = {"received": len(lines), "stored": len(lines), "duplicate": 0, "rejected": 0, "errors": []}
            answer = json.dumps(counts).encode()
            self.events += lines
            self.keys[key] = (body, answer)
            return 200, answer


def problem(status: int, detail: str) -> bytes:
    """A problem document of the service."""
    title = http.client.responses.get(status, "")
    return json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves the clients."""

    protocol_version = "HTTP/1.1"
    state: State

    def setup(self) -> None:
        super().setup()
        with self.state.lock:
            self.state.connections += 1

    def do_GET(self) -> None:
        self.answer(200, b'{"msg": "Analytics service OK"}', {})

    def do_POST(self) -> None:
        deed = self.state.next_deed()
        if deed["do"] == "deaf":  # does not even read
            self.note(deed, b"")
            self.hold(deed)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        except (OSError, EOFError):
            deed, plain = {"do": "answer", "status": 400, "detail": "broken gzip"}, b""
        if deed["do"] == "over":
            deed = {"do": "answer", "status": 413} if len(plain) > deed["bytes"] else {"do": "pass"}
        self.note(deed, plain)
        getattr(self, f"do_{deed['do']}")(deed, body, plain)

    def do_pass(self, deed: dict[str, Any], body: bytes, plain: bytes) -> None:
        """Take the batch, after `seconds`."""
        time.sleep(deed.get("seconds", 0))
        self.answer(*self.take(body, plain))

    def do_cut(self, _deed: dict[str, Any], body: bytes, plain: bytes) -> None:
        """Take the batch, but end the connection before the answer."""
        self.take(body, plain)
        self.close_connection = True

    def do_reset(self, _deed: dict[str, Any], _body: bytes, _plain: bytes) -> None:
        """Break the connection without taking the batch."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def do_stall(self, deed: dict[str, Any], _body: bytes, _plain: bytes) -> None:
        """Read the batch and never answer."""
        self.hold(deed)

    def do_half(self, deed: dict[str, Any], body: bytes, plain: bytes) -> None:
        """Take the batch and send half of the answer; then hold, or end the connection (`end`)."""
        answer = self.take(body, plain)[1]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
        self.wfile.write(head + answer[: len(answer) // 2])
        self.wfile.flush()
        if deed.get("end"):
            self.close_connection = True
        else:
            self.hold(deed)

    def do_drip(self, deed: dict[str, Any], body: bytes, plain: bytes) -> None:
        """Take the batch and send the answer a byte at a time, with `seconds` between them."""
        answer = self.take(body, plain)[1]
        self.close_connection = True
        try:
            for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + answer:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.state.released.wait(deed.get("seconds", 0.1)):
                    return
        except OSError:
            pass

    def do_endless(self, _deed: dict[str, Any], _body: bytes, _plain: bytes) -> None:
        """Answer without an end."""
        self.close_connection = True
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
            while not self.state.released.is_set():
                self.wfile.write(b" " * 65536)
        except OSError:
            pass

    def do_answer(self, deed: dict[str, Any], _body: bytes, _plain: bytes) -> None:
        """Answer with `status`, `headers` and `body`; by default with a problem document of the service."""
        status = deed["status"]
        headers = {"Content-Type": "application/problem+json", **deed.get("headers", {})}
        body = deed["body"].encode() if "body" in deed else problem(status, deed.get("detail", "a bad day"))
        self.answer(status, body, headers)

    def do_foreign(self, deed: dict[str, Any], _body: bytes, _plain: bytes) -> None:
        """Answer as a proxy does whose service is not there: `status` with a page."""
        self.answer(deed["status"], b"<h1>nothing here</h1>", {"Content-Type": "text/html", **deed.get("headers", {})})

    def take(self, body: bytes, plain: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Store the batch, here or upstream."""
        if self.state.upstream is None:
            return *self.state.store(self.headers.get("Idempotency-Key", ""), plain), {}
        where = urlsplit(self.state.upstream)
        upstream = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        upstream.request("POST", self.path, body, headers)
        answer = upstream.getresponse()
        data, kind = answer.read(), answer.headers.get("Content-Type", "")
        upstream.close()
        return answer.status, data, {"Content-Type": kind}

    def hold(self, deed: dict[str, Any]) -> None:
        """Keep the connection without a word, until all are released or for `seconds`."""
        self.state.released.wait(deed.get("seconds", HOLD_SECONDS))
        self.close_connection = True

    def note(self, deed: dict[str, Any], plain: bytes) -> None:
        """Remember a batch."""
        with self.state.lock:
            self.state.seen.append(
                {
                    "at": time.monotonic(),
                    "key": self.headers.get("Idempotency-Key"),
                    "api_key": self.headers.get("X-API-Key"),
                    "authorization": self.headers.get("Authorization"),
                    "path": self.path,
                    "events": plain.count(b"\n"),
                    "deed": deed["do"],
                    "status": deed.get("status"),
                }
            )

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Control(BaseHTTPRequestHandler):
    """Serves the tests."""

    protocol_version = "HTTP/1.1"
    state: State

    def do_GET(self) -> None:
        """Show what has been seen: `/seen`, `/events`, `/count`."""
        state = self.state
        with state.lock:
            shown: dict[str, Any] = {
                "/seen": state.seen,
                "/events": state.events,
                "/count": {"events": len(state.events), "connections": state.connections, "batches": len(state.seen)},
            }
            self.reply(json.dumps(shown[self.path]).encode())

    def do_POST(self) -> None:
        """Take a script (`/script`), one deed for always (`/always`), `/release` what is held, or `/reset`."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given, state = json.loads(body or b"null"), self.state
        with state.lock:
            if self.path == "/script":
                state.script = given
            elif self.path == "/always":
                state.always = given
            elif self.path == "/release":
                state.released.set()
                state.released = threading.Event()
            else:
                state.reset()
        self.reply(b"{}")

    def reply(self, body: bytes) -> None:
        """Send an answer."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """One that says nothing about broken connections, which are its business."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, _request: object, _address: object) -> None:
        """Say nothing."""


class SecureServer(Server):
    """The same with TLS; the handshake is left to the thread of the connection."""

    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection."""
        with self.context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Make a root, an intermediate and a server certificate; return root, chain and key."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, cwd=folder, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    extensions = {
        "root": "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
        "middle": "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n",
        "server": "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
    }
    above = None
    for name, text in extensions.items():
        (folder / f"{name}.ext").write_text(text)
        openssl("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=hostile {name}")
        signer = ["-signkey", f"{name}.key"] if above is None else ["-CA", f"{above}.pem", "-CAkey", f"{above}.key", "-CAcreateserial"]
        openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        above = name
    chain = folder / "chain.pem"
    chain.write_text((folder / "server.pem").read_text() + (folder / "middle.pem").read_text())
    return folder / "root.pem", chain, folder / "server.key"


def serve(server: Server) -> int:
    """Start a server; return its port."""
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return int(server.server_address[1])


def main() -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--upstream", help="the real service, which batches are passed on to")
    state = State(parser.parse_args().upstream)
    handler = type("Handler", (Handler,), {"state": state})
    control = type("Control", (Control,), {"state": state})
    with tempfile.TemporaryDirectory() as folder:
        root, chain, key = certificates(Path(folder))
        secure = SecureServer(("127.0.0.1", 0), handler)
        secure.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.context.load_cert_chain(chain, key)
        addresses = {
            "url": f"http://127.0.0.1:{serve(Server(('127.0.0.1', 0), handler))}",
            "tls_url": f"https://localhost:{serve(secure)}",
            "ca_file": str(root),
            "control_url": f"http://127.0.0.1:{serve(Server(('127.0.0.1', 0), control))}",
        }
        print(json.dumps(addresses), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
