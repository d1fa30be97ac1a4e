"""Everything a decision about one invoice may look at, loaded together and never changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.customer import Customer
from purring.domain.ids import InvoiceId, MethodId
from purring.domain.invoice import Invoice, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.notice import Notice
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery, RecoveryStatus
from purring.domain.rulebook.ceilings import limits_under
from purring.domain.rulebook.limits import Limit, Use, limits_for
from purring.domain.stops import Stop
from purring.domain.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """Another unpaid invoice of the same subscription."""

    invoice_id: InvoiceId
    status: InvoiceStatus
    recovery_status: RecoveryStatus | None
    disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One invoice and what belongs to it.

    `methods`: all of the customer's, removed ones too. `attempts` and `notices`: the invoice's, oldest first. `tied`:
    the methods that any subscription of the customer that isn't canceled uses. `uses`: per fingerprint, declined and
    open attempts of the last 180 days at this merchant, oldest first, whatever invoice they were for. `stops`: per
    fingerprint, the declines that still stand in the way of every charge of it. `siblings`: the subscription's other
    invoices that are open.
    """

    merchant: Merchant
    customer: Customer
    subscription: Subscription | None
    invoice: Invoice
    recovery: Recovery | None = None
    methods: tuple[PaymentMethod, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()
    tied: frozenset[MethodId] = frozenset()
    uses: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    stops: Mapping[str, tuple[Stop, ...]] = field(default_factory=dict)
    siblings: tuple[Sibling, ...] = ()

    @property
    def policy(self) -> Policy:
        """The pinned policy of the recovery, or the merchant's newest before there is one."""
        return self.recovery.policy if self.recovery else self.merchant.policy

    @property
    def tied_method_id(self) -> MethodId | None:
        """The method that pays this invoice now."""
        return self.subscription.method_id if self.subscription else self.invoice.method_id

    @property
    def tied_method(self) -> PaymentMethod | None:
        """The tied method, if it is still there."""
        return self.usable(self.tied_method_id)

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt whose outcome is still to come; at most one."""
        for attempt in self.attempts:
            if attempt.is_open:
                return attempt
        return None

    @property
    def last_counted(self) -> Attempt | None:
        """The last automatic attempt that used up a planned time: not a customer's, not one an outage swallowed."""
        for attempt in reversed(self.attempts):
            if attempt.initiator is Initiator.AUTOMATIC and attempt.status is not AttemptStatus.FAILED:
                return attempt
        return None

    def limits_on(self, day: date, scheme: str) -> tuple[Limit, ...]:
        """The limits in force for a network or bank scheme; the merchant's newest numbers hold for every recovery."""
        policy = self.merchant.policy
        return limits_under(scheme, day, policy.own_limits) if policy.ceilings else limits_for(scheme, day)

    def uses_of(self, method: PaymentMethod, until: datetime) -> tuple[Use, ...]:
        """The attempts on a card or account that limits count, oldest first.

        A scheme counts the presentations of one debt for good, so an account's own ones come with them, however old.
        """
        lately = self.uses.get(method.fingerprint, ())
        if method.kind is not MethodKind.BANK_ACCOUNT:
            return lately
        own = [
            use_of(attempt)
            for attempt in self.attempts
            if attempt.fingerprint == method.fingerprint and counts(attempt) and attempt.started_at <= until
        ]
        return tuple(sorted((*lately, *(use for use in own if use not in lately)), key=attrgetter("at")))

    def method(self, method_id: MethodId | None) -> PaymentMethod | None:
        """The customer's method with this id, removed or not."""
        for method in self.methods:
            if method.id == method_id:
                return method
        return None

    def usable(self, method_id: MethodId | None) -> PaymentMethod | None:
        """The customer's method with this id unless it was removed."""
        method = self.method(method_id)
        return method if method and method.is_active else None

    def attempt(self, attempt_id: str) -> Attempt:
        """The attempt with this id; it must be one of the invoice's."""
        found = [attempt for attempt in self.attempts if attempt.id == attempt_id]
        assert found, f"attempt {attempt_id} is not one of invoice {self.invoice.id}"
        return found[0]


def counts(attempt: Attempt) -> bool:
    """Whether limits count an attempt as it stands now: open and declined ones, no others."""
    return attempt.is_open or attempt.status is AttemptStatus.DECLINED


def use_of(attempt: Attempt) -> Use:
    """An attempt as the rulebook counts it."""
    return Use(
        at=attempt.started_at,
        amount_minor=attempt.amount.minor,
        currency=attempt.amount.currency,
        invoice_id=attempt.invoice_id,
    )
