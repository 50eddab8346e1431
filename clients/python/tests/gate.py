"""A gate before the real service, which passes requests on, or does what a bad day brings."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl

    from service import Service


class Gate:
    """Answers batches by a list of deeds; when that is empty, passes them on.

    Deeds: a status that the service itself answers with, or one with a `Retry-After` ("503 2"), "foreign STATUS"
    (of something on the way), "spring STATUS" (of another program that writes problem documents), "cut" (passes
    the batch on, but cuts the connection before the answer), "half" (cuts it in the midst of the answer), "hang"
    (does not answer before the gate is opened), "pass and close" (as a server that closes idle connections),
    "html" (200 of something else), "over N" (413 for bodies of more than N bytes; stays). What stands in `faults`
    goes before that: the deed for the batches of some keys.
    """

    def __init__(self, service: Service, context: ssl.SSLContext | None = None) -> None:
        self.deeds: list[str] = []
        self.faults: dict[str, str] = {}
        self.seen: list[tuple[str, int, str]] = []
        """Of each batch: idempotency key, size, and the status it was answered with or the deed."""
        self.connections = 0
        self.opened = threading.Event()
        self.arrived = threading.Semaphore(0)
        """Released for each batch."""
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        if context is not None:
            # The handshake is made by the thread of the connection, when it reads first.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self.upstream = httpx.Client(
            base_url=service.url, timeout=60, limits=httpx.Limits(max_keepalive_connections=0)
        )
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
        fault = gate.faults.get(self.headers["Idempotency-Key"])
        if fault is not None:
            deed = fault
        elif deed.startswith("over "):
            deed = "413" if len(body) > int(deed[5:]) else "pass"
        elif gate.deeds:
            gate.deeds.pop(0)
        if deed == "hang":
            self._note(body, deed)
            gate.opened.wait(60)
            self.close_connection = True
        elif deed in ("pass", "pass and close", "cut", "half"):
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
            }
            answer = gate.upstream.post(self.path, content=body, headers=headers)
            self._note(body, str(answer.status_code) if deed.startswith("pass") else deed)
            if deed.startswith("pass"):
                # Without saying so beforehand, as when an idle connection is closed.
                self.close_connection = deed != "pass"
                self._answer(answer.status_code, answer.content, kind=answer.headers["Content-Type"])
            else:
                if deed == "half":
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content[: len(answer.content) // 2])
                self.close_connection = True
        elif deed == "html":
            self._note(body, deed)
            self._answer(200, b"<h1>Welcome</h1>")
        else:
            self._note(body, deed)
            who, _, rest = deed.rpartition(" ") if deed.startswith(("foreign", "spring")) else ("own", "", deed)
            status, _, retry_after = rest.partition(" ")
            document = {"type": "about:blank", "title": "No", "status": int(status), "detail": "a bad day"}
            if who == "spring":
                document["instance"] = self.path
            kind = "text/html" if who == "foreign" else "application/problem+json"
            body = b"<h1>no</h1>" if who == "foreign" else json.dumps(document).encode()
            self._answer(int(status), body, retry_after, kind=kind)

    def log_message(self, *arguments: object) -> None:
        pass

    def _note(self, body: bytes, deed: str) -> None:
        self.gate.seen.append((self.headers["Idempotency-Key"], len(body), deed))
        self.gate.arrived.release()

    def _answer(self, status: int, body: bytes, retry_after: str = "", kind: str = "text/html") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)
