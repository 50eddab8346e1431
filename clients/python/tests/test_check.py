"""What the command says, and what it is right about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api_analytics_client.__main__ import main
from gate import Gate

if TYPE_CHECKING:
    from service import Key, Service


def test_it_says_that_all_is_well_and_the_event_is_there(key: Key, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--url", key.service.url, "--key", key.text]) == 0
    assert capsys.readouterr().out.endswith("all is well: events arrive\n")
    assert key.event()["endpoint"] == "/api-analytics-client/check"


def test_it_takes_what_it_is_not_given_from_the_environment(key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_ANALYTICS_KEY", key.text)
    monkeypatch.setenv("API_BASE", key.service.url)
    assert main(["check"]) == 0
    assert key.count() == 1


def test_it_tells_a_wrong_key(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--url", service.url, "--key", "wrong"]) == 1
    said = capsys.readouterr().out
    assert f"reached the service at {service.url}" in said
    assert "401: Invalid API Key" in said
    assert "make a key" in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9", "nothing listens there"),
        ("http://no-such-host.invalid", "the host name is unknown"),
        ("nonsense", "must be an http or https URL"),
    ],
)
def test_it_tells_a_service_that_is_not_there(url: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--url", url, "--key", "key"]) == 1
    assert reason in capsys.readouterr().out


def test_it_tells_tls_where_there_is_none(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--url", service.url.replace("http", "https"), "--key", "key"]) == 1
    assert "TLS failed" in capsys.readouterr().out


def test_it_tells_that_something_else_answers(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    gate = Gate(service)  # knows no GET
    assert main(["check", "--url", gate.url, "--key", "key"]) == 1
    assert "it is not the service that answers there" in capsys.readouterr().out
    gate.close()


def test_it_tells_that_nothing_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 1
    assert "not set up: no API key" in capsys.readouterr().out
