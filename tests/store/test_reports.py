"""The figures of a merchant are those of its rows."""

from __future__ import annotations

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineReason
from purring.domain.invoice import InvoiceStatus
from purring.domain.money import Money
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.recovery import Cause, RecoveryStatus
from purring.domain.subscription import SubscriptionStatus
from purring.store import leases, notices, reports
from purring.store.leases import Work
from purring.store.notices import Sent
from purring.store.reports import Summary
from tests.store.histories import CHARGED_AT, RETRY_AT, happened
from tests.store.world import PRICE, World


def test_a_merchants_figures_add_up(world: World) -> None:
    """One invoice was declined, told of, and paid by its second attempt two days later; another is being charged."""
    happened(world)
    with world.store.transaction() as conn:
        claims = leases.claim(conn, Work.DELIVERY, "one", CHARGED_AT, limit=10, lease=CHARGED_AT - RETRY_AT)
        sent = [Sent(claim=claim, subject="Hei", body="Hei", locale="nb") for claim in claims]
        notices.mark_sent(conn, sent, "one", CHARGED_AT)
    expected = Summary(
        customers=2,
        invoices={InvoiceStatus.OPEN: 1, InvoiceStatus.PAID: 1},
        subscriptions={SubscriptionStatus.ACTIVE: 2},
        recoveries={RecoveryStatus.RECOVERED: 1},
        attempts={AttemptStatus.DECLINED: 1, AttemptStatus.STARTED: 1, AttemptStatus.SUCCEEDED: 1},
        first_tries={AttemptStatus.DECLINED: 1, AttemptStatus.STARTED: 1},
        declines={DeclineReason.INSUFFICIENT_FUNDS: 1},
        recovered_by_number={2: 1},
        recovered_by_cause={Cause.RETRY: 1},
        attempts_of_recovered={2: 1},
        days_to_recover={2: 1},
        owed={"NOK": PRICE},
        recovered={"NOK": PRICE},
        notices={NoticeStatus.SENT: 1},
        sent={(NoticeKind.PAYMENT_DECLINED, "nb"): 1},
    )
    with world.store.reading() as conn:
        assert expected == reports.summary(conn, world.merchant.id)


def test_another_merchants_figures_are_its_own(world: World) -> None:
    """A merchant without customers has nothing to count."""
    happened(world)
    other = World(world.store, ids=world.ids)
    with world.store.reading() as conn:
        nothing = reports.summary(conn, other.merchant.id)
    assert (0, {}, {}, {}) == (nothing.customers, nothing.invoices, nothing.recovered, nothing.sent)
    assert {"NOK": Money.zero("NOK")} != nothing.owed
