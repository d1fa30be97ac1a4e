"""Which addresses events may be sent to: public ones, so that an endpoint can't lead into our own network.

The standard library's `is_global` is true for multicast and for the NAT64 and 6to4 forms of 127.0.0.1; hence a list of
our own. Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (read 2026-11-27), and the multicast ranges.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Looks a name up: all its addresses. Raises OSError."""

_NOT_PUBLIC_V4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; clouds tell machines their secrets at 169.254.169.254
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6 = ip_network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ip_network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarks and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",  # documentation
    )
)
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def is_public(address: str) -> bool:
    """Tell whether an address belongs to the public internet; nothing that holds another address does."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv4Address):
        return not any(parsed in block for block in _NOT_PUBLIC_V4)
    if isinstance(parsed, IPv6Address):
        return parsed in _PUBLIC_V6 and not any(parsed in block for block in _NOT_PUBLIC_V6)
    return False


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in block for block in _LOOPBACK if block.version == parsed.version)


def look_up(name: str, port: int) -> list[str]:
    """Ask the operating system for a name's addresses. Raises OSError."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _parsed(address: str) -> Address | None:
    """Read an address; one with a zone, such as fe80::1%eth0, is none that we would call."""
    try:
        return None if "%" in address else ip_address(address)
    except ValueError:
        return None
