"""Whether events would arrive: one test event goes the whole way, and each step is told in words."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
from typing import TYPE_CHECKING, Callable

from .batches import Batch
from .encoding import Encoder
from .journal import Journal
from .known import Caller, Target
from .settings import Options, Settings
from .transport import Answer, Failure, Transport
from .verdicts import Again, Refused, Settled, explain, judge, problem

if TYPE_CHECKING:
    from .event import Row

TEST_PATH = "/api-analytics-client/check"

HINTS: dict[int, str] = {
    http.client.UNAUTHORIZED: "make a key with POST /generate_key and give it as --key or API_ANALYTICS_KEY",
    http.client.NOT_FOUND: "the service there is older than batches; update it",
    http.client.METHOD_NOT_ALLOWED: "the service there is older than batches; update it",
    http.client.TOO_MANY_REQUESTS: "it is asked too often; events would wait and be sent later",
    http.client.SERVICE_UNAVAILABLE: "it is overloaded or lacks its database; events would wait and be sent later",
}


def check(options: Options, say: Callable[[str], object] = print) -> bool:
    """Try the whole path and say how far it goes; return whether events arrive."""
    try:
        settings = Settings.resolve(options)
    except ValueError as error:
        say(f"not set up: {error}")
        return False
    transport = Transport(settings)
    try:
        return _finds_service(settings, transport, say) and _delivers(settings, transport, say)
    finally:
        transport.close()


def _finds_service(settings: Settings, transport: Transport, say: Callable[[str], object]) -> bool:
    where = settings.url.geturl()
    outcome = transport.request("GET", "/")
    if isinstance(outcome, Failure):
        say(f"cannot reach {where}: {explain(outcome.error)}")
        say("events would wait in memory (or in spool_dir, if that is set) and be sent once it can be reached")
        return False
    if not _is_service(outcome):
        say(f"reached {where}, but it is not the service that answers there: {_shown(outcome)}")
        say("server_url must be the address under which GET / answers 'Analytics service OK'")
        return False
    say(f"reached the service at {where}")
    return True


def _delivers(settings: Settings, transport: Transport, say: Callable[[str], object]) -> bool:
    batch = Batch.of(secrets.token_hex(16), Encoder(settings, Journal()).encode([_test_event()]))
    outcome = transport.post_batch(batch.body, batch.key, lambda: None)
    verdict = judge(outcome)
    if isinstance(verdict, Settled) and verdict.stored == 1:
        say("the key is good")
        say(f"a test event is stored: GET {TEST_PATH}, as it will show in /raw_logs")
        say("all is well: events arrive")
        return True
    if isinstance(verdict, Settled):
        say(f"the key is good, but the test event was rejected: {verdict.reasons or 'no reasons given'}")
    elif isinstance(verdict, (Refused, Again)):
        say(f"the test event was not taken: {verdict.reason}")
    else:
        say("the test event was not taken: it is too large for the service")
    hint = HINTS.get(outcome.status) if isinstance(outcome, Answer) else None
    if hint is not None:
        say(hint)
    return False


def _is_service(answer: Answer) -> bool:
    try:
        return answer.status == http.client.OK and "Analytics service OK" in json.loads(answer.body).values()
    except (ValueError, AttributeError):
        return False


def _shown(answer: Answer) -> str:
    if answer.location:
        return f"{answer.status}, it points to {answer.location}"
    return f"{answer.status} {problem(answer)}"


def _test_event() -> Row:
    now, host = time.perf_counter(), socket.gethostname()
    target = Target("GET", TEST_PATH, TEST_PATH, 200)
    return (now, now, target, None, Caller(None, "check", host, None, None), 0, 0)
