"""What tracking costs an application: bare, tracked and the plain awaiting way, side by side in one run.

    python benchmarks/run.py [--rounds 20] [--seconds 1]

Needs `wrk`, the packages of the extra `dev`, and a release build of the service (`cargo build --release -p api`;
`API_ANALYTICS_BIN` names another program): a debug build works several times as long for an event, in time that
the application lacks. All forms run at the same time, each in a uvicorn of its own, and are loaded in turn, so
that whatever else happens on the machine happens to all of them. Load generator and service share the cores
with the application. How a process happens to lie in memory makes it faster or slower for life, by a percent
or two, so new ones take over every few rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from servers import AppServer  # noqa: E402
from service import REPOSITORY, Key, Service  # noqa: E402

FORMS = {
    "bare": "bare",
    "tracked": "`asgi.AnalyticsMiddleware`",
    "dropin": "`create_tracking_middleware`",
    "plain": "plain awaiting way",
}
MANY = 32
ROUNDS_OF_A_PROCESS = 4
IN_PROCESS_REQUESTS = 20_000


@dataclass
class Figures:
    """What was measured of one form, a value for each round."""

    one: list[float] = field(default_factory=list)
    """Requests a second at one connection."""
    many: list[float] = field(default_factory=list)
    """Requests a second at many connections."""
    cpu: list[float] = field(default_factory=list)
    """Microseconds of the application's processor time for a request, at many connections."""
    p99: list[float] = field(default_factory=list)
    """99th percentile at many connections, in milliseconds."""
    requests: int = 0
    peak_mib: float = 0.0
    """The most memory that one of its processes has had."""


def load(url: str, connections: int, seconds: int) -> tuple[int, float, float]:
    """Load a server with wrk; return requests, requests a second and the 99th percentile in milliseconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "--latency", f"{url}/ping"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in report or "Socket errors" in report:
        raise RuntimeError(report)
    requests = re.search(r"(\d+) requests in", report)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", report)
    if requests is None or rate is None or p99 is None:
        raise RuntimeError(report)
    factor = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99.group(2)]
    return int(requests.group(1)), float(rate.group(1)), float(p99.group(1)) * factor


def cpu_seconds(server: AppServer) -> float:
    """Return the processor time that a server has had, in all its threads."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(server: AppServer) -> float:
    """Return the most memory that a server has had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    if found is None:
        raise RuntimeError("no VmHWM")
    return int(found.group(1)) / 1024


def measure(servers: dict[str, AppServer], figures: dict[str, Figures], rounds: int, seconds: int) -> None:
    """Load all forms in turn, round by round, with a first round that does not count."""
    for number in range(rounds + 1):
        for form, server in servers.items():
            one = load(server.url, 1, seconds)
            before = cpu_seconds(server)
            many = load(server.url, MANY, seconds)
            found = figures[form]
            found.requests += one[0] + many[0]
            if number:
                found.one.append(one[1])
                found.many.append(many[1])
                found.p99.append(many[2])
                found.cpu.append((cpu_seconds(server) - before) / many[0] * 1e6)
                round_text = f"round {len(found.one)}: {form}"
                print(f"{round_text}: {one[1]:.0f}/s at 1, {many[1]:.0f}/s at {MANY}", file=sys.stderr)
    for form, server in servers.items():
        figures[form].peak_mib = max(figures[form].peak_mib, peak_mib(server))


def table(figures: dict[str, Figures]) -> None:
    """Print the medians."""
    bare = figures["bare"]
    print(f"| | requests/s at 1 | added to a request | requests/s at {MANY} | of bare | p99 | CPU a request |")
    print("|---|---|---|---|---|---|---|")
    spread = []
    for form, found in figures.items():
        # Differences and ratios are taken within a round, where both had the same conditions.
        added = statistics.median(1e6 / own - 1e6 / base for own, base in zip(found.one, bare.one))
        ratios = [own / base for own, base in zip(found.many, bare.many)]
        ratio = statistics.median(ratios)
        starts = range(0, len(ratios), ROUNDS_OF_A_PROCESS)
        processes = [statistics.median(ratios[first : first + ROUNDS_OF_A_PROCESS]) for first in starts]
        spread.append(f"{form} {min(processes):.1%} to {max(processes):.1%}")
        print(
            f"| {FORMS[form]} | {statistics.median(found.one):,.0f} | {added:,.0f} µs "
            f"| {statistics.median(found.many):,.0f} | {ratio:.1%} | {statistics.median(found.p99):.1f} ms "
            f"| {statistics.median(found.cpu):,.0f} µs |"
        )
    print(f"\nOf bare, by the median of each process: {', '.join(spread[1:])}.")


def in_process() -> float:
    """Return the microseconds that tracking adds to a request without any server or network."""
    sys.path.insert(0, str(HERE))
    import variants  # noqa: PLC0415, it reads the environment

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/ping",
        "raw_path": b"/ping",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"localhost:8000"),
            (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"),
            (b"accept", b"*/*"),
        ],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return None

    async def run(app: Any) -> float:
        start = time.perf_counter()
        for _ in range(IN_PROCESS_REQUESTS):
            await app(dict(scope), receive, send)
        return (time.perf_counter() - start) / IN_PROCESS_REQUESTS * 1e6

    differences = []
    for _ in range(7):
        gc.collect()
        bare = asyncio.run(run(variants.bare))
        differences.append(asyncio.run(run(variants.tracked)) - bare)
    return statistics.median(differences)


def outage(service: Service, server: AppServer, seconds: int) -> None:
    """Print what a tracked application notices of a dead service."""
    before = peak_mib(server)
    service.stop()
    requests, rate, p99 = load(server.url, MANY, seconds)
    print(
        f"Service dead for {seconds} s and {requests:,} requests: {rate:,.0f} requests/s, p99 {p99:.1f} ms; "
        f"peak memory {before:.0f} MiB before, {peak_mib(server):.0f} MiB after."
    )
    service.start()


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=1)
    chosen = parser.parse_args()
    program = Path(os.environ.setdefault("API_ANALYTICS_BIN", str(REPOSITORY / "target/release/api-analytics")))
    if not program.is_file():
        parser.error(f"there is no {program}: run `cargo build --release -p api`")
    with contextlib.ExitStack() as stack:
        service = Service(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(service.close)
        keys = {form: service.new_key() for form in FORMS}
        figures = {form: Figures() for form in FORMS}
        for first in range(0, chosen.rounds, ROUNDS_OF_A_PROCESS):
            rounds = min(ROUNDS_OF_A_PROCESS, chosen.rounds - first)
            with contextlib.ExitStack() as processes:
                servers = {form: processes.enter_context(start(form, key)) for form, key in keys.items()}
                measure(servers, figures, rounds, chosen.seconds)
        table(figures)
        memory = ", ".join(f"{form} {found.peak_mib:.0f} MiB" for form, found in figures.items())
        print(f"Peak memory: {memory}.")
        with start("tracked", keys["tracked"]) as server:
            figures["tracked"].requests += load(server.url, MANY, chosen.seconds)[0]
            outage(service, server, 2 * chosen.seconds)
        print(
            f"Tracked requests that wrk saw answered: {figures['tracked'].requests:,} and those of the outage; "
            f"events stored: {keys['tracked'].count():,}."
        )
        os.environ["API_ANALYTICS_URL"] = service.url
        os.environ["API_ANALYTICS_KEY"] = service.new_key().text
        print(f"In process, without server and network: {in_process():.1f} µs added to a request.")


def start(form: str, key: Key) -> AppServer:
    """Start a form in a uvicorn of its own."""
    return AppServer.uvicorn(f"variants:{form}", key, "--app-dir", str(HERE), "--log-level", "info")


if __name__ == "__main__":
    main()
