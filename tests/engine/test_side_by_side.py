"""Workers and customers at the same time on the same data: real threads, real transactions, no charge made twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from purring.domain.errors import PurringError, RefusalCode, Refused
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.operations import methods
from purring.operations.merchants import change_policy
from purring.operations.pay import pay_now
from purring.operations.services import Services
from purring.store import methods as stored_methods
from purring.store.engine import open_store
from tests.world import FUNDS, Shop, World, paid_once

WORKERS = 4
ROUNDS = 3
REFUSALS = {RefusalCode.ALREADY_PAID, RefusalCode.CHARGE_IN_FLIGHT, RefusalCode.LIMIT_REACHED}


@pytest.fixture
def processes(world: World) -> Iterator[list[Services]]:
    """Several processes' services, each with connections of its own."""
    some = [
        world.process(f"process-{number}", store=open_store(world.database_url, durable=False, pool_size=2))
        for number in range(WORKERS)
    ]
    yield some
    for services in some:
        services.store.close()


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Let all actions begin at the same moment; what each gave, or the error of ours that it raised."""
    barrier = Barrier(len(actions), timeout=30)

    def run(action: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return action()
        except PurringError as error:
            return error

    with ThreadPoolExecutor(len(actions)) as threads:
        return [running.result() for running in [threads.submit(run, action) for action in actions]]


def _until_idle(world: World, process: Services) -> None:
    with world.worker(owner=process.owner, store=process.store, batch_max=7) as worker:
        worker.run_until_idle()


def _all_work(world: World, processes: Sequence[Services]) -> None:
    for result in at_once(*(partial(_until_idle, world, process) for process in processes)):
        assert result is None


def test_workers_share_the_work(world: World, shop: Shop, processes: list[Services]) -> None:
    """Several workers on one database: each subscription is renewed and charged once, and numbers have no gaps."""
    sold = [shop.sold(*answers) for answers in [("approve",), (FUNDS, "approve"), ("timeout after",)] * 4]
    _all_work(world, processes)
    while any(shop.status(one)[0] == "open" for one in sold):
        world.clock.advance_to(world.clock.now() + timedelta(days=1))
        _all_work(world, processes)
    invoices = [shop.invoice(one) for one in sold]
    assert {("paid", "active")} == {shop.status(one) for one in sold}
    assert paid_once(world, invoices)
    assert [f"P-{number:06d}" for number in range(1, len(sold) + 1)] == sorted(one.number for one in invoices)
    assert {1} == set(Counter(message.delivery_id for message in world.outbox.messages).values())


def test_a_customer_pays_at_the_second_of_the_retry(world: World, shop: Shop, processes: list[Services]) -> None:
    """A customer who pays while workers retry is charged once, by one of them."""
    for _ in range(ROUNDS):
        subscription = shop.sold(FUNDS, "approve")
        world.work()
        world.clock.advance_to(world.clock.now() + timedelta(days=4))
        paid, *_ = at_once(
            partial(_pay, shop, processes[0], subscription),
            partial(_until_idle, world, processes[1]),
            partial(_until_idle, world, processes[2]),
        )
        assert isinstance(paid, Refused) is (paid is not None)
        assert not isinstance(paid, Refused) or paid.code in REFUSALS
        assert ("paid", "active") == shop.status(subscription)
        assert paid_once(world, [shop.invoice(subscription)])
        assert 2 == len(shop.attempts(subscription))


def test_a_double_click_charges_once(world: World, shop: Shop, processes: list[Services]) -> None:
    """Of clicks at the same moment one is charged; the others hear that it is under way or paid."""
    for _ in range(ROUNDS):
        subscription = shop.sold(FUNDS, "approve")
        world.work()
        world.clock.advance_to(world.clock.now() + timedelta(days=1, seconds=1))
        results = at_once(*(partial(_pay, shop, by, subscription) for by in processes))
        refused = [one.code for one in results if isinstance(one, Refused)]
        assert len(processes) - 1 == len(refused)
        assert set(refused) <= REFUSALS
        assert paid_once(world, [shop.invoice(subscription)])
        assert ["declined", "succeeded"] == shop.attempts(subscription)


def _pay(shop: Shop, services: Services, of: Subscription) -> None:
    facts = shop.facts(of)
    assert facts.tied_method
    pay_now(services, shop.id, facts.invoice.id, facts.tied_method.id)


def test_a_method_is_not_removed_while_it_is_tied(world: World, shop: Shop, processes: list[Services]) -> None:
    """Removing a card and tying it at the same moment: one of them is refused, and no removed card is tied."""
    for _ in range(ROUNDS):
        subscription = shop.sold("approve")
        card = shop.card(shop.buyer(subscription), "approve")
        results = at_once(
            partial(methods.tie_method, processes[0], shop.id, subscription.id, card.id),
            partial(methods.remove_method, processes[1], shop.id, card.id),
        )
        assert 1 == len([one for one in results if isinstance(one, Refused)])
        tied = shop.subscription(subscription.id).method_id == card.id
        with world.services.store.reading() as conn:
            assert tied is stored_methods.get(conn, shop.id, card.id).is_active


def test_policies_that_change_at_once_follow_each_other(shop: Shop, processes: list[Services]) -> None:
    """Operators who change a merchant's policy at the same moment make versions one after the other."""
    some = [partial(change_policy, by, shop.id, Policy(window_days=20 + n)) for n, by in enumerate(processes)]
    changed = [one.policy.version for one in at_once(*some) if isinstance(one, Merchant)]
    assert [2, 3, 4, 5] == sorted(changed)


def test_one_card_of_many_customers_keeps_its_ceiling(world: World, shop: Shop, processes: list[Services]) -> None:
    """A card behind several customers' methods sees one declined charge of one amount a day, whoever charges it."""
    token = shop.token(FUNDS)
    for _ in range(6):
        customer = shop.customer()
        shop.subscribe(customer, shop.method_of(customer, token))
    _all_work(world, processes)
    assert 1 == len(world.seen())
    world.clock.advance_to(world.clock.now() + timedelta(days=1, hours=1))
    _all_work(world, processes)
    assert 2 == len(world.seen())


def test_an_approval_lets_the_next_one_through(world: World, shop: Shop, processes: list[Services]) -> None:
    """Invoices that waited for another one's answer on the same card are charged as soon as it is approved."""
    token = shop.token("approve")
    sold = []
    for _ in range(6):
        customer = shop.customer()
        sold.append(shop.subscribe(customer, shop.method_of(customer, token)))
    _all_work(world, processes)
    _until_idle(world, processes[0])
    assert {("paid", "active")} == {shop.status(one) for one in sold}
    assert paid_once(world, [shop.invoice(one) for one in sold])


def test_merchants_do_not_touch_each_other(world: World, processes: list[Services]) -> None:
    """One merchant's backlog leaves every row of another as it is, and each invoice stays with its own merchant."""
    busy, quiet = world.shop("Busy AS"), world.shop("Quiet AS")
    waiting = quiet.sold("approve", start_on=world.clock.now().date() + timedelta(days=9))
    before = _rows_of(world, quiet)
    for _ in range(12):
        busy.sold(FUNDS)
    _all_work(world, processes)
    assert before == _rows_of(world, quiet)
    world.play(days=10)
    assert ("paid", "active") == quiet.status(waiting)
    assert "P-000001" == quiet.invoice(waiting).number


def _rows_of(world: World, shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    return {name: [row for row in rows if shop.id in row] for name, rows in world.dump().items()}


def test_threads_answer_in_order(world: World, tmp_path: Path) -> None:
    """Charges made in many threads are recorded with the answers that belong to them."""
    world.services = world.process("worker-1", in_flight_max=16)
    shop = world.shop()
    sold = [(shop.sold(FUNDS if n % 3 else "approve", amount=Money(1000 + n, "NOK")), n) for n in range(30)]
    world.work()
    for subscription, n in sold:
        assert ["declined" if n % 3 else "succeeded"] == shop.attempts(subscription)
