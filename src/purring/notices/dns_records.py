"""What the public name service says about who may send mail for a domain: SPF, DKIM and DMARC.

Source: RFC 7208 (April 2014), RFC 6376 (September 2011), RFC 7489 (March 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import dns.exception
import dns.resolver

TIMEOUT_S = 3.0


class NoAnswer(Exception):
    """The name service is out of reach, so nobody can say anything."""


Lookup = Callable[[str], list[str]]
"""Gives the TXT records of a name, none if there is no such name. Raises NoAnswer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFinding:
    """One thing that was looked at: `is_well` None if that can't be told."""

    is_well: bool | None
    text: str


def lookup(name: str, timeout_s: float = TIMEOUT_S) -> list[str]:
    """Ask the machine's own resolver for TXT records.

    Raises NoAnswer.
    """
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=timeout_s)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(type(error).__name__) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def findings(
    *, from_domain: str, return_domain: str, dkim: tuple[str, str] | None, ask: Lookup = lookup
) -> list[DnsFinding]:
    """Check what receivers will look up: SPF of the envelope's domain, DKIM's key (domain, selector), DMARC of From's.

    A name service that doesn't answer is one finding that says so.
    """
    try:
        found = [_spf(return_domain, ask)]
        if dkim is not None:
            found.append(_dkim(*dkim, ask))
        found.append(_dmarc(from_domain, ask))
    except NoAnswer as error:
        return [
            DnsFinding(is_well=None, text=f"SPF, DKIM, DMARC: not checked, the name service doesn't answer ({error})")
        ]
    return found


def _spf(domain: str, ask: Lookup) -> DnsFinding:
    records = [text for text in ask(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) > 1:
        return DnsFinding(is_well=False, text=f"SPF: {domain} has {len(records)} records; receivers then trust none")
    if not records:
        return DnsFinding(is_well=False, text=f"SPF: {domain} has no record; publish one that names your mail server")
    if "+all" in records[0].lower().split() or "all" in records[0].lower().split():
        return DnsFinding(is_well=False, text=f"SPF: {domain} lets anybody send for it; end it with -all or ~all")
    return DnsFinding(is_well=True, text=f"SPF: {domain} has a record")


def _dkim(domain: str, selector: str, ask: Lookup) -> DnsFinding:
    name = f"{selector}._domainkey.{domain}"
    records = ask(name)
    keys = [dict(_tags(text)) for text in records]
    if not any(key.get("p") for key in keys):
        said = "is revoked" if any("p" in key for key in keys) else "isn't published"
        return DnsFinding(is_well=False, text=f"DKIM: the key {name} {said}; receivers can't check signatures")
    return DnsFinding(is_well=True, text=f"DKIM: the key {name} is published")


def _dmarc(domain: str, ask: Lookup) -> DnsFinding:
    """The record of the domain itself, or of one above it."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        name = "_dmarc." + ".".join(labels[start:])
        records = [dict(_tags(text)) for text in ask(name) if text.lower().startswith("v=dmarc1")]
        if len(records) == 1 and records[0].get("p"):
            return DnsFinding(is_well=True, text=f"DMARC: {name} asks for p={records[0]['p']}")
        if records:
            return DnsFinding(is_well=False, text=f"DMARC: {name} is no use; it needs one record with p=")
    return DnsFinding(is_well=False, text=f"DMARC: {domain} has no record; large providers then refuse bulk mail")


def _tags(text: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in text.split(";") if "=" in part)
    return [(name.strip().lower(), value.strip()) for name, _, value in parts]
