"""Checked options: what every part of the client may rely on.

A value comes from the argument, else from the environment; those of the key and of the address also from a
`.env` file in the working folder or above it.
"""

from __future__ import annotations

import fnmatch
import inspect
import ipaddress
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import SplitResult, urlsplit

from .environment import PREFIX, first_of, is_test_run, variable
from .options import Anonymize, Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .addresses import Network
    from .event import Event

HEALTH_CHECKS = (
    "/health",
    "/health/live",
    "/health/ready",
    "/healthz",
    "/healthcheck",
    "/livez",
    "/readyz",
)
"""Paths that load balancers and orchestrators ask for; not recorded unless `exclude_health_checks` is false."""

KEY_NAMES = ("API_ANALYTICS_KEY",)
URL_NAMES = ("API_ANALYTICS_URL", "API_BASE")

MAX_KEY_CHARS = 64
MAX_BATCH_EVENTS = 10_000
MAX_COUNT = 10_000_000
MAX_BYTES = 2**40
MAX_SECONDS = 3600.0
MIB = 2**20

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True)
class Settings:
    """Checked options. Two that are equal stand for one client."""

    api_key: str
    url: SplitResult
    enabled: bool
    exclude: re.Pattern[str]
    record_options: bool
    trusted_proxies: tuple[Network, ...]
    forwarded_header: str
    anonymize: Anonymize
    consumer: Callable[[Any], Any] | None
    on_event: Callable[[Event], Event | None] | None
    queue_size: int
    queue_bytes: int
    batch_size: int
    flush_interval: float
    timeout: float
    backlog_bytes: int
    spool_dir: Path | None
    spool_bytes: int
    shutdown_timeout: float
    proxy: SplitResult | None
    ca_file: str | None
    debug: bool

    def __repr__(self) -> str:
        """Show where events go, but not the key."""
        return f"Settings(url={self.where!r}, api_key=…)"

    @property
    def where(self) -> str:
        """Where events go, as it may be shown: without a password that stands in the address."""
        return shown(self.url.geturl())

    @property
    def target(self) -> tuple[str, str]:
        """Whose events these are: two middlewares with the same target would record a request twice."""
        return self.api_key, self.where

    def excludes(self, method: str, path: str) -> bool:
        """Return whether a request is not to be recorded."""
        return self.exclude.match(path) is not None or (method == "OPTIONS" and not self.record_options)

    @classmethod
    def resolve(cls, options: Options, *, outside: bool = True) -> Settings:
        """Check the options and complete them, also from outside; a `ValueError` says what is missing or wrong."""
        given = _Given(options, outside=outside)
        proxy, ca_file, spool_dir = given.text("proxy"), given.path("ca_file"), given.path("spool_dir")
        return cls(
            api_key=_key(given.value("api_key", lambda: first_of(KEY_NAMES))),
            url=_url(given.value("server_url", lambda: first_of(URL_NAMES))),
            enabled=given.flag("enabled", default=not is_test_run()),
            exclude=_patterns(given.texts("exclude"), given.flag("exclude_health_checks", default=True)),
            record_options=given.flag("record_options", default=True),
            trusted_proxies=_networks(given.texts("trusted_proxies")),
            forwarded_header=_header(given.text("forwarded_header") or "X-Forwarded-For"),
            anonymize=_anonymize(given.text("anonymize") or "none"),
            consumer=_function("consumer", options.get("consumer")),
            on_event=_function("on_event", options.get("on_event")),
            queue_size=int(given.number("queue_size", 50_000, 1, MAX_COUNT)),
            queue_bytes=int(given.number("queue_bytes", 32 * MIB, 1, MAX_BYTES)),
            batch_size=int(given.number("batch_size", 1_000, 1, MAX_BATCH_EVENTS)),
            flush_interval=given.number("flush_interval", 1.0, 0.01, MAX_SECONDS),
            timeout=given.number("timeout", 10.0, 0.1, MAX_SECONDS),
            backlog_bytes=int(given.number("backlog_bytes", 16 * MIB, 1, MAX_BYTES)),
            spool_dir=None if spool_dir is None else Path(spool_dir),
            spool_bytes=int(given.number("spool_bytes", 256 * MIB, 1, MAX_BYTES)),
            shutdown_timeout=given.number("shutdown_timeout", 5.0, 0, MAX_SECONDS),
            proxy=None if proxy is None else _http_url("proxy", proxy, ("http",)),
            ca_file=None if ca_file is None else _certificates(ca_file),
            debug=given.flag("debug", default=False),
        )


def is_enabled(options: Options) -> bool:
    """Return whether anything is to be recorded: by the option, else the variable, else not in a test run."""
    return _Given(options).flag("enabled", default=not is_test_run())


def shown(url: str) -> str:
    """Show a URL, or what should be one, without the name and password that it may hold."""
    return re.sub(r"//[^/?#]*@", "//", url)


class _Given:
    """The options by their names, completed by the environment."""

    def __init__(self, options: Options, *, outside: bool = True) -> None:
        self._outside = outside
        unknown = set(options) - Options.__annotations__.keys()
        if unknown:
            raise ValueError(f"unknown option {', '.join(sorted(map(str, unknown)))}")
        self._options: Mapping[str, Any] = {**options}

    def value(self, name: str, otherwise: Callable[[], str | None] | None = None) -> Any:
        found = self._options.get(name)
        if found is not None:
            return found
        if not self._outside:
            return None
        return variable(name) if otherwise is None else otherwise()

    def text(self, name: str) -> str | None:
        found = self.value(name)
        if found is not None and not isinstance(found, str):
            raise ValueError(f"{name} must be a text")
        return found

    def path(self, name: str) -> str | None:
        try:
            found = self.value(name)
            return None if found is None else os.fsdecode(found)
        except TypeError:
            raise ValueError(f"{name} must be a path") from None

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.value(name)
        if isinstance(found, str) and self._options.get(name) is None:
            return tuple(part.strip() for part in found.split(",") if part.strip())
        if found is None or isinstance(found, str):
            return () if found is None else (found,)
        try:
            parts = tuple(found)
        except TypeError:
            parts = (None,)
        if not all(isinstance(part, str) for part in parts):
            raise ValueError(f"{name} must be a list of texts")
        return parts

    def flag(self, name: str, *, default: bool) -> bool:
        found = self.value(name)
        if found is None or isinstance(found, bool):
            return default if found is None else found
        word = found.strip().lower() if isinstance(found, str) else None
        if word in TRUE or word in FALSE:
            return word in TRUE
        raise ValueError(f"{name} must be true or false, not {found!r}")

    def number(self, name: str, default: float, least: float, most: float) -> float:
        found = self.value(name)
        if found is None:
            return default
        number = found
        if isinstance(found, str) and self._options.get(name) is None:
            try:
                number = float(found)
            except ValueError:
                name = PREFIX + name.upper()
        if not isinstance(number, (int, float)) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"{name} must be a number from {least} to {most}, not {found!r}")
        return number


def _key(text: Any) -> str:
    if not text:
        raise ValueError("no API key: give api_key or set API_ANALYTICS_KEY")
    if not isinstance(text, str) or len(text) > MAX_KEY_CHARS or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(f"the API key must be 1 to {MAX_KEY_CHARS} visible ASCII characters")
    return text


def _url(text: Any) -> SplitResult:
    if not text:
        raise ValueError("no address of the service: give server_url or set API_ANALYTICS_URL")
    return _http_url("the address of the service", text, ("http", "https"))


def _http_url(name: str, text: Any, schemes: tuple[str, ...]) -> SplitResult:
    # The text is not repeated in the message: it may hold a password.
    fault = ValueError(f"{name} must be an {' or '.join(schemes)} URL")
    if not isinstance(text, str):
        raise fault
    try:
        url = urlsplit(text.strip().rstrip("/"))
        url.port  # noqa: B018, it is read for its error
    except ValueError:
        raise fault from None
    # http.client writes host and path into the request as they are.
    if url.scheme not in schemes or not url.hostname or re.fullmatch(r"[!-~]+", url.geturl()) is None:
        raise fault
    return url


def _patterns(given: tuple[str, ...], health_checks: bool) -> re.Pattern[str]:
    patterns = (*(pattern for pattern in given if pattern), *(HEALTH_CHECKS if health_checks else ()))
    # Only `*` is special: brackets and question marks are no wildcards in a path.
    alternatives = [fnmatch.translate(re.sub(r"([\[?])", r"[\1]", pattern)) for pattern in patterns]
    return re.compile("|".join(alternatives) or r"(?!)")


def _networks(names: Iterable[str]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for name in names:
        if name == "*":
            networks += [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
            continue
        try:
            networks.append(ipaddress.ip_network(name, strict=False))
        except ValueError:
            raise ValueError(f"trusted_proxies: {name!r} is no address and no network") from None
    return tuple(networks)


def _header(text: str) -> str:
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise ValueError(f"forwarded_header must be the name of a header, not {text!r}")
    return name


def _anonymize(value: str) -> Anonymize:
    if value == "none":
        return "none"
    if value == "truncated":
        return "truncated"
    if value == "dropped":
        return "dropped"
    raise ValueError(f"anonymize must be none, truncated or dropped, not {value!r}")


def _function(name: str, value: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if value is None:
        return None
    if not callable(value):
        raise ValueError(f"{name} must be a function")  # noqa: TRY004, as for all options
    for kind in (value, getattr(value, "__call__", None)):  # noqa: B004, it may be an object
        if inspect.iscoroutinefunction(kind) or inspect.isasyncgenfunction(kind):
            raise ValueError(f"{name} must not be asynchronous: nobody would await it")
    return value


def _certificates(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"ca_file {path!r} cannot be used: {error}") from None
    return path
