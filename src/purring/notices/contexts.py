"""One frozen dataclass for each kind of notice: exactly what its template may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.money import Money
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind
from purring.domain.policy import EndAction
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.notices.reasons import ReasonText, no_method_text, reason_text

FIRM_FROM = 3
"""The decline notice of one invoice from which on we ask for action instead of reassuring (behaviour §1)."""

UNPAID = frozenset(
    {
        StatusReason.PAYMENT_DECLINED,
        StatusReason.WINDOW_CLOSED,
        StatusReason.CHARGEBACK,
        StatusReason.SUSPENDED_TOO_LONG,
    }
)
"""Reasons of a status that mean: the money is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodLabel:
    """What a reader may see of a payment method: the brand and, at most, the last four."""

    kind: MethodKind
    scheme: str
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a notice about several payments. `charge_on`: the day of the next charge, if one is planned."""

    invoice_number: str
    product: str
    amount: Money
    charge_on: date | None
    access_ends_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every notice can say. Days are those of the customer's zone. `items`: each payment, if there are several."""

    merchant_name: str
    support_email: str
    invoice_number: str
    product: str
    amount: Money
    method: MethodLabel | None
    status: SubscriptionStatus | None
    end_action: EndAction | None
    next_attempt_on: date | None
    access_ends_on: date | None
    data_deleted_on: date | None
    pay_url: str
    items: tuple[Item, ...]

    @property
    def has_access(self) -> bool:
        """Whether people at the customer still get in."""
        return self.status in {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}

    @property
    def is_suspended(self) -> bool:
        """Whether access has ended, but can come back."""
        return self.status is SubscriptionStatus.SUSPENDED

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid, so that the next attempt matters."""
        return True

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all."""
        return self.is_owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Context):
    """What a notice about a declined payment can say besides."""

    number: int
    reason: ReasonText | None
    decline_class: DeclineClass | None
    backup_used: MethodLabel | None
    untied_method: MethodLabel | None
    confirm_url: str

    @property
    def is_firm(self) -> bool:
        """Whether reassuring is over."""
        return self.number >= FIRM_FROM

    @property
    def has_no_method(self) -> bool:
        """Whether nothing could be charged, rather than a charge declined."""
        return self.reason == no_method_text()

    @property
    def is_for_bank(self) -> bool:
        """Whether only the bank's confirmation is missing."""
        return bool(self.confirm_url) or self.reason == reason_text(DeclineReason.AUTHENTICATION_REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(Declined):
    """A charge was declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionNeeded(Declined):
    """The payment can't go through before the customer has done something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastNotice(Declined):
    """The warning before the window closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnded(Context):
    """The subscription was suspended."""

    untied_method: MethodLabel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationWarning(Context):
    """A suspended subscription is about to be canceled."""

    untied_method: MethodLabel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCanceled(Context):
    """The subscription has ended: for want of payment, or because somebody asked for it."""

    reason: ReasonText | None
    status_reason: StatusReason | None

    @property
    def is_owed(self) -> bool:
        """Whether it ended for want of payment; without the status's own reason, that of a decline tells."""
        if self.status_reason:
            return self.status_reason in UNPAID
        return self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Context):
    """The invoice was paid.

    `paid_with` is the method that was charged, None if it was paid otherwise or nobody can say; `backup_used` is set if
    that was a backup.
    """

    paid_on: date | None
    paid_with: MethodLabel | None
    backup_used: MethodLabel | None

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid."""
        return False

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all: the one that was paid."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodChanged(Context):
    """Another method pays from now on: `method`."""

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid: known only from a planned attempt."""
        return self.next_attempt_on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardExpiresSoon(Context):
    """A card that pays expires before it is charged next: `method`, last good on `expires_on`.

    `charge_on` is the day of the first payment that it can't make; `items` are the subscriptions that it pays.
    """

    expires_on: date | None
    charge_on: date | None

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid: known only from a planned attempt."""
        return self.next_attempt_on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingCharge(Context):
    """A payment is due soon: `method` is charged on `charge_on`. For a bank debit it is the pre-notification."""

    charge_on: date | None

    @property
    def is_debit(self) -> bool:
        """Whether a bank account is debited, so that the notice is one that the scheme demands."""
        return self.method is not None and self.method.kind is MethodKind.BANK_ACCOUNT

    @property
    def is_owed(self) -> bool:
        """Whether an attempt matters: no, nothing has been tried yet."""
        return False

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all: the one that will be charged."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Context):
    """An ordinary payment went through: what was paid, when, and with which method."""

    paid_on: date | None
    paid_with: MethodLabel | None

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid."""
        return False

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all: the one that was paid."""
        return True


CONTEXTS: Mapping[NoticeKind, type[Context]] = {
    NoticeKind.PAYMENT_DECLINED: PaymentDeclined,
    NoticeKind.ACTION_NEEDED: ActionNeeded,
    NoticeKind.LAST_NOTICE: LastNotice,
    NoticeKind.ACCESS_ENDED: AccessEnded,
    NoticeKind.CANCELLATION_WARNING: CancellationWarning,
    NoticeKind.SUBSCRIPTION_CANCELED: SubscriptionCanceled,
    NoticeKind.PAYMENT_RECEIVED: PaymentReceived,
    NoticeKind.METHOD_CHANGED: MethodChanged,
    NoticeKind.CARD_EXPIRES_SOON: CardExpiresSoon,
    NoticeKind.UPCOMING_CHARGE: UpcomingCharge,
    NoticeKind.RECEIPT: Receipt,
}
