"""Ids that carry their kind and sort by the time they were made: `inv_01k6q3v8f0m2c4e6g8j0n2q4s6`.

After the prefix stand 26 characters of Crockford's base 32 in lower case: 48 bits of milliseconds, then 80 random bits.
Source: ULID specification, github.com/ulid/spec (read 2026-11-23), written in lower case.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, NewType, Protocol

from purring.domain.errors import InvalidId

MerchantId = NewType("MerchantId", str)
CustomerId = NewType("CustomerId", str)
PersonId = NewType("PersonId", str)
MethodId = NewType("MethodId", str)
ProductId = NewType("ProductId", str)
PriceId = NewType("PriceId", str)
SubscriptionId = NewType("SubscriptionId", str)
InvoiceId = NewType("InvoiceId", str)
LineId = NewType("LineId", str)
AttemptId = NewType("AttemptId", str)
RecoveryId = NewType("RecoveryId", str)
NoticeId = NewType("NoticeId", str)
DeliveryId = NewType("DeliveryId", str)
EventId = NewType("EventId", str)
EntryId = NewType("EntryId", str)
PolicyId = NewType("PolicyId", str)
InboundId = NewType("InboundId", str)
ImportId = NewType("ImportId", str)
DisputeId = NewType("DisputeId", str)
RefundId = NewType("RefundId", str)
LetterId = NewType("LetterId", str)
MandateId = NewType("MandateId", str)
ApiKeyId = NewType("ApiKeyId", str)
RequestId = NewType("RequestId", str)
SessionId = NewType("SessionId", str)
SignInCodeId = NewType("SignInCodeId", str)
PortalTryId = NewType("PortalTryId", str)
EndpointId = NewType("EndpointId", str)
EventDeliveryId = NewType("EventDeliveryId", str)
EventTryId = NewType("EventTryId", str)
TestClockId = NewType("TestClockId", str)

Prefix = Literal[
    "mer_", "cus_", "per_", "pm_", "prod_", "price_", "sub_", "inv_", "il_", "att_",
    "rec_", "ntc_", "dlv_", "evt_", "je_", "pol_", "inb_", "imp_", "dsp_", "rfd_", "ltr_", "man_", "key_", "req_",
    "ses_", "sic_", "ptr_",
    "ep_", "edl_", "etr_", "clk_",
]  # fmt: skip

PREFIXES: Mapping[Prefix, str] = {
    "mer_": "merchant",
    "cus_": "customer",
    "per_": "person",
    "pm_": "payment method",
    "prod_": "product",
    "price_": "price",
    "sub_": "subscription",
    "inv_": "invoice",
    "il_": "invoice line",
    "att_": "attempt",
    "rec_": "recovery",
    "ntc_": "notice",
    "dlv_": "delivery",
    "evt_": "event",
    "je_": "journal entry",
    "pol_": "policy",
    "inb_": "inbound message",
    "imp_": "import",
    "dsp_": "dispute",
    "rfd_": "refund",
    "ltr_": "letter",
    "man_": "mandate",
    "key_": "API key",
    "req_": "request",
    "ses_": "session",
    "sic_": "sign-in code",
    "ptr_": "try at the portal",
    "ep_": "endpoint",
    "edl_": "event delivery",
    "etr_": "try of an event delivery",
    "clk_": "test clock",
}

MS_MAX = 2**48 - 1
_MS_OF_YEAR_10000 = 253_402_300_800_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)
RANDOM_MAX = 2**80 - 1

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_SHIFTS = tuple(range(70, -1, -10))
_BODY = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


class IdMaker(Protocol):
    """Makes ids that were never given before and sort in the order they were made."""

    def new(self, prefix: Prefix) -> str:
        """Make the next id of a kind; the caller names its type: `InvoiceId(ids.new("inv_"))`."""
        ...


def make_id(prefix: Prefix, ms_since_epoch: int, random_80_bits: int) -> str:
    """Write an id; ids of one kind sort by time, then by the random bits."""
    assert prefix in PREFIXES, prefix
    assert 0 <= ms_since_epoch <= MS_MAX, ms_since_epoch
    assert 0 <= random_80_bits <= RANDOM_MAX, random_80_bits
    return prefix + _time(ms_since_epoch) + "".join([_PAIRS[random_80_bits >> shift & 1023] for shift in _SHIFTS])


@lru_cache(maxsize=64)
def _time(ms: int) -> str:
    """The ten characters that stand for the time; ids of a batch share them."""
    return "".join([_PAIRS[ms >> shift & 1023] for shift in range(40, -1, -10)])


def invoice_id_of(on: date, *about: str) -> InvoiceId:
    """An id that sorts by the invoice's day and follows from what the invoice is for."""
    digest = blake2b(" ".join(about).encode(), digest_size=10).digest()
    ms = int(datetime(on.year, on.month, on.day, tzinfo=UTC).timestamp() * 1000)
    return InvoiceId(make_id("inv_", ms, int.from_bytes(digest)))


def made_at(value: str) -> datetime:
    """Tell when an id was made, by the clock of whoever made it; to the millisecond.

    Raises InvalidId.
    """
    body = value[len(kind_of(value)) :]
    ms = 0
    for letter in body[:10]:
        ms = ms * 32 + _ALPHABET.index(letter)
    if ms >= _MS_OF_YEAR_10000:
        raise InvalidId(f"{value!r} was made after the year 9999.")
    return _EPOCH + timedelta(milliseconds=ms)


def no_later_than_made(at: datetime, value: str) -> datetime:
    """Give an instant back, or when an id was made if that was before: a test clock may stand in the future.

    An id that isn't ours tells nothing.
    """
    try:
        real_at = made_at(value)
    except InvalidId:
        return at
    return at if at < real_at + _ONE_MS else real_at


def kind_of(value: str) -> Prefix:
    """Tell an id's prefix.

    Raises InvalidId.
    """
    for prefix in PREFIXES:
        if _is_id(value, prefix):
            return prefix
    message = f"{value[:60]!r} is no id of Purring's; those look like inv_01k6q3v8f0m2c4e6g8j0n2q4s6."
    raise InvalidId(message)


def check_id(value: str, prefix: Prefix) -> str:
    """Give the id back if it is one of the expected kind.

    Raises InvalidId.
    """
    if _is_id(value, prefix):
        return value
    message = f"{value[:60]!r} is no {PREFIXES[prefix]} id; expected {prefix} and 26 characters."
    raise InvalidId(message)


def _is_id(value: str, prefix: Prefix) -> bool:
    return value.startswith(prefix) and _BODY.fullmatch(value, len(prefix)) is not None
