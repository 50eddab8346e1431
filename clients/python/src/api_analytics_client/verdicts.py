"""What an answer of the service means for the batch that was sent.

| Answer | Verdict |
|---|---|
| 200 with counts | settled, event by event |
| 413 | to be split in two; a single event is refused, if the service itself says so |
| any other 4xx than 408, 425 and 429, if the service itself says so | refused |
| 500 and its like, if the service itself says so | to be sent again, a number of times |
| all others, none at all, anything that is not the service's | to be sent again |

The service itself answers with a problem document of its own. Without that, an answer is that of something on the
way, which says nothing about the batch: of an ingress, for example, that has lost its service during a deployment.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Union

from .settings import shown
from .transport import Answer, Failure, Outcome

RETRIED = frozenset({408, 425, 429})
UNAVAILABLE = frozenset({408, 425, 429, 502, 503, 504})
MAX_REASONS = 5
MAX_REASON_CHARS = 300


@dataclass(frozen=True)
class Settled:
    """The service has dealt with every event of the batch."""

    stored: int
    duplicate: int
    rejected: int
    reasons: str
    """Why events were rejected, in words; empty if none was."""


@dataclass(frozen=True)
class TooLarge:
    """Smaller batches may pass."""

    own: bool
    """Whether the service itself says so."""


@dataclass(frozen=True)
class Refused:
    """Sending the batch again would change nothing."""

    status: int
    reason: str


@dataclass(frozen=True)
class Again:
    """The batch is to be sent again."""

    reason: str
    after: float | None
    """Seconds that the service asks to wait."""
    alone: bool
    """Whether the service has failed on just this batch, so that others are not to wait for it."""
    status: int = 0


Verdict = Union[Settled, TooLarge, Refused, Again]


def judge(outcome: Outcome) -> Verdict:
    """Say what became of a batch."""
    if isinstance(outcome, Failure):
        return Again(explain(outcome.error), None, alone=False)
    status = outcome.status
    if status == http.client.OK:
        counts = _object(outcome.body)
        if all(isinstance(counts.get(name), int) for name in ("stored", "duplicate", "rejected")):
            return Settled(
                counts["stored"], counts["duplicate"], counts["rejected"], _reasons(counts.get("errors"))
            )
        return Again("something else than the service answers there", None, alone=False)
    if status == http.client.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge(own=is_own_problem(outcome))
    reason = f"{status}: {problem(outcome)}"
    own = is_own_problem(outcome)
    if status in RETRIED or status >= http.client.INTERNAL_SERVER_ERROR:
        return Again(reason, outcome.retry_after, alone=own and status not in UNAVAILABLE, status=status)
    if status >= http.client.BAD_REQUEST:
        if own:
            return Refused(status, reason)
        return Again(f"{reason} (not from the service)", outcome.retry_after, alone=False)
    where = f" to {shown(outcome.location)}" if outcome.location else ""
    return Again(f"{status}: it points elsewhere{where}, which is not followed", None, alone=False)


def is_own_problem(answer: Answer) -> bool:
    """Return whether the answer is a problem document of the service itself.

    Other programs write such documents, too; those of Spring, which stands behind many an ingress, name an
    `instance`, which the service never does.
    """
    if answer.content_type != "application/problem+json":
        return False
    document = _object(answer.body)
    return (
        document.get("type") == "about:blank"
        and document.get("status") == answer.status
        and isinstance(document.get("title"), str)
        and isinstance(document.get("detail"), str)
        and "instance" not in document
    )


def problem(answer: Answer) -> str:
    """Return the reason in a problem document, or the words that belong to the status."""
    detail = _object(answer.body).get("detail")
    if isinstance(detail, str) and detail:
        return detail[:MAX_REASON_CHARS]
    return http.client.responses.get(answer.status, "no reason given")


def explain(error: Exception) -> str:
    """Say in words why there was no answer."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host name is unknown"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, (ConnectionError, http.client.RemoteDisconnected)):
        return "the connection was cut"
    return str(error) or type(error).__name__


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _reasons(errors: Any) -> str:
    """Sum up the reasons of rejected events: each once, the first few."""
    reasons: dict[str, None] = {}
    for refused in errors if isinstance(errors, list) else []:
        faults = refused.get("errors") if isinstance(refused, dict) else None
        for fault in faults if isinstance(faults, list) else []:
            if isinstance(fault, dict):
                reasons[f"{fault.get('field')} {fault.get('detail')}"] = None
    return "; ".join(list(reasons)[:MAX_REASONS])[:MAX_REASON_CHARS]
