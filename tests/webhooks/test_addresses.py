"""No endpoint leads into our own network, however its address is dressed up."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.webhooks.addresses import is_loopback, is_public, look_up

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.1", "255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1",
    "2001:db8::1", "2001:10::1", "2001:20::1", "100::1", "5f00::1", "3fff::1", "4000::1",
    "2130706433", "0x7f000001", "127.1", "localhost", "", "8.8.8.8.", "8.8.8.8:443",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    """Private, local, reserved, multicast, and every form that holds another address."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_what_is_public_is_taken(address: str) -> None:
    """Else nobody would be told anything."""
    assert is_public(address)
    assert not is_loopback(address)


@given(st.ip_addresses())
def test_our_list_is_never_looser_than_the_standard_librarys(address: IPv4Address | IPv6Address) -> None:
    """Whatever the standard library takes for private is private here."""
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_no_wrapped_address_is_public(address: IPv4Address) -> None:
    """IPv4-mapped, IPv4-compatible, NAT64 and 6to4."""
    number = int(address)
    for wrapped in (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not is_public(str(IPv6Address(wrapped)))


def test_a_number_is_looked_up_as_the_address_that_it_is() -> None:
    """`getaddrinfo` reads 2130706433 as 127.0.0.1; so the address that comes out is what is checked."""
    assert ["127.0.0.1"] == look_up("2130706433", 443)
    assert is_loopback("127.0.0.1")
    assert not is_loopback("2130706433")
