"""What every payment gateway must be able to do, whatever it is called.

A gateway is called between two commits, never inside a transaction. No method raises for what the network or the
provider can do wrong: an `Outcome` says it. `Unavailable` is only for "certainly nothing happened"; any doubt is
`Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from purring.domain.attempt import Outcome, Unavailable, Unknown
from purring.domain.money import Money
from purring.domain.rulebook.presentment import Presentment


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway states about itself. `key_lifetime`: how long it remembers an idempotency key.

    `lists_charges`: it can list the charges that it made for us; see `ListsCharges`. `is_live`: its charges move money.
    """

    key_lifetime: timedelta
    in_flight_max: int
    lists_charges: bool = False
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """One charge. `key` was stored before; the same key always carries the same body.

    `off_session` is False when the customer is present and can confirm with their bank; who had to do that, there or
    later, is sent to `return_to` afterwards, if it isn't empty. `presentment` is the form that
    a bank debit must have; a gateway that gives payers their notice itself gives as many days as it says.
    """

    key: str
    token: str
    amount: Money
    merchant_id: str
    invoice_id: str
    description: str
    off_session: bool = True
    presentment: Presentment | None = None
    return_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give back `amount` of the charge made under `charge_key`, under a key of its own."""

    key: str
    charge_key: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """The gateway gave the money back."""

    gateway_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRefused:
    """The gateway would not; nothing moved."""

    detail: str


RefundOutcome = Refunded | RefundRefused | Unknown | Unavailable


class InboundKind(StrEnum):
    """What a gateway's event can tell."""

    CHARGE_UPDATED = "charge_updated"
    CHARGEBACK_OPENED = "chargeback_opened"
    CHARGEBACK_WON = "chargeback_won"
    CHARGEBACK_LOST = "chargeback_lost"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent:
    """A verified event. `event_id` is the gateway's, `key` the charge's idempotency key (our attempt id).

    `outcome` is set for CHARGE_UPDATED, `amount` for chargebacks and refunds.
    """

    event_id: str
    kind: InboundKind
    key: str
    occurred_at: datetime
    outcome: Outcome | None = None
    amount: Money | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCharge:
    """A charge as the gateway lists it: what it was asked for, and what became of it so far.

    `charged_at` is when it came in, `outcome_at` when the outcome became what it is. `kind`, `scheme`, `last4` and
    `fingerprint` tell of the card or account what a payment method keeps of it.
    """

    key: str
    token: str
    amount: Money
    merchant_id: str
    invoice_id: str
    charged_at: datetime
    outcome: Outcome
    outcome_at: datetime
    kind: str
    scheme: str
    last4: str
    fingerprint: str
    off_session: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePage:
    """Some charges, those that came in first first. `cursor`: where to go on; None after the last page."""

    charges: tuple[ListedCharge, ...]
    cursor: str | None


@runtime_checkable
class ListsCharges(Protocol):
    """What a gateway can do whose capabilities say `lists_charges`."""

    def charges_since(self, at: datetime, cursor: str = "") -> ChargePage | Unknown | Unavailable:
        """List every charge that came in at or after an instant, page by page; from a cursor on, if there is one."""
        ...


def lister_of(gateway: Gateway) -> ListsCharges | None:
    """The gateway, if it can list the charges that it made for us."""
    able = gateway.capabilities.lists_charges
    return gateway if able and isinstance(gateway, ListsCharges) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDetails:
    """What a gateway tells of the card or account behind a token: nothing that could be charged without it."""

    kind: str
    scheme: str
    last4: str
    fingerprint: str
    exp_month: int | None
    exp_year: int | None


@runtime_checkable
class FollowsTime(Protocol):
    """A gateway in test mode that can follow a test clock."""

    def at(self, now: datetime) -> Gateway:
        """The same gateway, for which it is `now`."""
        ...


@runtime_checkable
class OffersField(Protocol):
    """A gateway with a field of its own for card and account numbers, so that we never see one."""

    @property
    def field_origin(self) -> str:
        """The origin that the field lives on, for a page's content-security policy."""
        ...

    def field_url(self, return_to: str, locale: str, *, framed: bool) -> str:
        """Where the field is; it sends the customer back to `return_to` with `token`, or tells the page around it."""
        ...

    def token_details(self, token: str) -> TokenDetails | Unknown | Unavailable | None:
        """What is behind a token; None if the gateway never made it."""
        ...


class Gateway(Protocol):
    """A payment provider. Methods are thread-safe and return within their own time-out."""

    @property
    def name(self) -> str:
        """The registry's name, e.g. `sandbox`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway states about itself."""
        ...

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money. Same key, same answer, for as long as the key lives."""
        ...

    def find(self, key: str) -> Outcome:
        """Say what became of `key`: `Absent` if it never arrived, `Unknown` if the gateway can't tell."""
        ...

    def cancel(self, key: str) -> Outcome:
        """Give up a charge that waits for the customer; answers what is then true of it."""
        ...

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back."""
        ...

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Verify and read one event.

        Raises:
            BadSignature: unsigned, altered, or more than five minutes off `now`.
            GatewayGarbled: signed, but it can't be read.
        """
        ...

    def close(self) -> None:
        """Let the connections go."""
        ...
