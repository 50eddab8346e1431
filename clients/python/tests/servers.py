"""Applications under the real servers, as processes of their own."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from typing_extensions import Self

    from service import Key

HERE = Path(__file__).parent


class AppServer:
    """A server that runs one of the applications in `apps`."""

    def __init__(self, command: list[str], key: Key, ready: str, environment: dict[str, str]) -> None:
        self.key = key
        self._ready = ready
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("API_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=HERE,
            env={
                **inherited,
                "API_ANALYTICS_ENABLED": "true",
                "API_ANALYTICS_KEY": key.text,
                "API_ANALYTICS_URL": key.service.url,
                "PYTHONUNBUFFERED": "1",
                **environment,
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log: list[str] = []
        self._listening: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        self.port = self._listening.get(timeout=60)
        if not self.port:
            self.process.wait(60)
            raise RuntimeError(self.log())
        self.url = f"http://127.0.0.1:{self.port}"
        # A connection for each request: servers close those on which an application has failed.
        self.http = httpx.Client(
            base_url=self.url,
            timeout=60,
            headers={"User-Agent": "tester/1"},
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @classmethod
    def uvicorn(cls, app: str, key: Key, *options: str, **environment: str) -> AppServer:
        """Run an ASGI application."""
        # The parent of workers is bound to its port before anybody listens.
        ready = "startup complete" if "--workers" in options else "running on"
        command = ["uvicorn", app, "--port", "0", "--no-access-log", *options]
        return cls(command, key, ready, environment)

    @classmethod
    def gunicorn(cls, app: str, key: Key, *options: str, **environment: str) -> AppServer:
        """Run a WSGI application."""
        command = ["gunicorn", app, "--bind", "127.0.0.1:0", *options]
        return cls(command, key, "Listening at", environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End the server by a signal; return what it has written to its log."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(60)
        finally:
            self.process.kill()
        self._reader.join(60)
        return self.log()

    def log(self) -> str:
        """Return what the server has written to its log so far."""
        return "".join(self._log)

    def events(self, path: str, least: int = 0) -> list[dict[str, Any]]:
        """Return the stored events of a path, after all that was recorded has been sent, and so many are there.

        A client has its answer before a WSGI server closes the request, and is gone before an ASGI application
        notices, so an event may take another look; each makes a request, so there is no sleep between them.
        """
        for _ in range(200):
            assert self.http.get("/flush").text == "True"
            events = [event for event in self.key.events() if event["endpoint"] == path]
            if len(events) >= least:
                return events
        raise AssertionError(f"not {least} events of {path}")

    def event(self, path: str) -> dict[str, Any]:
        """Return the one stored event of a path."""
        events = self.events(path, 1)
        assert len(events) == 1, events
        return events[0]

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        port = 0
        with self.process.stderr as lines:
            for line in lines:
                self._log.append(line)
                found = re.search(r"(?:running on|Listening at:) http://127\.0\.0\.1:(\d+)", line)
                if found:
                    port = int(found.group(1))
                if self._ready in line:
                    self._listening.put(port)
        self._listening.put(0)
