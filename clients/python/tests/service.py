"""The real service: the program itself, in a folder of its own, and what can be asked of it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).parents[3]


def binary() -> Path:
    """Find the program; a run without it proves nothing, so there is no way to skip."""
    named = os.environ.get("API_ANALYTICS_BIN")
    if named:
        return Path(named)
    built = [REPOSITORY / "target" / profile / "api-analytics" for profile in ("debug", "release")]
    there = [path for path in built if path.is_file()]
    if not there:
        raise FileNotFoundError("no api-analytics: run `cargo build -p api` or set API_ANALYTICS_BIN")
    return max(there, key=lambda path: path.stat().st_mtime)


class Service:
    """A running service with an account and a key."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"
        # A connection for each request: the service closes those that are idle.
        self._http = httpx.Client(base_url=self.url, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
        account = {"username": "ann", "password": "correct horse"}
        self._http.post("/register", json=account).raise_for_status()
        self._token = self._http.post("/token", data=account).raise_for_status().json()["access_token"]

    def start(self) -> None:
        """Start it, after a stop on the same port."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("API_", "SECRET_", "DATABASE_"))
        }
        environment |= {"API_ANALYTICS_BCRYPT_COST": "4", "RUST_LOG": "warn"}
        environment |= {f"API_ANALYTICS_{name.upper()}": value for name, value in self._settings.items()}
        self._process = subprocess.Popen(
            [binary(), "serve", "--port", str(self.port), "--data-dir", self._folder],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = next((line for line in self._process.stdout if line.startswith("listening on ")), None)
        assert line is not None, "the service did not start"
        self.port = int(line.strip().rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it by a signal."""
        process, self._process = self._process, None
        if process is not None and process.stdout is not None:
            process.send_signal(number)
            process.wait(30)
            process.stdout.close()

    def close(self) -> None:
        """End it for good."""
        self._http.close()
        self.stop(signal.SIGKILL)

    def new_key(self) -> Key:
        """Make a key, so that a test sees its own events only."""
        answer = self._http.post("/generate_key", headers={"Authorization": f"Bearer {self._token}"})
        return Key(self, answer.raise_for_status().json())

    def get(self, path: str, key: str, **query: Any) -> Any:
        """Ask for something about a key's events."""
        headers = {"Authorization": f"Bearer {self._token}", "X-API-Key": key}
        return self._http.get(path, params=query, headers=headers).raise_for_status().json()


class Key:
    """A key and the events that are stored under it."""

    def __init__(self, service: Service, text: str) -> None:
        self.service = service
        self.text = text

    def __repr__(self) -> str:
        return "Key(…)"

    def count(self) -> int:
        """Count the stored events."""
        summary = self.service.get("/dashboard", self.text, start_date="1970-01-01", end_date="2100-01-01")[
            "summary"
        ]
        return int(summary["total_requests"])

    def events(self) -> list[dict[str, Any]]:
        """Return the stored events, oldest first."""
        events: list[dict[str, Any]] = []
        while True:
            page = self.service.get("/raw_logs", self.text, offset=len(events), limit=100)
            events += page
            if len(page) < 100:
                return events

    def event(self) -> dict[str, Any]:
        """Return the one stored event."""
        events = self.events()
        assert len(events) == 1, events
        return events[0]
