"""What schemathesis cannot read in the document: forms that have no name in JSON Schema, and rules that hold between
values, or between a value and the time of day."""

import unicodedata
from datetime import datetime, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# A password is measured in bytes, of which a character has up to four.
characters = st.characters(exclude_categories=["Cs"])
passwords = st.text(characters, min_size=2, max_size=71).filter(lambda text: 8 <= len(text.encode()) <= 71)
schemathesis.openapi.format("password", passwords)
zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"]
schemathesis.openapi.format("time-zone", st.sampled_from(zones))
schemathesis.openapi.format("cursor", st.integers(1, 2**63 - 1).map(str))
# An offset reaches from the first and the last day beyond the years 1 to 9999.
minutes = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
offsets = st.just("Z") | st.builds("{}{}".format, st.sampled_from("+-"), minutes)
days = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
schemathesis.openapi.format("date-time", st.builds("{}{}".format, days.map(datetime.isoformat), offsets))
# Filters of a link are parameters of a question, whose own schemas a text cannot refer to.
values = {
    "method": st.sampled_from(["GET", "POST", "TRACE"]),
    "status_code": st.integers(100, 599).map(str),
    "status_class": st.sampled_from(["1xx", "2xx", "3xx", "4xx", "5xx"]),
    "ip": st.ip_addresses().map(str),
} | dict.fromkeys(["endpoint", "endpoint_exact", "consumer", "hostname", "user_agent"], st.text(characters, min_size=1))
conditions = [
    value.map(f"{prefix}{name}={{}}".format) for name, value in values.items() for prefix in ("", "not_")
]
conditions.append(st.floats(0, 1e12).map("process_time_min={}".format))
schemathesis.openapi.format("condition", st.one_of(conditions))


def has_a_range_of_time(case) -> bool:
    """The end must be after the start; a missing one has a default that the other can lie beyond."""
    return "start_date" in case.query or "end_date" in case.query


def has_a_range_of_process_time(case) -> bool:
    return "process_time_min" in case.query and "process_time_max" in case.query


def ends_in_the_past(case) -> bool:
    """No date-time of these is local, so the texts can be compared by the year."""
    return int(case.body["expires_at"][:4]) <= datetime.now(timezone.utc).year


# The field and the code of a fault, and when a request that meets the schema may have it all the same.
BETWEEN_VALUES = {
    ("start_date", "range"): has_a_range_of_time,
    ("process_time_min", "range"): has_a_range_of_process_time,
    ("expires_at", "range"): ends_in_the_past,
    # One credential at a time, and not two that name different projects.
    ("link", "duplicate"): lambda case: "link" in case.query,
    ("project", "format"): lambda case: "project" in case.query,
}
# Operations that refuse a good request for what was there before, or, for want of one that compresses, for its body: by
# the status and how the detail begins.
BESIDES_FIELDS = {
    ("POST /register", 400): "Username already registered",
    ("POST /track/batch", 400): "the body is not valid gzip",
    ("POST /track/batch", 422): "The Idempotency-Key belongs to a batch with another body",
}
# What is longer is too long for most operations, however good.
SMALL_BODY = 16 * 1024


def is_cleaned_or_sorted_out(case, response) -> bool:
    """Texts of an event may be longer than their limits by what is removed from them. A batch is taken for its good
    events, and the answer names the others."""
    if case.operation.label not in ("POST /track", "POST /track/batch"):
        return False
    if response.content and response.json()["rejected"] > 0:
        return True
    events = case.body if isinstance(case.body, list) else [case.body]
    texts = [text for event in events if isinstance(event, dict) for text in event.values() if isinstance(text, str)]
    return any(any(unicodedata.category(c) == "Cc" for c in text) or text != text.strip() for text in texts)


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Whether a complaint stands: not where each fault of a request is one that the schema cannot speak of."""
    if isinstance(failure, AcceptedNegativeData):
        return not is_cleaned_or_sorted_out(case, response)
    if not isinstance(failure, RejectedPositiveData):
        return True
    if beginning := BESIDES_FIELDS.get((case.operation.label, response.status_code)):
        return not response.json()["detail"].startswith(beginning)
    if response.status_code == 413:
        return len(response.request.body) <= SMALL_BODY
    if response.status_code != 422:
        return True
    faults = response.json().get("errors", [])
    rules = [BETWEEN_VALUES.get((fault["field"], fault["code"])) for fault in faults]
    return not rules or not all(rule is not None and rule(case) for rule in rules)
