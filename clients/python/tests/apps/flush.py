"""How a tracked application of the tests lets a test wait until its events are stored."""

from __future__ import annotations

from api_analytics_client import Client, process


def flush() -> str:
    """Send what was recorded; `True` if all of it is settled."""
    clients = [client for client in process._clients if isinstance(client, Client)]
    return str(all(client.flush(20) for client in clients))
