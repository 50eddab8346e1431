"""A gate before the real service, which passes requests on, or does what a bad day brings."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from service import Service


class Gate:
    """Answers batches by a list of deeds; when that is empty, passes them on.

    Deeds: a status, or a status with a `Retry-After` ("503 2"), "cut" (passes the batch on, but cuts the
    connection before the answer), "hang" (does not answer before the gate is opened), "html" (200 of something
    else), "over N" (413 for bodies of more than N bytes; stays).
    """

    def __init__(self, service: Service) -> None:
        self.deeds: list[str] = []
        self.seen: list[tuple[str, int, str]] = []
        """Of each batch: idempotency key, size, and the status it was answered with or the deed."""
        self.connections = 0
        self.opened = threading.Event()
        self.arrived = threading.Semaphore(0)
        """Released for each batch."""
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.upstream = httpx.Client(base_url=service.url, timeout=60)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """End the gate."""
        self.opened.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.upstream.close()


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.gate.connections += 1

    def do_POST(self) -> None:
        gate = self.gate
        body = self.rfile.read(int(self.headers["Content-Length"]))
        deed = gate.deeds[0] if gate.deeds else "pass"
        if deed.startswith("over "):
            deed = "413" if len(body) > int(deed[5:]) else "pass"
        elif gate.deeds:
            gate.deeds.pop(0)
        if deed == "hang":
            self._note(body, deed)
            gate.opened.wait(60)
            self.close_connection = True
        elif deed in ("pass", "cut"):
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            answer = gate.upstream.post(self.path, content=body, headers=headers)
            self._note(body, str(answer.status_code) if deed == "pass" else deed)
            if deed == "pass":
                self._answer(answer.status_code, answer.content)
            else:
                self.close_connection = True
        elif deed == "html":
            self._note(body, deed)
            self._answer(200, b"<h1>Welcome</h1>")
        else:
            self._note(body, deed)
            status, _, retry_after = deed.partition(" ")
            self._answer(int(status), b'{"detail": "a bad day"}', retry_after)

    def log_message(self, *arguments: object) -> None:
        pass

    def _note(self, body: bytes, deed: str) -> None:
        self.gate.seen.append((self.headers["Idempotency-Key"], len(body), deed))
        self.gate.arrived.release()

    def _answer(self, status: int, body: bytes, retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)
