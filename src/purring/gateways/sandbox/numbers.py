"""Test numbers and token names: which card or account they stand for, and how it behaves until told otherwise.

Every card and account has a name, `visa_insufficient_funds`, which with `tok_` before it is a token by itself. A
suffix makes another card that behaves the same: `tok_visa-42`. Some also have a number, for trying the card form: the
well-known test number of each network, and 4000 00nn 0000 000c for each behavior.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from purring.domain.decline import DeclineReason
from purring.gateways.sandbox.script import BANK_SCHEMES, CARD_NETWORKS

TOKEN_PREFIX = "tok_"  # noqa: S105 -- the start of every token, not one of them

OTHER_BEHAVIORS: dict[str, tuple[str, ...]] = {
    "declined_once": ("decline insufficient_funds", "approve"),
    "declined_twice": ("decline insufficient_funds", "decline insufficient_funds", "approve"),
    "action_required": ("action required",),
    "timeout_before": ("timeout before",),
    "timeout_after": ("timeout after",),
    "unavailable": ("unavailable 2 hours",),
    "rate_limited": ("rate limited",),
    "pending": ("pending 3 days",),
    "pending_then_declined": ("pending 3 days then decline insufficient_funds",),
}
"""What a method can do besides approving and declining for one reason, as a script."""

BEHAVIORS: dict[str, tuple[str, ...]] = {
    **{reason.value: (f"decline {reason}",) for reason in DeclineReason},
    **OTHER_BEHAVIORS,
}

BANK_DEFAULT = ("pending 3 days",)
"""A bank debit settles days later unless its name says otherwise."""

PLAIN_NUMBERS = {
    "4242424242424242": "visa",
    "5555555555554444": "mastercard",
    "378282246310005": "amex",
    "6011111111111117": "discover",
    "3056930009020004": "diners",
    "3566002020360505": "jcb",
    "6200000000000005": "unionpay",
    "6759649826438453": "maestro",
    "DE89370400440532013000": "sepa",
    "110000000-000123456789": "ach",
    "108800-00012345": "bacs",
}
"""Numbers that approve. Source: docs.stripe.com/testing and Adyen's test card page (read 2026-11-23)."""

_NAME = re.compile(rf"({'|'.join(CARD_NETWORKS + BANK_SCHEMES)})(?:_([a-z_]+))?(?:-([A-Za-z0-9]{{1,40}}))?")
_CARD_LIKE = re.compile(r"(?<![0-9A-Za-z_])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A made-up card or account. `name` tells it apart from every other; its fingerprint is that of the name."""

    name: str
    network: str
    last4: str
    script: tuple[str, ...]

    @property
    def kind(self) -> str:
        """`card` or `bank_account`."""
        return "bank_account" if self.network in BANK_SCHEMES else "card"

    @property
    def fingerprint(self) -> str:
        """The same for the number, its name and its network token."""
        return f"fp_{_digest(self.name)[:24]}"


def by_name(name: str) -> Instrument | None:
    """The card or account of a name such as `visa`, `mastercard_do_not_honor` or `sepa_mandate_revoked-7`."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    network, behavior, suffix = match.groups()
    if behavior is not None and behavior not in BEHAVIORS:
        return None
    number = None if suffix else NUMBERS_BY_NAME.get(name)
    last4 = number[-4:] if number else f"{int(_digest(name)[:8], 16) % 10_000:04d}"
    return Instrument(name=name, network=network, last4=last4, script=_script(network, behavior))


def by_number(number: str) -> Instrument | None:
    """The card or account of a documented test number, written with or without spaces."""
    name = NUMBERS.get(number.replace(" ", ""))
    return None if name is None else by_name(name)


def looks_like_card_number(text: str) -> bool:
    """Whether the text holds 13 to 19 digits that pass the Luhn check, on their own or grouped."""
    return any(_passes_luhn(re.sub(r"[ -]", "", match.group())) for match in _CARD_LIKE.finditer(text))


def _script(network: str, behavior: str | None) -> tuple[str, ...]:
    if behavior is None:
        return BANK_DEFAULT if network in BANK_SCHEMES else ()
    script = BEHAVIORS[behavior]
    is_late = network in BANK_SCHEMES and behavior not in OTHER_BEHAVIORS
    return (f"{BANK_DEFAULT[0]} then {script[0]}",) if is_late else script


def _passes_luhn(digits: str) -> bool:
    return _luhn_sum(digits) % 10 == 0


def _luhn_sum(digits: str) -> int:
    """Source: ISO/IEC 7812-1:2017, annex B."""
    odd = [int(digit) for digit in digits[-1::-2]]
    even = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return sum(odd) + sum(even)


def _numbered(position: int) -> str:
    stem = f"400000{position:02d}0000000"
    return f"{stem}{-_luhn_sum(f'{stem}0') % 10}"


def _digest(name: str) -> str:
    return hashlib.sha256(f"purring sandbox {name}".encode()).hexdigest()


NUMBERS: dict[str, str] = PLAIN_NUMBERS | {
    _numbered(position): f"visa_{behavior}" for position, behavior in enumerate(BEHAVIORS, start=1)
}
"""Every test number there is, and the name of what it stands for."""

NUMBERS_BY_NAME = {name: number for number, name in NUMBERS.items()}
