"""What receivers will look up about our domain, told to the operator first."""

from __future__ import annotations

import socket

import dns.resolver
import pytest

from purring.notices.dns_records import DnsFinding, NoAnswer, findings, lookup

GOOD = {
    "bounces.nordlys.example": ["something else", "v=spf1 mx -all"],
    "mail1._domainkey.nordlys.example": ["v=DKIM1; k=rsa; p=MIGf"],
    "_dmarc.nordlys.example": ["v=DMARC1; p=quarantine"],
}


def found(records: dict[str, list[str]]) -> list[DnsFinding]:
    """What is found where these records are published."""
    return findings(
        from_domain="billing.nordlys.example",
        return_domain="bounces.nordlys.example",
        dkim=("nordlys.example", "mail1"),
        ask=lambda name: records.get(name, []),
    )


def test_a_domain_in_order_is_in_order() -> None:
    """SPF of the envelope's domain, the key, and the policy of the domain or of one above it."""
    assert [True, True, True] == [one.is_well for one in found(GOOD)]
    assert "p=quarantine" in found(GOOD)[2].text


@pytest.mark.parametrize(
    ("name", "records", "place", "says"),
    [
        ("bounces.nordlys.example", [], 0, "no record"),
        ("bounces.nordlys.example", ["v=spf1 -all", "v=spf1 mx"], 0, "2 records"),
        ("bounces.nordlys.example", ["v=spf1 +all"], 0, "anybody"),
        ("mail1._domainkey.nordlys.example", [], 1, "isn't published"),
        ("mail1._domainkey.nordlys.example", ["v=DKIM1; p="], 1, "revoked"),
        ("_dmarc.nordlys.example", [], 2, "no record"),
        ("_dmarc.nordlys.example", ["v=DMARC1; rua=mailto:x@y"], 2, "needs one record"),
    ],
)
def test_what_is_wrong_is_named(name: str, records: list[str], place: int, says: str) -> None:
    """Each with what receivers make of it."""
    one = found({**GOOD, name: records})[place]
    assert one.is_well is False
    assert says in one.text


def test_without_an_answer_nothing_is_said_to_be_wrong() -> None:
    """A machine without a name service can't tell, and says so."""

    def away(name: str) -> list[str]:
        raise NoAnswer(name)

    (one,) = findings(from_domain="a.example", return_domain="a.example", dkim=None, ask=away)
    assert (None, True) == (one.is_well, "not checked" in one.text)


def test_a_name_service_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait is short."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], silent.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        with pytest.raises(NoAnswer):
            lookup("nordlys.example", timeout_s=0.2)
