"""A merchant's own numbers: refused where they are looser, kept with who allowed them, told, and in force at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.merchant import Merchant
from purring.domain.policy import Policy
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.operations import merchants, pay
from purring.operations.services import Services
from purring.operations.view import schedule_of
from purring.store import events
from purring.store import merchants as stored
from tests.world import FUNDS, NOON, Shop, World

DAILY = Ceiling(limit_id="card-amount-24h", attempts_max=2)


def _override(shop: Shop, ceiling: Ceiling = DAILY, reason: str = "agreed with the acquirer") -> Merchant:
    return merchants.override_ceiling(shop.services, shop.id, ceiling, reason=reason, by="Kari")


def _kept(shop: Shop) -> Policy:
    with shop.services.store.reading() as conn:
        return stored.get(conn, shop.id).policy


def _told(shop: Shop) -> list[tuple[str, object, object]]:
    with shop.services.store.reading() as conn:
        found = events.of_objects(conn, shop.id, [shop.id])
    return [(one.kind.value, one.data.get("limit_id"), one.data.get("attempts_max")) for one in found]


def test_a_stricter_number_holds_at_once_and_goes_again(shop: Shop) -> None:
    """It is a version of the policy like any other."""
    assert 2 == merchants.set_ceiling(shop.services, shop.id, "card-amount-30d", 3).policy.version
    assert (Ceiling(limit_id="card-amount-30d", attempts_max=3),) == _kept(shop).ceilings
    assert 3 == merchants.set_ceiling(shop.services, shop.id, "card-amount-30d", None).policy.version
    assert () == _kept(shop).ceilings
    assert [("policy.changed", None, None)] * 2 == _told(shop)


def test_an_override_is_kept_and_told_with_its_reason(world: World, shop: Shop) -> None:
    """Who, when, why and how many; told once, and again when the number changes."""
    _override(shop)
    assert (
        Override(limit_id="card-amount-24h", reason="agreed with the acquirer", by="Kari", at=world.clock.now()),
    ) == (_kept(shop).overrides)
    merchants.set_ceiling(shop.services, shop.id, "card-24h", 5)
    _override(shop, Ceiling(limit_id="card-amount-24h", attempts_max=3))
    overridden = ("policy.limit_overridden", "card-amount-24h")
    assert [(*overridden, 2), (*overridden, 3)] == [one for one in _told(shop) if one[0] == overridden[0]]
    merchants.set_ceiling(shop.services, shop.id, "card-amount-24h", None)
    assert () == _kept(shop).overrides


def test_an_override_lets_the_card_be_tried_again(world: World, shop: Shop) -> None:
    """Once more than our ceiling, and no more than that; the attempt keeps under what it was made."""
    subscription = shop.sold(FUNDS)
    world.work()
    with pytest.raises(Refused):
        pay.retry_now(shop.services, shop.id, shop.invoice(subscription).id)
    _override(shop)
    pay.retry_now(shop.services, shop.id, shop.invoice(subscription).id)
    with pytest.raises(Refused) as refused:
        pay.retry_now(shop.services, shop.id, shop.invoice(subscription).id)
    assert RefusalCode.LIMIT_REACHED is refused.value.code
    notes = shop.facts(subscription).attempts[-1].notes
    assert [("merchant-card-amount-24h", "v2", 1, 2)] == [
        (note.rule_id, note.edition, note.used, note.allowed) for note in notes if note.rule_id.endswith("amount-24h")
    ]


REFUSED: dict[str, Callable[[Services, Shop], object]] = {
    "needs an override": lambda services, shop: merchants.set_ceiling(services, shop.id, "card-amount-24h", 2),
    "not ours to loosen": lambda _, shop: _override(shop, Ceiling(limit_id="ach-invoice-180d", attempts_max=4)),
    "why and by whom": lambda _, shop: _override(shop, reason=""),
    "no limit": lambda services, shop: merchants.set_ceiling(services, shop.id, "visa", 2),
    "no retry policy": lambda services, shop: merchants.change_policy(services, shop.id, Policy(retry="often")),
    "our ceiling card-24h is 9": lambda services, _: merchants.create_merchant(
        services, name="B", timezone="UTC", policy=Policy(ceilings=(Ceiling(limit_id="card-24h", attempts_max=10),))
    ),
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_is_looser_changes_nothing(world: World, shop: Shop, says: str) -> None:
    """Not a row."""
    before = world.dump()
    with pytest.raises(InvalidInput, match=says):
        REFUSED[says](world.services, shop)
    assert before == world.dump()


def test_an_attempt_of_unknown_outcome_counts_for_another_customer_of_the_card(world: World, shop: Shop) -> None:
    """Nobody knows yet whether the first charge went through, so the same amount waits a day, by our own ceiling."""
    token = shop.token("timeout before")
    first, second = (shop.customer() for _ in range(2))
    unknown = shop.subscribe(first, shop.method_of(first, token))
    world.work()
    sold = shop.subscribe(second, shop.method_of(second, token))
    world.work()
    assert (["unknown"], []) == (shop.attempts(unknown), shop.attempts(sold))
    plan = schedule_of(shop.services, shop.id, shop.invoice(sold).id)
    assert ("rule.delay", NOON + timedelta(hours=24)) == (plan.steps[0].clause.id, plan.steps[0].at)


def test_a_card_is_counted_for_thirty_days_to_the_hour(world: World, shop: Shop) -> None:
    """What was tried 29 days and 23 hours ago still fills the window; an hour later it doesn't."""
    merchants.set_ceiling(shop.services, shop.id, "card-amount-30d", 1)
    first, second = (shop.customer() for _ in range(2))
    token = shop.token(FUNDS)
    shop.subscribe(first, shop.method_of(first, token))
    world.work()
    method = shop.method_of(second, token)
    invoice = shop.hand_over(second, method, invoice_on=world.clock.now().date())
    world.clock.advance_to(NOON + timedelta(days=29, hours=23))
    with pytest.raises(Refused, match="allows no attempt"):
        pay.pay_now(shop.services, shop.id, invoice.id, method.id)
    world.clock.advance_to(NOON + timedelta(days=30))
    assert "declined" == pay.pay_now(shop.services, shop.id, invoice.id, method.id).attempt.status
