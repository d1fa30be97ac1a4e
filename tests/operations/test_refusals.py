"""What is refused is refused with its code and leaves every row of every table as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.customer import Customer
from purring.domain.errors import InvalidInput, NotFound, PurringError, RefusalCode, Refused
from purring.domain.ids import InvoiceId
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.gateways.sandbox.remote import SandboxToken
from purring.gateways.sandbox.script import parse_answer
from purring.operations import customers, merchants, methods, pay, recoveries, subscriptions
from tests.world import FUNDS, PRICE, Shop, World


@dataclass
class Scene:
    """A shop with a subscription in recovery, its customer's other card, and another customer with a card."""

    world: World
    shop: Shop
    customer: Customer
    card: PaymentMethod
    other_card: PaymentMethod
    strangers_card: PaymentMethod
    subscription: Subscription
    stranger: Customer

    @property
    def invoice_id(self) -> InvoiceId:
        """The invoice in recovery."""
        return self.shop.invoice(self.subscription).id


@pytest.fixture
def scene(world: World, shop: Shop) -> Scene:
    """Its first charge was just declined."""
    customer, stranger = shop.customer(external_id="C-1"), shop.customer()
    card = shop.card(customer, FUNDS)
    other_card, strangers_card = shop.card(customer, "approve"), shop.card(stranger, "approve")
    subscription = shop.subscribe(customer, card, external_id="S-1")
    world.work()
    return Scene(world, shop, customer, card, other_card, strangers_card, subscription, stranger)


Act = Callable[[Scene], Any]


def _pay(scene: Scene, method: PaymentMethod | None = None) -> Any:  # noqa: ANN401 - whatever comes of it
    shop = scene.shop
    return pay.pay_now(shop.services, shop.id, scene.invoice_id, (method or scene.other_card).id)


def _paid(scene: Scene) -> None:
    _pay(scene)


def _canceled(scene: Scene) -> None:
    subscriptions.cancel_now(scene.shop.services, scene.shop.id, scene.subscription.id)


def _removed(scene: Scene) -> None:
    methods.remove_method(scene.shop.services, scene.shop.id, scene.other_card.id)


def _tried_again_too_soon(scene: Scene) -> None:
    scene.world.clock.advance_to(scene.world.clock.now() + timedelta(hours=1))


def _paused(scene: Scene) -> None:
    recoveries.pause(scene.shop.services, scene.shop.id, scene.invoice_id)


def _declared(scene: Scene) -> None:
    recoveries.declare_transfer(scene.shop.services, scene.shop.id, scene.invoice_id)


def _closed(scene: Scene) -> None:
    scene.world.play(days=33)


def _unknown(scene: Scene) -> None:
    scene.world.sandbox.remote.script(
        scene.other_card.token, [parse_answer("timeout after"), parse_answer("find unknown 3 times")]
    )
    _pay(scene)


def _pending(scene: Scene) -> None:
    scene.world.sandbox.remote.script(scene.other_card.token, [parse_answer("pending 3 days")])
    _pay(scene)


def _recovery(verb: str, *arguments: object) -> Act:
    def act(scene: Scene) -> object:
        return getattr(recoveries, verb)(scene.shop.services, scene.shop.id, scene.invoice_id, *arguments)

    return act


def _correct(scene: Scene) -> object:
    attempt_id = scene.shop.facts(scene.subscription).attempts[-1].id
    return recoveries.correct_outcome(scene.shop.services, scene.shop.id, attempt_id, AttemptStatus.DECLINED, "why")


def _method(verb: str, which: str, *fields: str) -> Act:
    def act(scene: Scene) -> object:
        arguments = (getattr(scene, field).id for field in (which, *fields))
        return getattr(methods, verb)(scene.shop.services, scene.shop.id, *arguments)

    return act


def _subscription(verb: str, *arguments: object) -> Act:
    def act(scene: Scene) -> object:
        return getattr(subscriptions, verb)(scene.shop.services, scene.shop.id, scene.subscription.id, *arguments)

    return act


LATER = datetime(2030, 1, 1, tzinfo=UTC)


def nothing(_scene: Scene) -> None:
    """Nothing happened before."""


@pytest.mark.parametrize(
    ("code", "before", "act"),
    [
        (RefusalCode.ALREADY_PAID, _paid, _pay),
        (RefusalCode.ALREADY_PAID, _paid, _recovery("record_payment", PRICE, "r")),
        (RefusalCode.CHARGE_IN_FLIGHT, _pending, _pay),
        (RefusalCode.CHARGE_IN_FLIGHT, _pending, _recovery("record_payment", PRICE, "ref")),
        (RefusalCode.CHARGE_IN_FLIGHT, _pending, _recovery("write_off")),
        (RefusalCode.OUTCOME_UNKNOWN, _unknown, _pay),
        (RefusalCode.NOT_YOUR_METHOD, nothing, lambda scene: _pay(scene, scene.strangers_card)),
        (RefusalCode.METHOD_NOT_USABLE, _removed, _pay),
        (
            RefusalCode.LIMIT_REACHED,
            _tried_again_too_soon,
            lambda s: pay.retry_now(s.shop.services, s.shop.id, s.invoice_id),
        ),
        (RefusalCode.AMOUNT_MISMATCH, nothing, _recovery("record_payment", Money(1, "NOK"), "ref")),
        (RefusalCode.AMOUNT_MISMATCH, nothing, _recovery("refund_recorded", Money(1, "NOK"))),
        (RefusalCode.AMOUNT_MISMATCH, nothing, _recovery("refund_recorded", Money(1, "EUR"))),
        (RefusalCode.NOT_ON_HOLD, nothing, _recovery("resume")),
        (RefusalCode.NOTHING_PLANNED, _paused, _recovery("skip_next")),
        (RefusalCode.TRANSFER_ALREADY_DECLARED, _declared, _recovery("declare_transfer")),
        (RefusalCode.RECOVERY_CLOSED, _closed, _recovery("pause")),
        (RefusalCode.RECOVERY_CLOSED, _closed, lambda s: pay.retry_now(s.shop.services, s.shop.id, s.invoice_id)),
        (RefusalCode.METHOD_IN_USE, nothing, _method("remove_method", "card")),
        (RefusalCode.METHOD_IN_USE, _pending, _method("remove_method", "other_card")),
        (RefusalCode.METHOD_IN_USE, _pending, _method("remove_and_replace", "other_card", "card")),
        (RefusalCode.METHOD_NOT_USABLE, _removed, _method("tie_method", "subscription", "other_card")),
        (RefusalCode.METHOD_NOT_USABLE, _removed, _method("edit_method", "other_card")),
        (RefusalCode.ALREADY_CANCELED, _canceled, _method("tie_method", "subscription", "other_card")),
        (RefusalCode.ALREADY_CANCELED, _canceled, _subscription("cancel_now")),
        (RefusalCode.ALREADY_CANCELED, _canceled, _subscription("cancel_at_period_end")),
        (RefusalCode.ALREADY_CANCELED, _canceled, _subscription("change_quantity", 2)),
    ],
)
def test_a_refusal_changes_nothing(scene: Scene, code: RefusalCode, before: Act, act: Act) -> None:
    """Each action that isn't allowed now names its code, and no row has changed."""
    before(scene)
    scene.world.work()
    dumped = _lasting(scene.world)
    with pytest.raises(Refused) as refused:
        act(scene)
    assert code == refused.value.code
    assert dumped == _lasting(scene.world)
    assert str(refused.value)


ASKED = frozenset(
    {"asked_at", "asked_count", "detail", "version", "lease_owner", "lease_until", "fence", "next_step_at"}
)
"""What changes when the gateway was asked about an open attempt, which an action may do before it is refused."""


def _lasting(world: World) -> dict[str, Any]:
    return world.dump(without=ASKED)


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (NotFound, lambda s: s.shop.subscribe(s.customer.__class__(id="cus_0", name="", timezone="UTC", locale="en"))),
        (Refused, lambda s: s.shop.subscribe(s.customer, s.strangers_card)),
        (Refused, lambda s: s.shop.subscribe(s.customer, s.card, backup_method_id=s.strangers_card.id)),
        (InvalidInput, lambda s: s.shop.subscribe(s.customer, s.card, quantity=0)),
        (InvalidInput, lambda s: s.shop.subscribe(s.customer, s.card, trial_days=-1)),
        (InvalidInput, lambda s: s.shop.subscribe(s.customer, s.card, external_id="S-1")),
        (InvalidInput, lambda s: s.shop.customer(external_id="C-1")),
        (InvalidInput, lambda s: s.shop.customer(timezone="Norway/Oslo")),
        (InvalidInput, lambda s: s.shop.customer(locale="fr")),
        (InvalidInput, lambda s: s.shop.customer(customers.NewPerson(name="K", email="k at example", locale="nb"))),
        (InvalidInput, lambda s: s.shop.customer(customers.NewPerson(name="K", email="k@example.com", locale="fr"))),
        (
            InvalidInput,
            lambda s: s.world.shop().services and merchants.create_merchant(s.shop.services, name="A", timezone="?"),
        ),
        (InvalidInput, lambda s: merchants.create_merchant(s.shop.services, name="A", timezone="UTC", locale="fr")),
        (InvalidInput, lambda s: merchants.change_policy(s.shop.services, s.shop.id, Policy(retry="never heard of"))),
        (InvalidInput, lambda s: s.shop.hand_over(s.customer, number=s.shop.invoice(s.subscription).number)),
        (InvalidInput, lambda s: s.shop.hand_over(s.customer, amount=Money(0, "NOK"))),
        (
            InvalidInput,
            lambda s: s.shop.hand_over(s.customer, invoice_on=s.world.clock.now().date() - timedelta(days=40)),
        ),
        (Refused, lambda s: s.shop.hand_over(s.customer, s.strangers_card)),
        (NotFound, lambda s: s.shop.hand_over(s.stranger, subscription_id=s.subscription.id)),
        (InvalidInput, lambda s: methods.edit_method(s.shop.services, s.shop.id, s.card.id, last4="4242")),
        (InvalidInput, lambda s: s.shop.method_of(s.customer, _token_of(s.card))),
        (NotFound, lambda s: methods.tie_method(s.shop.services, s.shop.id, s.subscription.id, s.strangers_card.id)),
        (NotFound, lambda s: methods.set_backup(s.shop.services, s.shop.id, s.subscription.id, s.strangers_card.id)),
        (NotFound, lambda s: methods.replace_everywhere(s.shop.services, s.shop.id, s.card.id, s.strangers_card.id)),
        (NotFound, lambda s: methods.remove_and_replace(s.shop.services, s.shop.id, s.card.id, s.strangers_card.id)),
        (InvalidInput, lambda s: recoveries.pause(s.shop.services, s.shop.id, s.invoice_id, s.world.clock.now())),
        (InvalidInput, lambda s: recoveries.move_next(s.shop.services, s.shop.id, s.invoice_id, LATER)),
        (PurringError, _correct),
    ],
)
def test_bad_input_changes_nothing(scene: Scene, error: type[PurringError], act: Act) -> None:
    """What can't be, isn't half-written: the error says what to do, and no row has changed."""
    dumped = scene.world.dump()
    del dumped["price"], dumped["product"], dumped["merchant"], dumped["policy"]
    with pytest.raises(error) as raised:
        act(scene)
    after = scene.world.dump()
    assert dumped == {name: after[name] for name in dumped}
    assert raised.value.message


def _token_of(method: PaymentMethod) -> SandboxToken:
    return SandboxToken(
        token=method.token,
        kind=method.kind.value,
        network=method.scheme,
        last4=method.last4,
        fingerprint=method.fingerprint,
        exp_month=None,
        exp_year=None,
    )


def test_another_merchant_finds_nothing(scene: Scene, world: World) -> None:
    """Every verb, given another merchant's ids, says that there is no such thing; a method there is nobody's here."""
    other = world.shop("Other AS")
    ours = other.subscribe(other.customer(), None)
    services, theirs = scene.shop.services, other.id
    facts = scene.shop.facts(scene.subscription)
    price = scene.shop.price()
    acts: list[Callable[[], object]] = [
        lambda: pay.pay_now(services, theirs, facts.invoice.id, scene.card.id),
        lambda: pay.retry_now(services, theirs, facts.invoice.id),
        lambda: recoveries.pause(services, theirs, facts.invoice.id),
        lambda: recoveries.resume(services, theirs, facts.invoice.id),
        lambda: recoveries.skip_next(services, theirs, facts.invoice.id),
        lambda: recoveries.move_next(services, theirs, facts.invoice.id, world.clock.now()),
        lambda: recoveries.declare_transfer(services, theirs, facts.invoice.id),
        lambda: recoveries.write_off(services, theirs, facts.invoice.id),
        lambda: recoveries.record_payment(services, theirs, facts.invoice.id, PRICE, "ref"),
        lambda: recoveries.refund_recorded(services, theirs, facts.invoice.id, PRICE),
        lambda: recoveries.correct_outcome(services, theirs, facts.attempts[0].id, AttemptStatus.SUCCEEDED, "why"),
        lambda: methods.edit_method(services, theirs, scene.card.id, phone="1"),
        lambda: methods.tie_method(services, theirs, scene.subscription.id, scene.card.id),
        lambda: methods.tie_method(services, theirs, ours.id, scene.card.id),
        lambda: methods.set_backup(services, theirs, ours.id, scene.card.id),
        lambda: methods.replace_everywhere(services, theirs, scene.card.id, scene.other_card.id),
        lambda: methods.remove_method(services, theirs, scene.other_card.id),
        lambda: methods.remove_and_replace(services, theirs, scene.card.id, scene.other_card.id),
        lambda: subscriptions.cancel_now(services, theirs, scene.subscription.id),
        lambda: subscriptions.cancel_at_period_end(services, theirs, scene.subscription.id),
        lambda: subscriptions.change_quantity(services, theirs, scene.subscription.id, 2),
        lambda: other.subscribe(scene.customer, None),
        lambda: other.subscribe(other.customer(), scene.card),
        lambda: other.subscribe(other.customer(), None, price=price),
        lambda: other.hand_over(scene.customer),
        lambda: other.hand_over(other.customer(), subscription_id=scene.subscription.id),
        lambda: other.card(scene.customer),
    ]
    before = _rows_of(world, scene.shop)
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert before == _rows_of(world, scene.shop)


def _rows_of(world: World, shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    return {name: [row for row in rows if shop.id in row] for name, rows in world.dump().items()}
