"""Which address a request came from: peers, forwarded headers, anonymisation.

A forwarded header is text that anybody may send. It counts only as far as it was written by trusted proxies:
read from the right, the first address that is not a trusted proxy is the client.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Callable, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .event import Text
    from .options import Anonymize

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

IPV4_KEPT_BITS = 24
IPV6_KEPT_BITS = 48
MAX_HOPS = 32


class AddressResolver:
    """Finds the client's address by the settings of an application."""

    def __init__(self, trusted_proxies: Iterable[Network], forwarded_header: str, anonymize: Anonymize) -> None:
        self._trusted = tuple(trusted_proxies)
        self._hops: Callable[[str], Iterator[str]] = (
            _forwarded_hops if forwarded_header.lower() == "forwarded" else _listed_hops
        )
        self._anonymize = anonymize

    def resolve(self, peer: str | None, forwarded: Text | None) -> str | None:
        """Return the client's address as it may be sent; none if it is unknown or unwanted."""
        if self._anonymize == "dropped":
            return None
        address = self._client(peer, forwarded)
        if address is None:
            return None
        if self._anonymize == "truncated":
            kept = IPV4_KEPT_BITS if address.version == 4 else IPV6_KEPT_BITS  # noqa: PLR2004
            address = ipaddress.ip_network((address, kept), strict=False).network_address
        return str(address)

    def _client(self, peer: str | None, forwarded: Text | None) -> Address | None:
        address = parse_address(peer or "")
        if not self._trusted or not forwarded or not self._trusts(address):
            return address
        text = forwarded.decode("latin-1") if isinstance(forwarded, bytes) else forwarded
        for _, hop in zip(range(MAX_HOPS), self._hops(text)):
            address = parse_address(hop)
            # A hop without an address ("unknown", "_hidden") ends the chain: what stands left of it is hearsay.
            if address is None or not self._trusts(address):
                return address
        return address

    def _trusts(self, address: Address | None) -> bool:
        # A peer without an address is on a socket of this machine.
        return address is None or any(address in network for network in self._trusted)


def parse_address(text: str) -> Address | None:
    """Read an address with or without port, brackets, zone and quotes; IPv4-mapped IPv6 becomes IPv4."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _listed_hops(header: str) -> Iterator[str]:
    """Yield the addresses of `X-Forwarded-For` and its like, the nearest first."""
    return reversed([hop for hop in header.split(",") if hop.strip()])


def _forwarded_hops(header: str) -> Iterator[str]:
    """Yield the `for=` of every element of `Forwarded` (RFC 7239), the nearest first."""
    for element in reversed(header.split(",")):
        pairs = (pair.partition("=") for pair in element.split(";"))
        yield next((value for name, _, value in pairs if name.strip().lower() == "for"), "")
