"""The command `python -m api_analytics_client check`."""

from __future__ import annotations

import argparse
import sys

from ._version import __version__
from .check import check


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m api_analytics_client", description="The client of API Analytics."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="send a test event and say whether it arrives")
    checking.add_argument("--url", help="address of the service; else API_ANALYTICS_URL or API_BASE")
    checking.add_argument("--key", help="API key; else API_ANALYTICS_KEY")
    given = parser.parse_args(arguments)
    return 0 if check({"api_key": given.key, "server_url": given.url}) else 1


if __name__ == "__main__":
    sys.exit(main())
