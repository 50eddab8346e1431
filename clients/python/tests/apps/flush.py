"""How a tracked application of the tests lets a test wait until its events are stored."""

from __future__ import annotations

import api_analytics_client


def flush() -> str:
    """Send what was recorded; `True` if all of it is settled."""
    return str(api_analytics_client.flush(20))
