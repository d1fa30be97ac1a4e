"""Let the clocks of due subscriptions strike: invoices are issued, trials end, long suspensions end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from purring.domain.ahead import expires_soon
from purring.domain.changes import Changes
from purring.domain.errors import StaleWrite
from purring.domain.ids import LineId, MerchantId, NoticeId
from purring.domain.renewal import NewIds, issues_invoice, period_invoice_id, strike
from purring.domain.subscription_facts import SubscriptionFacts
from purring.operations.services import Services
from purring.operations.transact import set_aside, together_or_alone, transact
from purring.store import Connection, installation, leases, merchants, subscriptions
from purring.store.changes import save_many
from purring.store.leases import Claim, Work


def renew_due(services: Services, *, punctually: bool = False) -> int:
    """One batch of subscriptions whose clock has struck. Gives how many were due.

    `punctually`: as if each had been worked when it struck, where that was forgotten (see `operations.reconcile`).
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        claims = services.claim(conn, Work.SUBSCRIPTION, now)
    together_or_alone(
        claims,
        lambda some: transact(services, lambda conn: _renew(conn, services, some, now, punctually=punctually)),
        lambda claim, error: set_aside(services, Work.SUBSCRIPTION, claim, error),
    )
    return len(claims)


def _renew(
    conn: Connection, services: Services, claims: Sequence[Claim], now: datetime, *, punctually: bool
) -> list[Claim]:
    """Strike for these subscriptions in one transaction. The claim was another: it must not wait for customers."""
    due = subscriptions.load_for_renewal(conn, [(claim.merchant_id, claim.id) for claim in claims])
    alike = _paid_alike(conn, due, now)
    struck = list(_struck(conn, services, due, alike, now, punctually=punctually))
    save_many(conn, struck, services.ids, now)
    installation.flag_new(conn, [(merchant_id, one.id) for merchant_id, made in struck for one in made.invoices])
    if leases.release(conn, Work.SUBSCRIPTION, claims, services.owner) != len(claims):
        raise StaleWrite("Another worker has taken a subscription over; it renews it.")
    return list(claims)


def _struck(
    conn: Connection,
    services: Services,
    due: Sequence[SubscriptionFacts],
    alike: Mapping[str, Sequence[SubscriptionFacts]],
    now: datetime,
    *,
    punctually: bool,
) -> Iterator[tuple[MerchantId, Changes]]:
    """Each subscription's changes. Invoice numbers have no gaps: they are drawn only for invoices that are issued."""
    wanted = Counter(facts.merchant.id for facts in due if issues_invoice(facts, now))
    numbers = {
        merchant_id: iter(merchants.next_invoice_numbers(conn, merchant_id, wanted[merchant_id]))
        for merchant_id in sorted(wanted)  # in order: of two workers who draw for the same merchants, one waits
    }
    for facts in due:
        number = next(numbers[facts.merchant.id]) if issues_invoice(facts, now) else ""
        at = facts.subscription.next_step_at if punctually else None
        others = [one for one in alike.get(facts.subscription.id, ()) if one.subscription.id != facts.subscription.id]
        yield facts.merchant.id, strike(facts, at or now, _new_ids(services, facts, number), others)


def _paid_alike(
    conn: Connection, due: Sequence[SubscriptionFacts], now: datetime
) -> dict[str, Sequence[SubscriptionFacts]]:
    """Everything that a card pays which expires soon, by the subscriptions whose clock says so."""
    telling = {
        (one.merchant.id, one.method.id): one.subscription.id for one in due if one.method and expires_soon(one, now)
    }
    if not telling:
        return {}
    paid = subscriptions.paid_by(conn, telling)
    keys = [(key[0], one) for key, some in paid.items() for one in some]
    found = subscriptions.load_for_renewal(conn, keys, lock=False)
    return {
        teller: [one for one in found if one.merchant.id == key[0] and one.subscription.method_id == key[1]]
        for key, teller in telling.items()
    }


def _new_ids(services: Services, facts: SubscriptionFacts, number: str) -> NewIds:
    """Ids for whatever one strike may create."""
    return NewIds(
        invoice_id=period_invoice_id(facts.merchant.id, facts.subscription),
        line_id=LineId(services.ids.new("il_")),
        number=number,
        notice_id=NoticeId(services.ids.new("ntc_")),
    )
