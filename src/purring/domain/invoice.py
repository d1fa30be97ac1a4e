"""An invoice: what is owed for one period, and how much of it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from purring.domain.ids import CustomerId, InvoiceId, LineId, MethodId, SubscriptionId, TestClockId
from purring.domain.money import Money


class InvoiceStatus(StrEnum):
    """Where an invoice stands. A disputed one is `open` again, with `dispute` set."""

    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


class InvoiceEvent(StrEnum):
    """What can happen to an invoice."""

    PAID = "paid"
    WRITTEN_OFF = "written_off"
    REVIVED = "revived"
    VOIDED = "voided"
    CHARGED_BACK = "charged_back"
    DISPUTE_WON = "dispute_won"
    PAYMENT_REVERSED = "payment_reversed"


class DisputeStatus(StrEnum):
    """A chargeback's course."""

    NONE = "none"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class InvoiceSource(StrEnum):
    """Who made the invoice."""

    PURRING = "purring"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line: `amount` is for the whole quantity."""

    id: LineId
    description: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice. `paid_minor` is what attempts and recorded payments have brought in, less what was taken back.

    `issued_at` is the start of `invoice_on` in the merchant's zone or, for a late run, the moment it was made; the
    window counts from `invoice_on`. `method_id` pays an invoice that belongs to no subscription. `next_step_at` is when
    its schedule's first step falls due; None when nothing is planned. `unchecked`: the database was restored from a
    backup, and the gateways haven't been asked yet what they charged for it since: until then nobody charges it.
    `test_clock_id`: its customer's.
    """

    id: InvoiceId
    number: str
    customer_id: CustomerId
    subscription_id: SubscriptionId | None
    status: InvoiceStatus
    total: Money
    invoice_on: date
    issued_at: datetime
    method_id: MethodId | None = None
    period_start_on: date | None = None
    period_end_on: date | None = None
    lines: tuple[InvoiceLine, ...] = ()
    paid_minor: int = 0
    refunded_minor: int = 0
    credited_minor: int = 0
    dispute: DisputeStatus = DisputeStatus.NONE
    source: InvoiceSource = InvoiceSource.PURRING
    external_id: str | None = None
    test_clock_id: TestClockId | None = None
    next_step_at: datetime | None = None
    closed_at: datetime | None = None
    unchecked: bool = False
    version: int = 1

    @property
    def owed(self) -> Money:
        """What is still to be paid; zero on a settled invoice."""
        return Money(max(self.total.minor - self.paid_minor - self.credited_minor, 0), self.total.currency)

    @property
    def kept(self) -> Money:
        """What came in for it and wasn't refunded."""
        return Money(self.paid_minor - self.refunded_minor, self.total.currency)

    @property
    def is_open(self) -> bool:
        """Whether it can still be paid."""
        return self.status is InvoiceStatus.OPEN
