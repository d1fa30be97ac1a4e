"""Sell something else under a subscription, or nothing for a while: another price or quantity, a pause."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.calendar import local_date, zone
from purring.domain.decide.reprice import ChangeIds, Difference, Wish, difference_now, repriced_later, repriced_now
from purring.domain.errors import NotFound
from purring.domain.ids import LineId, MerchantId, PriceId, SubscriptionId, invoice_id_of
from purring.domain.invoice import Invoice
from purring.domain.renewal import paused, unpaused
from purring.domain.subscription_facts import SubscriptionFacts
from purring.operations.methods import locked_subscription
from purring.operations.services import Services
from purring.operations.test_clocks import changes_timed, timed
from purring.store import Connection, catalog, merchants
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerms:
    """What is to be sold: another price, another quantity, or both; None: as before."""

    price_id: PriceId | None = None
    quantity: int | None = None


@changes_timed
def change_later(services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, terms: NewTerms) -> None:
    """Sell it from the next period on. What was to change then before is forgotten.

    Raises:
        NotFound: the merchant has no such subscription or price.
        Refused: the subscription has ended.
        InvalidInput: the price is in another currency.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id)
        changes = repriced_later(facts.subscription, _wish(conn, facts, terms), now)
        save_many(conn, [(merchant_id, changes)], services.ids, now)


@changes_timed
def change_now(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, terms: NewTerms
) -> Invoice | None:
    """Sell it from today on; gives the invoice over the difference, if there is something to pay.

    Raises:
        Refused: the subscription has ended, is paused or owes something.
        NotFound, InvalidInput: as `change_later`.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id, changing=True)
        wish = _wish(conn, facts, terms)
        difference = difference_now(facts, wish, now)
        issues = difference is not None and difference.to_pay.minor > 0
        number = merchants.next_invoice_numbers(conn, merchant_id, 1)[0] if issues else ""
        changes = repriced_now(facts, wish, difference, now, _ids(services, facts, number, now))
        save_many(conn, [(merchant_id, changes)], services.ids, now)
    return changes.invoices[0] if changes.invoices else None


@timed
def preview(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, terms: NewTerms
) -> Difference | None:
    """What `change_now` would cost at this moment; None: nothing has to be settled. Raises as that."""
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id, changing=True)
        return difference_now(facts, _wish(conn, facts, terms), services.clock.now())


@changes_timed
def pause(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, until: datetime | None = None
) -> None:
    """Begin no period any more, until an instant or until somebody resumes it; open invoices are collected as before.

    Raises:
        NotFound: the merchant has no such subscription.
        Refused: it has ended, or is suspended.
        InvalidInput: the end isn't to come.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id)
        save_many(conn, [(merchant_id, paused(facts, now, until))], services.ids, now)


@changes_timed
def resume(services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId) -> None:
    """Go on with the next period; where that has passed, one begins today. What was missed isn't billed.

    Raises:
        NotFound: the merchant has no such subscription.
        Refused: it isn't paused.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id)
        save_many(conn, [(merchant_id, unpaused(facts, now))], services.ids, now)


def _wish(conn: Connection, facts: SubscriptionFacts, terms: NewTerms) -> Wish:
    subscription = facts.subscription
    quantity = subscription.quantity if terms.quantity is None else terms.quantity
    if terms.price_id is None or terms.price_id == subscription.price.id:
        return Wish(price=subscription.price, product=facts.product, quantity=quantity)
    key = (facts.merchant.id, terms.price_id)
    price = catalog.load_prices(conn, [key]).get(key)
    if price is None:
        raise NotFound(f"There is no price {terms.price_id}.", field="price_id")
    product = catalog.load_products(conn, [(facts.merchant.id, price.product_id)])
    return Wish(price=price, product=product[facts.merchant.id, price.product_id], quantity=quantity)


def _ids(services: Services, facts: SubscriptionFacts, number: str, now: datetime) -> ChangeIds:
    """Ids for what a change may create; the invoice's follows from the change, as a renewal's from its period."""
    subscription, today = facts.subscription, local_date(now, zone(facts.merchant.timezone))
    about = (facts.merchant.id, subscription.id, f"change {subscription.version}")
    return ChangeIds(
        invoice_id=invoice_id_of(today, *about),
        line_ids=(LineId(services.ids.new("il_")), LineId(services.ids.new("il_"))),
        number=number,
    )
