"""Whether events would arrive: one test event goes the whole way, and each step is told in words."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
from typing import TYPE_CHECKING, Callable

from .batches import Batch
from .courier import Courier
from .encoding import Encoder
from .event import note
from .journal import Journal
from .settings import Settings, shown
from .transport import Answer, Failure, Outcome, Request
from .verdicts import Again, Refused, Settled, explain, judge, problem
from .waker import Waker

if TYPE_CHECKING:
    from .event import Row
    from .options import Options

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
    asking = _Asking(settings)
    try:
        return _finds_service(settings, asking, say) and _delivers(settings, asking, say)
    finally:
        asking.courier.close()


class _Asking:
    """Requests one after the other, each waited for until its deadline at most."""

    def __init__(self, settings: Settings) -> None:
        self._timeout = settings.timeout
        self._arrived = Waker()
        self.courier = Courier(settings, self._arrived.wake)

    def ask(self, request: Request) -> Outcome:
        self.courier.submit(request, time.monotonic() + self._timeout)
        while True:
            outcome = self.courier.take()
            if outcome is not None:
                return outcome
            self._arrived.wait(self.courier.due_at() - time.monotonic())


def _finds_service(settings: Settings, asking: _Asking, say: Callable[[str], object]) -> bool:
    where = settings.where
    outcome = asking.ask(Request("GET", "/"))
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


def _delivers(settings: Settings, asking: _Asking, say: Callable[[str], object]) -> bool:
    batch = Batch.of(secrets.token_hex(16), Encoder(settings, Journal()).encode([_test_event()]))
    outcome = asking.ask(Request.of_batch(batch))
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
        return f"{answer.status}, it points to {shown(answer.location)}"
    return f"{answer.status} {problem(answer)}"


def _test_event() -> Row:
    now, host = time.perf_counter(), socket.gethostname()
    return note(now, now, "GET", TEST_PATH, TEST_PATH, 200, (None, "check", host, None, None), 0, 0)
