"""What a customer sees of itself."""

from __future__ import annotations

import pytest

from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, SubscriptionId
from purring.domain.standing import Standing
from purring.operations import account as accounts
from purring.operations import methods
from purring.operations.account import PAGE_INVOICES, Account, Badge
from tests.world import FUNDS, Shop, World, only


def seen(shop: Shop, customer_id: CustomerId) -> Account:
    """The account as it is now."""
    return accounts.account(shop.services, shop.id, customer_id)


def test_an_account_says_what_is_open_and_what_pays(world: World, shop: Shop) -> None:
    """A declined subscription, a paid one, a card that pays nothing: each shows what it is."""
    customer = shop.customer()
    failing, good = shop.card(customer, FUNDS), shop.card(customer, "approve")
    declined, paid = shop.subscribe(customer, failing), shop.subscribe(customer, good)
    world.work()
    world.later(hours=1)
    spare = shop.card(customer, "approve")
    own = seen(shop, customer.id)
    assert [Standing.RETRYING] == [one.status.standing for one in own.unpaid]
    assert only(own.unpaid).status.untied == spare
    assert only(own.subscription(declined.id).unpaid).invoice == shop.invoice(declined)
    assert () == own.subscription(paid.id).unpaid
    badges = {one.method.id: one.badges for one in own.methods}
    assert {failing.id: {Badge.DECLINED}, good.id: set(), spare.id: {Badge.UNTIED}} == badges
    assert [declined.id] == [one.subscription.id for one in own.method(failing.id).pays]


def test_the_most_pressing_comes_first(world: World, shop: Shop) -> None:
    """What nobody but the customer can move stands above what goes by itself."""
    customer = shop.customer()
    shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.subscribe(customer, shop.card(customer, "visa 43"))
    world.work()
    assert [Standing.NEEDS_YOU, Standing.RETRYING] == [one.status.standing for one in seen(shop, customer.id).unpaid]


def test_bills_come_in_pages_newest_first(shop: Shop) -> None:
    """The page after the last one shown begins with the next older one; nothing is left out or shown twice."""
    customer = shop.customer()
    card = shop.card(customer, "approve")
    for _ in range(PAGE_INVOICES + 3):
        shop.hand_over(customer, card)
    first = accounts.bills(shop.services, shop.id, customer.id)
    shown = first[:PAGE_INVOICES]
    rest = accounts.bills(shop.services, shop.id, customer.id, before=shown[-1].id)
    assert (PAGE_INVOICES + 1, 3) == (len(first), len(rest))
    assert sorted(shop.invoices(customer.id), key=lambda one: one.id, reverse=True) == [*shown, *rest]


def test_another_customers_things_are_not_there(shop: Shop) -> None:
    """Neither their invoices nor their subscriptions nor their methods."""
    mine, theirs = shop.customer(), shop.customer()
    card = shop.card(theirs, "approve")
    invoice = shop.hand_over(theirs, card)
    assert invoice.id == accounts.own_invoice(shop.services, shop.id, theirs.id, invoice.id).invoice.id
    with pytest.raises(NotFound):
        accounts.own_invoice(shop.services, shop.id, mine.id, invoice.id)
    own = seen(shop, mine.id)
    with pytest.raises(NotFound):
        own.method(card.id)
    with pytest.raises(NotFound):
        own.subscription(SubscriptionId("sub_1"))


def test_a_removed_method_is_not_listed(shop: Shop) -> None:
    """It stays in the books, and nowhere else."""
    customer = shop.customer()
    card = shop.card(customer, "approve")
    methods.remove_method(shop.services, shop.id, card.id)
    assert () == seen(shop, customer.id).methods
