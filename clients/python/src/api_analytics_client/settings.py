"""What can be set: the options of all middlewares, checked once; and where their values come from.

A value comes from the argument, else from the environment, else from a `.env` file in the working folder or
above it. The last two exist for the key and the address of the service only.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Literal, TypedDict
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .addresses import Network
    from .event import Event

Anonymize = Literal["none", "truncated", "dropped"]

KEY_NAMES = ("API_ANALYTICS_KEY",)
URL_NAMES = ("API_ANALYTICS_URL", "API_BASE")

MAX_KEY_CHARS = 64
MAX_BATCH_EVENTS = 10_000
MAX_COUNT = 10_000_000
MAX_SPOOL_BYTES = 2**40
MAX_SECONDS = 3600.0


class Options(TypedDict, total=False):
    """The options that every middleware and the client take."""

    api_key: str | None
    """The key of the tracked application; else `API_ANALYTICS_KEY`."""
    server_url: str | None
    """Where the service is; else `API_ANALYTICS_URL`, else `API_BASE`."""
    exclude: Iterable[str]
    """Paths that are not recorded; `*` stands for any characters."""
    trusted_proxies: Iterable[str]
    """Addresses and networks of proxies whose forwarded header is believed; `*` means any."""
    forwarded_header: str
    """The header that these proxies write; `Forwarded` is read by RFC 7239, any other as a list of addresses."""
    anonymize: Anonymize
    """Whether addresses are sent as they are, cut to the network (IPv4 /24, IPv6 /48) or not at all."""
    consumer: Callable[[Any], str | None] | None
    """Names the caller; is given the ASGI scope, the WSGI environ or the request of the framework."""
    on_event: Callable[[Event], Event | None] | None
    """Changes an event, or drops it by returning nothing; runs in the sender's thread."""
    queue_size: int
    """Events that may wait to be put into batches; beyond, the oldest are dropped."""
    queue_bytes: int
    """Memory for these; beyond, the oldest are dropped."""
    batch_size: int
    """Events of one batch at most."""
    flush_interval: float
    """Seconds that an event waits for others before it is sent."""
    timeout: float
    """Seconds until a request to the service is given up: look-up of the name, connection and answer together."""
    backlog_bytes: int
    """Memory for compressed batches that wait for the service; beyond, the oldest are dropped."""
    spool_dir: str | os.PathLike[str] | None
    """Folder that keeps batches while the service cannot be reached, also over restarts of the application."""
    spool_bytes: int
    """Disk space for these; beyond, the oldest are dropped."""
    shutdown_timeout: float
    """Seconds that the end of the process may be held up to send what is left."""


@dataclass(frozen=True)
class Settings:
    """Checked options."""

    api_key: str
    url: SplitResult
    exclude: re.Pattern[str] | None
    trusted_proxies: tuple[Network, ...]
    forwarded_header: str
    anonymize: Anonymize
    consumer: Callable[[Any], str | None] | None
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

    def __repr__(self) -> str:
        """Show where events go, but not the key."""
        return f"Settings(url={self.where!r}, api_key=…)"

    @property
    def where(self) -> str:
        """Where events go, as it may be shown: without a password that stands in the address."""
        return self.url._replace(netloc=self.url.netloc.rpartition("@")[2]).geturl()

    @classmethod
    def resolve(cls, options: Options) -> Settings:
        """Check the options and complete them; a `ValueError` says what is missing or wrong."""
        unknown = set(options) - Options.__annotations__.keys()
        if unknown:
            raise ValueError(f"unknown option {', '.join(sorted(unknown))}")
        outside = _Outside()
        spool_dir = options.get("spool_dir")
        return cls(
            api_key=_key(options.get("api_key") or outside.get(KEY_NAMES)),
            url=_url(options.get("server_url") or outside.get(URL_NAMES)),
            exclude=_patterns(options.get("exclude", ())),
            trusted_proxies=_networks(options.get("trusted_proxies", ())),
            forwarded_header=options.get("forwarded_header", "X-Forwarded-For").strip(),
            anonymize=_anonymize(options.get("anonymize", "none")),
            consumer=_callable("consumer", options.get("consumer")),
            on_event=_callable("on_event", options.get("on_event")),
            queue_size=int(_number(options, "queue_size", 50_000, 1, MAX_COUNT)),
            queue_bytes=int(_number(options, "queue_bytes", 32 * 2**20, 1, MAX_SPOOL_BYTES)),
            batch_size=int(_number(options, "batch_size", 1_000, 1, MAX_BATCH_EVENTS)),
            flush_interval=_number(options, "flush_interval", 1.0, 0.01, MAX_SECONDS),
            timeout=_number(options, "timeout", 10.0, 0.1, MAX_SECONDS),
            backlog_bytes=int(_number(options, "backlog_bytes", 16 * 2**20, 1, MAX_SPOOL_BYTES)),
            spool_dir=None if spool_dir is None else Path(spool_dir),
            spool_bytes=int(_number(options, "spool_bytes", 256 * 2**20, 1, MAX_SPOOL_BYTES)),
            shutdown_timeout=_number(options, "shutdown_timeout", 5.0, 0, MAX_SECONDS),
        )


class _Outside:
    """The environment, and the `.env` file once it is needed."""

    def __init__(self) -> None:
        self._file: Mapping[str, str] | None = None

    def get(self, names: tuple[str, ...]) -> str | None:
        for name in names:
            value = os.environ.get(name)
            if value:
                return value
        if self._file is None:
            self._file = read_env_file()
        return next((self._file[name] for name in names if self._file.get(name)), None)


def read_env_file() -> dict[str, str]:
    """Read the first `.env` in the working folder or above it; empty if there is none or it cannot be read."""
    try:
        folder = Path.cwd()
        for path in (folder / ".env", *(parent / ".env" for parent in folder.parents)):
            if path.is_file():
                return parse_env(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        pass
    return {}


def parse_env(text: str) -> dict[str, str]:
    """Read lines of the form `NAME=value`, with `export`, quotes and comments."""
    values = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*", line)
        if match is None:
            continue
        name, value = match.groups()
        quoted = re.match(r"""(["'])(.*?)\1""", value)
        values[name] = quoted.group(2) if quoted else re.split(r"(?:^|\s+)#", value)[0]
    return values


def _key(text: str | None) -> str:
    if not text:
        raise ValueError("no API key: give api_key or set API_ANALYTICS_KEY")
    if len(text) > MAX_KEY_CHARS or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(f"the API key must be 1 to {MAX_KEY_CHARS} visible ASCII characters")
    return text


def _url(text: str | None) -> SplitResult:
    if not text:
        raise ValueError("no address of the service: give server_url or set API_ANALYTICS_URL")
    url = urlsplit(text.strip().rstrip("/"))
    try:
        port = url.port
    except ValueError:
        port = -1
    # http.client writes host and path into the request as they are.
    plain = re.fullmatch(r"[!-~]+", url.geturl()) is not None
    if url.scheme not in ("http", "https") or not url.hostname or port == -1 or not plain:
        raise ValueError(f"the address of the service must be an http or https URL, not {text!r}")
    return url


def _patterns(patterns: Iterable[str]) -> re.Pattern[str] | None:
    if isinstance(patterns, str):
        patterns = (patterns,)
    # Only `*` is special: brackets and question marks are no wildcards in a path.
    alternatives = [fnmatch.translate(re.sub(r"([\[?])", r"[\1]", pattern)) for pattern in patterns]
    return re.compile("|".join(alternatives)) if alternatives else None


def _networks(names: Iterable[str]) -> tuple[Network, ...]:
    if isinstance(names, str):
        names = (names,)
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


def _anonymize(value: str) -> Anonymize:
    if value == "none":
        return "none"
    if value == "truncated":
        return "truncated"
    if value == "dropped":
        return "dropped"
    raise ValueError(f"anonymize must be none, truncated or dropped, not {value!r}")


def _callable(name: str, value: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if value is not None and not callable(value):
        raise ValueError(f"{name} must be a function")
    return value


def _number(options: Options, name: str, default: float, least: float, most: float) -> float:
    value = options.get(name, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least} to {most}, not {value!r}")
    return value
