"""A shop whose invoices are due: every other one for the first time, the others again after a decline.

Of either kind half will be approved and half declined. They fall due one after the other, so that every batch holds all
four kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import bindparam, select, update

from purring.clock import RandomIds, SystemClock, VirtualClock
from purring.domain.attempt import Absent, Approved, Declined, Outcome
from purring.domain.catalog import Interval, IntervalUnit, Price, Product
from purring.domain.changes import Changes
from purring.domain.customer import Customer, Person, Role
from purring.domain.decline import Answer
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import (
    CustomerId,
    InvoiceId,
    LineId,
    MerchantId,
    MethodId,
    PersonId,
    PriceId,
    ProductId,
    SubscriptionId,
)
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceStatus
from purring.domain.journal import EntryDraft, EntryKind
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.engine.pipeline import Pipeline
from purring.gateways.base import Capabilities, ChargeRequest, InboundEvent, RefundOutcome, RefundRequest, Unavailable
from purring.notices.send import NullSender
from purring.operations.services import Services
from purring.store import catalog, customers, merchants, methods, subscriptions
from purring.store.changes import save_many
from purring.store.engine import Store, open_store
from purring.store.schema import DeliveryStatus, delivery, invoice, notice

FIRST_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the older invoices were charged for the first time."""
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
"""When their first retry falls due, and everything else."""
PRICE = Money(24_900, "NOK")
PERIOD_ENDS_ON = date(2026, 4, 2)
APPROVED, DECLINED = "tok_yes_", "tok_no_"

_FUNDS = Answer(gateway="sandbox", network="visa", raw_code="51", message="Insufficient funds")


class InstantGateway:
    """A gateway in this process that answers at once, by the token's name; before `NOW` it declines everything."""

    name = "sandbox"
    capabilities = Capabilities(key_lifetime=timedelta(hours=24), in_flight_max=1)

    def __init__(self, *, declines_all: bool = False) -> None:
        self._declines_all = declines_all

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money."""
        reference = f"ch_{request.key}"
        if self._declines_all or request.token.startswith(DECLINED):
            return Declined(answer=_FUNDS, gateway_ref=reference)
        return Approved(gateway_ref=reference, captured=request.amount)

    def find(self, key: str) -> Outcome:
        """Nothing is ever left open."""
        del key
        return Absent()

    cancel = find

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give nothing back."""
        return Unavailable(detail=f"no refund of {request.charge_key}")

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Send no events."""
        raise AssertionError((headers, body, now))

    def close(self) -> None:
        """Keep nothing open."""


def services(store: Store, owner: str, batch_max: int, now: datetime = NOW) -> Services:
    """What our pipeline needs to charge this shop's invoices."""
    return Services(
        store=store,
        gateways={"sandbox": InstantGateway(declines_all=now < NOW)},
        clock=VirtualClock(now),
        ids=RandomIds(SystemClock()),
        sender=NullSender(),
        owner=owner,
        in_flight_max=1,
        batch_max=batch_max,
    )


@dataclass(frozen=True, kw_only=True)
class _Sold:
    """One customer, what it bought, and the invoice for it."""

    customer: Customer
    method: PaymentMethod
    subscription: Subscription
    invoice: Invoice


def fill(url: str, count: int) -> None:
    """Sell to `count` customers; count is a multiple of four."""
    assert count % 4 == 0, count
    store = open_store(url, durable=False)
    ids = RandomIds(SystemClock())
    merchant = Merchant(
        id=MerchantId(ids.new("mer_")), name="Fjord AS", timezone="Europe/Oslo", locale="nb", policy=Policy()
    )
    product = Product(id=ProductId(ids.new("prod_")), merchant_id=merchant.id, name="Team plan")
    price = Price(
        id=PriceId(ids.new("price_")),
        merchant_id=merchant.id,
        product_id=product.id,
        unit_amount=PRICE,
        interval=Interval(unit=IntervalUnit.MONTH, count=1),
    )
    with store.transaction() as conn:
        merchants.create(conn, merchant, FIRST_AT)
        catalog.create_products(conn, [product])
        catalog.create_prices(conn, [price])
    numbers = range(count)
    _sell(store, ids, merchant, [_sold(ids, price, n, FIRST_AT) for n in numbers if n % 2])
    _charge_all(store)
    _sell(store, ids, merchant, [_sold(ids, price, n, NOW) for n in numbers if not n % 2])
    _mix(store)
    store.analyze()
    store.close()


def _sold(ids: RandomIds, price: Price, n: int, at: datetime) -> _Sold:
    customer_id, on = CustomerId(ids.new("cus_")), at.date()
    kari = Person(
        id=PersonId(ids.new("per_")), customer_id=customer_id, name="Kari", email=f"kari{n}@example.com",
        locale="nb", role=Role.BILLING_ADMIN,
    )  # fmt: skip
    customer = Customer(id=customer_id, name=f"Customer {n}", timezone="Europe/Oslo", locale="nb", people=(kari,))
    method = PaymentMethod(
        id=MethodId(ids.new("pm_")), customer_id=customer_id, kind=MethodKind.CARD, gateway="sandbox",
        token=f"{DECLINED if n // 2 % 2 else APPROVED}{n}", fingerprint=f"card_{n}", scheme="visa", last4="4242",
        created_at=FIRST_AT - timedelta(days=90),
    )  # fmt: skip
    subscription = Subscription(
        id=SubscriptionId(ids.new("sub_")), customer_id=customer_id, status=SubscriptionStatus.ACTIVE, price=price,
        quantity=1, anchor_on=on, next_period_index=1, period_start_on=on, period_end_on=PERIOD_ENDS_ON,
        method_id=method.id, method_tied_at=method.created_at, next_step_at=at + timedelta(days=31),
    )  # fmt: skip
    line = InvoiceLine(id=LineId(ids.new("il_")), description="Team plan", quantity=1, amount=PRICE)
    owed = Invoice(
        id=InvoiceId(ids.new("inv_")), number=f"P-{n:06d}", customer_id=customer_id, subscription_id=subscription.id,
        status=InvoiceStatus.OPEN, total=PRICE, invoice_on=on, issued_at=at, period_start_on=on,
        period_end_on=PERIOD_ENDS_ON, lines=(line,), next_step_at=at,
    )  # fmt: skip
    return _Sold(customer=customer, method=method, subscription=subscription, invoice=owed)


def _sell(store: Store, ids: RandomIds, merchant: Merchant, sold: Sequence[_Sold]) -> None:
    with store.transaction() as conn:
        customers.create_many(conn, merchant.id, [one.customer for one in sold])
        methods.create_many(conn, merchant.id, [one.method for one in sold])
        subscriptions.create_many(conn, merchant.id, [one.subscription for one in sold])
        save_many(conn, [(merchant.id, _issued(one.invoice)) for one in sold], ids, FIRST_AT)


def _issued(owed: Invoice) -> Changes:
    at = owed.issued_at
    event = EventDraft(kind=EventKind.INVOICE_ISSUED, object_id=owed.id, at=at, data={})
    entry = EntryDraft(kind=EntryKind.INVOICED, invoice_id=owed.id, attempt_id=None, amount=owed.total, at=at)
    return Changes(created=(owed,), events=(event,), entries=(entry,))


def _charge_all(store: Store) -> None:
    """Let the first charge of every invoice be declined, and its notice go out."""
    pipeline = Pipeline(services(store, "set-up", 1000, FIRST_AT))
    while pipeline.turn():
        pass
    pipeline.close()
    sent_at = FIRST_AT + timedelta(minutes=1)
    with store.transaction() as conn:
        conn.execute(update(delivery).values(status=DeliveryStatus.SENT, next_step_at=None, sent_at=sent_at))
        conn.execute(update(notice).values(status="sent", sent_at=sent_at))


def _mix(store: Store) -> None:
    """Let invoices fall due in the order of their numbers, all of them by `NOW`."""
    own = invoice.c
    with store.transaction() as conn:
        ids = list(conn.execute(select(own.id).where(own.next_step_at.is_not(None)).order_by(own.number)).scalars())
        later = [{"one": one, "at": NOW - timedelta(milliseconds=len(ids) - n)} for n, one in enumerate(ids)]
        changed = update(invoice).where(own.id == bindparam("one")).values(next_step_at=bindparam("at"))
        conn.execute(changed, later)
