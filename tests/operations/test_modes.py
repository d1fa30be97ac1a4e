"""Test and live never meet: not at a gateway, whatever was configured since, and not in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from purring.clock import draw_bytes
from purring.domain.errors import ConfigError, RefusalCode, Refused
from purring.domain.subscription import Subscription
from purring.gateways.base import Gateway
from purring.operations import api_keys, merchants, pay, recoveries, test_clocks
from purring.operations.reconcile import start
from tests.world import FUNDS, Shop, World

ASKS = {"charge", "find", "cancel", "refund"}


class OtherMode:
    """A gateway as if it had been configured in the other mode; remembers what it was asked."""

    def __init__(self, gateway: Gateway) -> None:
        """Stand in front of it."""
        self._gateway = gateway
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the gateway has
        """What the gateway has, but for its mode."""
        if name == "capabilities":
            own = self._gateway.capabilities
            return replace(own, is_live=not own.is_live)
        self.asked.append(name)
        return getattr(self._gateway, name)


def _swap(world: World) -> OtherMode:
    """Configure the sandbox in the other mode."""
    other = OtherMode(world.services.gateways["sandbox"])
    gateways: Any = {"sandbox": other}
    world.services = replace(world.services, gateways=gateways)
    return other


def _shop_in(world: World, mode: str) -> Shop:
    """A merchant in a mode, with the gateway in the same."""
    is_live = mode == "live"
    if is_live:
        _swap(world)
    made = merchants.create_merchant(world.services, name="Fjord AS", timezone="Europe/Oslo", is_live=is_live)
    return Shop(world=world, merchant=made)


def _worker(world: World, _shop: Shop, _sold: Subscription) -> None:
    world.later(days=2)


def _customer(_world: World, shop: Shop, sold: Subscription) -> None:
    method_id = shop.facts(sold).methods[0].id
    pay.pay_now(shop.services, shop.id, shop.invoice(sold).id, method_id)


def _operator(world: World, shop: Shop, sold: Subscription) -> None:
    world.clock.advance_to(world.clock.now().replace(day=4))
    pay.retry_now(shop.services, shop.id, shop.invoice(sold).id)


def _restore(world: World, shop: Shop, _sold: Subscription) -> None:
    start(shop.services, "a test")
    world.later(hours=1)


WAYS: tuple[Callable[[World, Shop, Subscription], None], ...] = (_worker, _customer, _operator, _restore)


@pytest.mark.parametrize("mode", ["test", "live"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_nothing_reaches_a_gateway_in_the_other_mode(
    world: World, mode: str, way: Callable[[World, Shop, Subscription], None]
) -> None:
    """Declined once by a gateway that is then configured in the other mode: no way leads to it any more."""
    shop = _shop_in(world, mode)
    sold = shop.sold(FUNDS, "approve")
    world.work()
    seen, other = world.seen(), _swap(world)
    way(world, shop, sold)
    assert seen == world.seen()
    assert set() == ASKS & set(other.asked)
    assert {"declined", "failed"} >= set(shop.attempts(sold))


def test_a_charge_that_waits_is_not_given_up_in_the_other_mode(world: World) -> None:
    """Nor is one asked about: whoever writes the invoice off is told why it can't be."""
    shop = _shop_in(world, "test")
    sold = shop.sold("action required")
    world.work()
    other = _swap(world)
    with pytest.raises(ConfigError, match="mode"):
        recoveries.write_off(shop.services, shop.id, shop.invoice(sold).id)
    assert set() == ASKS & set(other.asked)


@pytest.mark.parametrize("table", ["payment_method", "api_key", "test_clock", "merchant"])
def test_the_database_keeps_the_modes_apart(world: World, table: str) -> None:
    """A method, a key or a clock in the other mode than its merchant is refused, and so is a merchant that changes."""
    shop = _shop_in(world, "test")
    shop.card(shop.customer())
    api_keys.create_key(shop.services, shop.id, draw_bytes, name="app")
    test_clocks.create_clock(shop.services, shop.id)
    with pytest.raises(IntegrityError), shop.services.store.transaction() as conn:
        conn.execute(text(f"UPDATE {table} SET is_live = NOT is_live"))  # noqa: S608 - a name of our own


def test_a_live_merchant_has_no_test_clock(world: World) -> None:
    """Its time is the real one."""
    live = _shop_in(world, "live")
    with pytest.raises(Refused) as refused:
        test_clocks.create_clock(live.services, live.id)
    assert RefusalCode.LIVE_MODE == refused.value.code
