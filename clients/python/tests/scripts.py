"""Programs of a few lines that the tests run as processes of their own: how they end is what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service import Key

PRELUDE = f"""
import os, signal, sys, threading, time
sys.path.append({str(Path(__file__).parent)!r})
from api_analytics_client import Client
from noted import raw
client = Client(flush_interval=3600, **eval(os.environ.get("OPTIONS", "{{}}")))
"""


def run(script: str, key: Key, *, before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script, after a line and the prelude, to its end."""
    return subprocess.run(
        [sys.executable, "-c", before + PRELUDE + script],
        check=False,
        env=_environment(key, environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


def start(script: str, key: Key, **environment: str) -> subprocess.Popen[str]:
    """Start a script, after the prelude; return once it has printed `ready`."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script],
        env=_environment(key, environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _environment(key: Key, more: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("API_")}
    return {
        **inherited,
        "API_ANALYTICS_ENABLED": "true",
        "API_ANALYTICS_KEY": key.text,
        "API_ANALYTICS_URL": key.service.url,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(Path(__file__).parent),
        **more,
    }
