"""What the core stores with a notice is what the texts read: no key is lost between the two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.customer import Customer
from purring.domain.decide.telling import context
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, CustomerId, InvoiceId, MerchantId, MethodId, RecoveryId
from purring.domain.invoice import Invoice, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery, RecoveryStatus
from purring.i18n.locales import locales
from purring.notices.render import render
from purring.notices.stored_context import KEYS, from_json

NOW = datetime(2026, 11, 3, 9, 0, 5, tzinfo=UTC)
CUSTOMER = CustomerId("cus_1")
CARD = PaymentMethod(
    id=MethodId("pm_1"),
    customer_id=CUSTOMER,
    kind=MethodKind.CARD,
    gateway="sandbox",
    token="tok_1",
    fingerprint="fp_1",
    scheme="visa",
    last4="4242",
    created_at=NOW - timedelta(days=30),
)
ATTEMPT = Attempt(
    id=AttemptId("att_1"),
    invoice_id=InvoiceId("inv_1"),
    method_id=CARD.id,
    gateway="sandbox",
    fingerprint="fp_1",
    amount=Money(24_995, "USD"),
    number=1,
    initiator=Initiator.AUTOMATIC,
    status=AttemptStatus.DECLINED,
    started_at=NOW - timedelta(seconds=5),
    key_expires_at=NOW + timedelta(days=1),
    ended_at=NOW,
    reason=DeclineReason.INSUFFICIENT_FUNDS,
    decline_class=DeclineClass.RETRY_LATER,
)
FACTS = Facts(
    merchant=Merchant(id=MerchantId("mer_1"), name="Acme", timezone="Europe/Oslo", locale="en", policy=Policy()),
    customer=Customer(id=CUSTOMER, name="Kunde", timezone="Europe/Oslo", locale="nb"),
    subscription=None,
    invoice=Invoice(
        id=InvoiceId("inv_1"),
        number="2026-0042",
        customer_id=CUSTOMER,
        subscription_id=None,
        status=InvoiceStatus.OPEN,
        total=Money(24_995, "USD"),
        invoice_on=date(2026, 11, 3),
        issued_at=NOW - timedelta(hours=9),
        method_id=CARD.id,
    ),
    recovery=Recovery(
        id=RecoveryId("rec_1"),
        invoice_id=InvoiceId("inv_1"),
        status=RecoveryStatus.OPEN,
        policy=Policy(),
        opened_at=NOW,
        window_ends_at=NOW + timedelta(days=28),
    ),
    methods=(CARD,),
    attempts=(ATTEMPT,),
)


def test_the_texts_read_every_key_that_the_core_writes() -> None:
    """A key that nobody reads would be a fact that no customer is told."""
    assert set(context(FACTS, NOW, ATTEMPT)) <= KEYS


@pytest.mark.parametrize("attempt", [ATTEMPT, None])
@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("locale", locales())
def test_what_the_core_writes_can_be_said(kind: NoticeKind, attempt: Attempt | None, locale: str) -> None:
    """Every kind is rendered from the core's own context, with the invoice, the card and a planned attempt."""
    stored = context(FACTS, NOW, attempt)
    notice = render(kind, from_json(kind, stored), locale, "Kari")
    assert stored["next_attempt_at"]
    assert "Acme" in notice.subject
    assert "2026-0042" in notice.body_text
    assert {"en": "Next attempt: ", "nb": "Neste forsøk: "}[locale] in notice.body_text
