"""Where settings come from, what a wrong one says, and when nothing is recorded at all."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from api_analytics_client import HEALTH_CHECKS, Client, environment
from api_analytics_client.asgi import AnalyticsMiddleware
from api_analytics_client.options import Options
from api_analytics_client.settings import Settings
from api_analytics_client.transport import Answer
from api_analytics_client.verdicts import Again, judge
from requests_of import hello, request

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Chain
    from service import Key

NEEDED: dict[str, Any] = {"api_key": "k", "server_url": "http://a"}


def resolve(**options: Any) -> Settings:
    chosen: Any = {**NEEDED, **options}
    return Settings.resolve(chosen)


def test_none_is_the_same_as_nothing_for_every_option() -> None:
    nothing = dict.fromkeys(Options.__annotations__.keys() - NEEDED.keys())
    assert resolve(**nothing) == resolve()


@pytest.mark.parametrize("name", sorted(Options.__annotations__.keys() - {"consumer", "on_event"}))
def test_every_option_has_a_variable(name: str, monkeypatch: pytest.MonkeyPatch, chain: Chain) -> None:
    values = {
        "exclude": ("/a, /b*", ["/a", "/b*"]),
        "trusted_proxies": ("10.0.0.1,192.168.0.0/16", ["10.0.0.1", "192.168.0.0/16"]),
        "forwarded_header": ("Forwarded", "Forwarded"),
        "anonymize": ("dropped", "dropped"),
        "spool_dir": ("/tmp/s", "/tmp/s"),
        "proxy": ("http://p:3128", "http://p:3128"),
        "ca_file": (str(chain.file), str(chain.file)),
        "enabled": ("no", False),
        "exclude_health_checks": ("0", False),
        "record_options": ("off", False),
        "debug": ("Yes", True),
        "flush_interval": ("0.5", 0.5),
        "api_key": ("other", "other"),
        "server_url": ("http://other", "http://other"),
    }
    text, value = values.get(name, ("7", 7))
    needed = {option: given for option, given in NEEDED.items() if option != name}
    variables = {"api_key": "KEY", "server_url": "URL"}
    monkeypatch.setenv(f"API_ANALYTICS_{variables.get(name, name.upper())}", text)
    outside: Any = needed
    inside: Any = {**needed, name: value}
    found = Settings.resolve(outside)
    monkeypatch.delenv(f"API_ANALYTICS_{variables.get(name, name.upper())}")
    assert found == Settings.resolve(inside)
    if name not in (*NEEDED, "enabled"):  # which is false in this test run
        assert found != resolve()


def test_an_argument_goes_before_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_ANALYTICS_QUEUE_SIZE", "nonsense")
    assert resolve(queue_size=3).queue_size == 3
    with pytest.raises(ValueError, match=r"API_ANALYTICS_QUEUE_SIZE must be a number .*'nonsense'"):
        resolve()


async def asynchronous(_value: Any) -> str:
    return "nobody"


def promise(value: Any) -> Any:
    return asynchronous(value)


class Asynchronous:
    async def __call__(self, _value: Any) -> str:
        return "nobody"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"api_key": 7}, "visible ASCII"),
        ({"server_url": 7}, "http or https"),
        ({"server_url": "http://[a"}, "http or https"),
        ({"enabled": "perhaps"}, "enabled must be true or false"),
        ({"debug": 1}, "debug must be true or false"),
        ({"exclude": 7}, "exclude must be a list of texts"),
        ({"exclude": ["/a", 7]}, "exclude must be a list of texts"),
        ({"trusted_proxies": [None]}, "trusted_proxies must be a list of texts"),
        ({"forwarded_header": b"X"}, "forwarded_header must be a text"),
        ({"forwarded_header": "X-Für"}, "forwarded_header must be the name of a header"),
        ({"anonymize": 7}, "anonymize must be a text"),
        ({"spool_dir": 7}, "spool_dir must be a path"),
        ({"timeout": "7"}, "timeout must be a number"),
        ({"timeout": True}, "timeout must be a number"),
        ({"proxy": "socks5://a"}, "proxy must be an http URL"),
        ({"ca_file": "/nowhere.pem"}, "ca_file '/nowhere.pem' cannot be used"),
        ({"consumer": asynchronous}, "consumer must not be asynchronous"),
        ({"consumer": functools.partial(asynchronous)}, "consumer must not be asynchronous"),
        ({"consumer": Asynchronous()}, "consumer must not be asynchronous"),
        ({"on_event": asynchronous}, "on_event must not be asynchronous"),
    ],
)
def test_a_wrong_option_is_a_value_error_that_names_it(options: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Client(**{**NEEDED, **options})


@pytest.mark.parametrize("url", ["ftp://ann:hush@a", "http://ann:hush@a:port", "http://ann:hush@a/b c"])
@pytest.mark.parametrize("name", ["server_url", "proxy"])
def test_a_password_in_a_wrong_url_is_in_no_message(name: str, url: str, caplog: pytest.LogCaptureFixture) -> None:
    AnalyticsMiddleware(hello, **{**NEEDED, name: url})
    assert "requests are not tracked" in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize("url", ["http://ann:hush@a/x@y", "//ann:hush@[a", "http://ann:hu@hush@a/x@y"])
def test_a_password_in_the_address_of_a_redirect_is_in_no_message(url: str) -> None:
    verdict = judge(Answer(302, b"", None, url))
    assert isinstance(verdict, Again)
    assert "points elsewhere" in verdict.reason
    assert "hush" not in verdict.reason


def test_a_consumer_that_turns_out_to_be_asynchronous_names_nobody(
    key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    app = AnalyticsMiddleware(hello, api_key=key.text, server_url=key.service.url, consumer=promise)
    request(app, "/x")
    assert app.client is not None
    assert app.client.flush(20)
    app.client.close()
    assert "consumer" not in key.event()
    assert "consumer must not be asynchronous" in caplog.text


def test_health_checks_are_left_out_unless_they_are_wanted(key: Key) -> None:
    where: Any = {"api_key": key.text, "server_url": key.service.url}
    usual = AnalyticsMiddleware(hello, **where, exclude=["/own"])
    wanted = AnalyticsMiddleware(hello, **where, exclude_health_checks=False)
    for path in (*HEALTH_CHECKS, "/own", "/healthy"):
        request(usual, path)
    assert usual.client is not None
    assert usual.client.flush(20)
    assert [event["endpoint"] for event in key.events()] == ["/healthy"]
    for path in HEALTH_CHECKS:
        request(wanted, path)
    assert wanted.client is not None
    assert wanted.client.flush(20)
    assert len(key.events()) == 1 + len(HEALTH_CHECKS)


@pytest.mark.parametrize("recorded", [True, False])
def test_requests_by_options_are_recorded_unless_that_is_switched_off(key: Key, recorded: bool) -> None:
    app = AnalyticsMiddleware(hello, api_key=key.text, server_url=key.service.url, record_options=recorded)
    for method in ("OPTIONS", "GET"):
        request(app, "/x", method=method)
    assert app.client is not None
    assert app.client.flush(20)
    assert [event["method"] for event in key.events()] == (["OPTIONS", "GET"] if recorded else ["GET"])


def test_a_client_that_is_not_enabled_needs_nothing_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_ANALYTICS_TIMEOUT", "nonsense")
    client = Client(enabled=False)
    client.put((0, 0.0, 0.0, "GET", "/x", None, 200, (None, None, None, None, None), 0, 0))
    assert client.flush(0)
    assert client.stats().recorded == 0
    client.close()
    assert not client.enabled
    assert AnalyticsMiddleware(hello, enabled=False).client is None


def test_the_variable_switches_off_and_the_option_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_ANALYTICS_ENABLED", "false")
    assert AnalyticsMiddleware(hello, **NEEDED).client is None
    app = AnalyticsMiddleware(hello, **NEEDED, enabled=True)
    assert app.client is not None
    app.client.close(0)


SAYS = "from api_analytics_client import Client; print(Client(api_key='k', server_url='http://a').enabled)"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["-m", "unittest", "-q", "program"], "program.py"),
        (["-m", "pytest", "-q", "-s", "program.py"], "program.py"),
        (["manage.py", "test"], "manage.py"),
    ],
    ids=["unittest", "pytest", "django"],
)
def test_test_runs_do_not_report_unless_they_are_told_to(tmp_path: Path, arguments: list[str], name: str) -> None:
    (tmp_path / name).write_text(f"{SAYS}\ndef test(): pass\n")
    for told in (False, True):
        environ = {"PATH": "/usr/bin:/bin", **({"API_ANALYTICS_ENABLED": "1"} if told else {})}
        ended = subprocess.run(
            [sys.executable, *arguments], check=False, cwd=tmp_path, env=environ, capture_output=True, text=True
        )
        assert f"{told}\n" in ended.stdout, ended.stderr


@pytest.mark.parametrize("arguments", [["-c", SAYS], ["manage.py", "runserver"], ["test.py"]])
def test_other_programs_report(tmp_path: Path, arguments: list[str]) -> None:
    for name in ("manage.py", "test.py"):
        (tmp_path / name).write_text(SAYS)
    ended = subprocess.run(
        [sys.executable, *arguments], check=False, cwd=tmp_path, env={}, capture_output=True, text=True
    )
    assert ended.stdout == "True\n", ended.stderr


def test_what_a_test_run_starts_is_a_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.TEST_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["uvicorn"])
    monkeypatch.setitem(sys.modules, "__main__", environment)
    assert not environment.is_test_run()
    monkeypatch.setenv("PYTEST_VERSION", "9")
    assert environment.is_test_run()
