"""Builders: facts about one customer, one subscription and one invoice, each field open to change by name.

The invoice is of Monday 2 March 2026 in Oslo, so that the clocks change within its window.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from purring.domain.attempt import (
    ActionRequired,
    Approved,
    Attempt,
    AttemptStatus,
    Declined,
    Initiator,
    Pending,
    Unavailable,
    Unknown,
)
from purring.domain.calendar import IntervalUnit, at_local, start_of_day, zone
from purring.domain.catalog import Interval, Price, Product
from purring.domain.customer import Customer, Person, Role
from purring.domain.decline import Answer, DeclineClass, classify
from purring.domain.facts import Facts, Sibling
from purring.domain.ids import (
    AttemptId,
    CustomerId,
    InvoiceId,
    LineId,
    MerchantId,
    MethodId,
    NoticeId,
    PersonId,
    PriceId,
    ProductId,
    RecoveryId,
    SubscriptionId,
)
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery, RecoveryStatus
from purring.domain.rulebook.tables import BANK_SCHEMES
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts

OSLO = "Europe/Oslo"
INVOICE_ON = date(2026, 3, 2)
ISSUED_AT = start_of_day(INVOICE_ON, zone(OSLO))
PRICE = Money(24900, "NOK")
KEY_LIFETIME = timedelta(hours=24)
YEAR_BEFORE = datetime(2025, 3, 2, tzinfo=UTC)

CARDS_51, CARDS_54, CARDS_43 = (dict.fromkeys(("visa", "mastercard", "amex"), code) for code in ("51", "54", "43"))
CODES: dict[DeclineClass, dict[str, str]] = {
    DeclineClass.RETRY_LATER: CARDS_51 | {"ach": "R01", "sepa": "AM04", "bacs": "0"},
    DeclineClass.UPDATE_METHOD: CARDS_54 | {"ach": "R02", "sepa": "AC04", "bacs": "5"},
    DeclineClass.NEVER_RETRY: CARDS_43 | {"sepa": "MD01", "bacs": "1"},
    DeclineClass.RETRY_AFTER_CUSTOMER_ACTION: {"visa": "1A", "mastercard": "65", "sepa": "MS02"},
    DeclineClass.UNKNOWN: {},
}
"""One raw code for each class, by network; what isn't listed answers without a code, which is unknown."""


def day(n: int, at: time = time(10), timezone: str = OSLO) -> datetime:
    """The instant at which clocks show `at`, n days after the invoice date."""
    return at_local(INVOICE_ON + timedelta(days=n), at, zone(timezone))


def policy(**fields: Any) -> Policy:
    """A policy with some fields changed."""
    return Policy(**fields)


def merchant(policy: Policy | None = None, **fields: Any) -> Merchant:
    """A merchant in Oslo with the default policy."""
    given: dict[str, Any] = {"id": MerchantId("mer_1"), "name": "Klokke AS", "timezone": OSLO, "locale": "nb"}
    return Merchant(policy=policy or Policy(), **(given | fields))


def person(**fields: Any) -> Person:
    """A billing admin."""
    given: dict[str, Any] = {
        "id": PersonId("per_1"),
        "customer_id": CustomerId("cus_1"),
        "name": "Kari",
        "email": "kari@example.org",
        "locale": "nb",
        "role": Role.BILLING_ADMIN,
    }
    return Person(**(given | fields))


def customer(**fields: Any) -> Customer:
    """A customer in Oslo with one billing admin."""
    given: dict[str, Any] = {
        "id": CustomerId("cus_1"),
        "name": "Fjord AS",
        "timezone": OSLO,
        "locale": "nb",
        "country": "NO",
        "people": (person(),),
    }
    return Customer(**(given | fields))


def method(name: str = "a", scheme: str = "visa", **fields: Any) -> PaymentMethod:
    """A method on file for a year, called `pm_<name>` and known by its own fingerprint."""
    bank = scheme in BANK_SCHEMES
    given: dict[str, Any] = {
        "id": MethodId(f"pm_{name}"),
        "customer_id": CustomerId("cus_1"),
        "kind": MethodKind.BANK_ACCOUNT if bank else MethodKind.CARD,
        "gateway": "sandbox",
        "token": f"tok_{name}",
        "fingerprint": f"fp_{name}",
        "scheme": scheme,
        "last4": "4242",
        "created_at": YEAR_BEFORE,
        "exp_month": None if bank else 12,
        "exp_year": None if bank else 2027,
    }
    return PaymentMethod(**(given | fields))


def price(unit_amount: Money = PRICE, unit: IntervalUnit = IntervalUnit.MONTH) -> Price:
    """A price per month."""
    return Price(
        id=PriceId("price_1"),
        merchant_id=MerchantId("mer_1"),
        product_id=ProductId("prod_1"),
        unit_amount=unit_amount,
        interval=Interval(unit=unit, count=1),
    )


def product() -> Product:
    """What is sold."""
    return Product(id=ProductId("prod_1"), merchant_id=MerchantId("mer_1"), name="Team plan")


def subscription(**fields: Any) -> Subscription:
    """An active subscription in its first period, paid by method `a`, renewed last on the invoice date."""
    given: dict[str, Any] = {
        "id": SubscriptionId("sub_1"),
        "customer_id": CustomerId("cus_1"),
        "status": SubscriptionStatus.ACTIVE,
        "price": price(),
        "quantity": 1,
        "anchor_on": INVOICE_ON,
        "next_period_index": 1,
        "period_start_on": INVOICE_ON,
        "period_end_on": date(2026, 4, 2),
        "method_id": MethodId("pm_a"),
        "method_tied_at": YEAR_BEFORE,
    }
    return Subscription(**(given | fields))


def subscription_facts(of: Subscription | None = None, **fields: Any) -> SubscriptionFacts:
    """A subscription with its seller, buyer and product."""
    given: dict[str, Any] = {"merchant": merchant(), "customer": customer(), "product": product()}
    return SubscriptionFacts(subscription=of or subscription(), **(given | fields))


def invoice(**fields: Any) -> Invoice:
    """An open invoice over one line, issued at the start of the invoice date."""
    total = fields.get("total", PRICE)
    given: dict[str, Any] = {
        "id": InvoiceId("inv_1"),
        "number": "1001",
        "customer_id": CustomerId("cus_1"),
        "subscription_id": SubscriptionId("sub_1"),
        "status": InvoiceStatus.OPEN,
        "total": total,
        "invoice_on": INVOICE_ON,
        "issued_at": ISSUED_AT,
        "lines": (InvoiceLine(id=LineId("il_1"), description="Team plan", quantity=1, amount=total),),
    }
    return Invoice(**(given | fields))


def facts(*methods: PaymentMethod, policy: Policy | None = None, **fields: Any) -> Facts:
    """The facts before the first charge: an open invoice, and method `a` tied unless others are given."""
    own = methods or (method(),)
    given: dict[str, Any] = {
        "merchant": merchant(policy),
        "customer": customer(),
        "subscription": subscription(),
        "invoice": invoice(),
        "methods": own,
    }
    known = given | fields
    tied = known["subscription"].method_id if known["subscription"] else None
    return Facts(**({"tied": frozenset({tied} - {None})} | known))


def recovery(policy: Policy | None = None, **fields: Any) -> Recovery:
    """An open recovery of the invoice, opened with the first charge."""
    pinned = policy or Policy()
    given: dict[str, Any] = {
        "id": RecoveryId("rec_1"),
        "invoice_id": InvoiceId("inv_1"),
        "status": RecoveryStatus.OPEN,
        "policy": pinned,
        "opened_at": ISSUED_AT,
        "window_ends_at": day(pinned.window_days, pinned.close_at),
    }
    return Recovery(**(given | fields))


def sibling(recovery_status: RecoveryStatus | None = None, **fields: Any) -> Sibling:
    """Another open invoice of the subscription."""
    given: dict[str, Any] = {"invoice_id": InvoiceId("inv_0"), "status": InvoiceStatus.OPEN}
    return Sibling(recovery_status=recovery_status, **(given | fields))


def attempt(
    n: int = 1,
    at: datetime = ISSUED_AT,
    status: AttemptStatus = AttemptStatus.DECLINED,
    of: PaymentMethod | None = None,
    **fields: Any,
) -> Attempt:
    """Attempt number n, an automatic one that was declined for want of funds unless said otherwise."""
    used = of or method()
    declined = status is AttemptStatus.DECLINED
    answer = no(used).answer
    verdict = classify(answer, at.date())
    given: dict[str, Any] = {
        "id": AttemptId(f"att_{n}"),
        "invoice_id": InvoiceId("inv_1"),
        "method_id": used.id,
        "gateway": used.gateway,
        "fingerprint": used.fingerprint,
        "amount": PRICE,
        "number": n,
        "initiator": Initiator.AUTOMATIC,
        "status": status,
        "started_at": at,
        "key_expires_at": at + KEY_LIFETIME,
        "ended_at": at if status in {AttemptStatus.DECLINED, AttemptStatus.FAILED, AttemptStatus.SUCCEEDED} else None,
        "captured_minor": PRICE.minor if status is AttemptStatus.SUCCEEDED else 0,
        "answer": answer if declined else None,
        "reason": verdict.reason if declined else None,
        "decline_class": verdict.decline_class if declined else None,
    }
    return Attempt(**(given | fields))


def notice(owed_at: datetime, kind: NoticeKind = NoticeKind.LAST_NOTICE, **fields: Any) -> Notice:
    """A notice about the invoice, owed at once."""
    given: dict[str, Any] = {
        "id": NoticeId(f"ntc_{owed_at:%d%H%M}"),
        "customer_id": CustomerId("cus_1"),
        "invoice_id": InvoiceId("inv_1"),
        "subscription_id": SubscriptionId("sub_1"),
        "attempt_id": None,
        "status": NoticeStatus.OWED,
        "due_at": owed_at,
        "context": {},
    }
    return Notice(kind=kind, owed_at=owed_at, **(given | fields))


# ---------------------------------------------------------------------------------------------------------------------
# What a gateway can say


def yes(captured: Money = PRICE) -> Approved:
    """The money moved."""
    return Approved(gateway_ref="ch_1", captured=captured)


def no(
    of: PaymentMethod | None = None, kind: DeclineClass = DeclineClass.RETRY_LATER, advice: str | None = None
) -> Declined:
    """A decline of one class, as far as the method's network has a code for it, else of an unknown one."""
    network = of.scheme if of else "visa"
    return Declined(
        answer=Answer(gateway="sandbox", network=network, raw_code=CODES[kind].get(network), advice_code=advice)
    )


def confirm(until: datetime) -> ActionRequired:
    """The bank asks the customer."""
    return ActionRequired(gateway_ref="ch_1", expires_at=until, url="https://bank.example/confirm")


def settles(by: datetime) -> Pending:
    """A debit under way."""
    return Pending(gateway_ref="ch_1", expected_at=by)


SILENCE = Unknown(detail="no answer in time")
OUTAGE = Unavailable(detail="connection refused")
