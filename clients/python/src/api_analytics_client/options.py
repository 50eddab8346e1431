"""The options of the client and of all middlewares; `settings` checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Literal, TypedDict

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from .event import Event

Anonymize = Literal["none", "truncated", "dropped"]


class Options(TypedDict, total=False):
    """What may be given; `None` is the same as nothing.

    What is not given comes from the environment: `queue_size` from `API_ANALYTICS_QUEUE_SIZE`, and so on, except
    for functions. Lists are separated by commas there; true is `true`, `1`, `yes` or `on`.
    """

    api_key: str | None
    """The key of the tracked application; else `API_ANALYTICS_KEY`, also in a file `.env`."""
    server_url: str | None
    """Where the service is; else `API_ANALYTICS_URL`, else `API_BASE`, also in a file `.env`."""
    enabled: bool | None
    """Whether anything is recorded; if not given, it is, except in test runs."""
    exclude: Iterable[str] | None
    """Paths that are not recorded; `*` stands for any characters."""
    exclude_health_checks: bool | None
    """Whether the paths of `HEALTH_CHECKS` are not recorded; they are not, if this is not given."""
    record_options: bool | None
    """Whether requests by the method `OPTIONS` are recorded; they are, if this is not given."""
    trusted_proxies: Iterable[str] | None
    """Addresses and networks of proxies whose forwarded header is believed; `*` means any."""
    forwarded_header: str | None
    """The header that these proxies write; `Forwarded` is read by RFC 7239, any other as a list of addresses."""
    anonymize: Anonymize | None
    """Whether addresses are sent as they are, cut to the network (IPv4 /24, IPv6 /48) or not at all."""
    consumer: Callable[[Any], str | None] | None
    """Names the caller; is given the ASGI scope, the WSGI environ or the request of the framework."""
    on_event: Callable[[Event], Event | None] | None
    """Changes an event, or drops it by returning nothing; runs in the sender's thread."""
    queue_size: int | None
    """Events that may wait to be put into batches; beyond, the oldest are dropped."""
    queue_bytes: int | None
    """Memory for these; beyond, the oldest are dropped."""
    batch_size: int | None
    """Events of one batch at most."""
    flush_interval: float | None
    """Seconds that an event waits for others before it is sent."""
    timeout: float | None
    """Seconds until a request to the service is given up: look-up of the name, connection and answer together."""
    backlog_bytes: int | None
    """Memory for compressed batches that wait for the service; beyond, the oldest are dropped."""
    spool_dir: str | os.PathLike[str] | None
    """Folder that keeps batches while the service cannot be reached, also over restarts of the application."""
    spool_bytes: int | None
    """Disk space for these; beyond, the oldest are dropped."""
    shutdown_timeout: float | None
    """Seconds that the end of the process may be held up to send what is left."""
    proxy: str | None
    """An HTTP proxy on the way to the service, as a URL."""
    ca_file: str | os.PathLike[str] | None
    """Certificates (PEM) that are trusted instead of the system's."""
    debug: bool | None
    """Whether the log tells of every request to the service."""
