"""The form of a bank debit reaches the provider, also when the request has to be sent again."""

from __future__ import annotations

import pytest

from purring.domain.errors import Refused
from purring.domain.policy import Policy
from purring.operations.merchants import change_policy
from purring.operations.pay import pay_now
from tests.world import Killed, World, kill_at

RETURNED = {
    "ach": "pending 1 days then ach R01",
    "bacs": "pending 1 days then bacs 0",
    "sepa": "pending 1 days then sepa AM04",
}
FORMS: dict[str, list[tuple[object, ...]]] = {
    "ach": [(None, None, None, None), ("RETRY PYMT", None, None, None), ("RETRY PYMT", None, None, None)],
    "bacs": [(None, None, None, 5), (None, "18", None, None), (None, "18", None, None)],
    "sepa": [(None, None, "RCUR", 5)] * 3,
}


def _forms(world: World) -> list[tuple[object, ...]]:
    return [
        (one.entry_description, one.transaction_code, one.sequence_type, one.prenotification_days)
        for one in world.seen()
    ]


@pytest.mark.parametrize("scheme", FORMS)
def test_each_presentation_has_its_form(world: World, scheme: str) -> None:
    """The first one, and those after it came back; with the notice that this merchant agreed with its payers."""
    shop = world.shop(policy=Policy(prenotification_days=5))
    customer = shop.customer()
    shop.subscribe(customer, shop.card(customer, RETURNED[scheme], test=scheme))
    world.play(days=26)
    assert FORMS[scheme] == _forms(world)


@pytest.mark.parametrize("scheme", RETURNED)
def test_no_debt_is_presented_again_after_its_window(world: World, scheme: str) -> None:
    """Not even half a year later, when no card's attempts are counted any more, and not when the customer asks."""
    shop = world.shop(policy=Policy(retry="fixed", offsets_days=(5,)))
    customer = shop.customer()
    account = shop.card(customer, RETURNED[scheme], test=scheme)
    sold = shop.subscribe(customer, account)
    world.play(days=27)
    invoice_id = shop.invoice(sold).id
    for days in (160, 20):
        world.play(days=days)
        with pytest.raises(Refused, match="allows no attempt"):
            pay_now(shop.services, shop.id, invoice_id, account.id)
    assert 2 == len([one for one in world.seen() if one.invoice_id == invoice_id])


def test_one_key_carries_one_form(world: World) -> None:
    """What was written down before the worker died is sent again, whatever the policy says by then."""
    shop = world.shop(policy=Policy(prenotification_days=5))
    customer = shop.customer()
    sold = shop.subscribe(customer, shop.card(customer, RETURNED["sepa"], test="sepa"))
    with pytest.raises(Killed), world.worker(kill_at("after_charge")) as worker:
        worker.run_until_idle()
    change_policy(shop.services, shop.id, Policy(prenotification_days=9))
    world.later(minutes=10)
    assert ["pending"] == shop.attempts(sold)
    assert FORMS["sepa"][:1] == _forms(world)
