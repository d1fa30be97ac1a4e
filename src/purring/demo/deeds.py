"""What a customer can do about an open invoice, through the same operations as a portal would call."""

from __future__ import annotations

from dataclasses import dataclass

from purring.demo import shares
from purring.demo.dice import Dice
from purring.demo.population import Buyer, wallet
from purring.demo.world import World
from purring.domain.errors import GatewayRefused, Refused
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, MethodId
from purring.domain.subscription import SubscriptionStatus
from purring.operations import methods, pay, recoveries
from purring.operations.methods import NewMethod
from purring.operations.view import facts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One customer, one open invoice, and the dice of this occasion."""

    world: World
    buyer: Buyer
    invoice_id: InvoiceId
    attempt_id: AttemptId | None
    dice: Dice


def confirm(case: Case) -> None:
    """Confirm the charge with the bank, if it still asks."""
    assert case.attempt_id, "only a charge can be confirmed"
    try:
        case.world.provider.remote.confirm(case.attempt_id, succeed=True)
    except GatewayRefused:
        case.world.refused["nothing_to_confirm"] += 1


def replace_card(case: Case) -> None:
    """Add a card and let it pay from now on; the engine charges it at the next retry hour."""
    if _is_open(case):
        _tie(case, _add_card(case))


def add_card_and_pay(case: Case) -> None:
    """Add a card, let it pay from now on, and pay at once."""
    if _is_open(case):
        method_id = _add_card(case)
        _tie(case, method_id)
        _pay(case, method_id)


def add_card_only(case: Case) -> None:
    """Add a card and take the matter for settled; days later, after another notice maybe, tie it."""
    if _is_open(case):
        method_id = _add_card(case)
        case.world.timeline.put(case.world.after(24 * case.dice.between(2, 6)), lambda: _tie_late(case, method_id))


def _tie_late(case: Case, method_id: MethodId) -> None:
    if _is_open(case):
        _tie(case, method_id)


def edit_expiry(case: Case) -> None:
    """Put the new expiry in; the issuer takes it from then on."""
    facts = _facts(case)
    method = facts.tied_method
    if method is None or method.exp_year is None or not _is_open(case):
        return
    world = case.world
    world.provider.heal(method.token)
    methods.edit_method(world.services, world.merchant.id, method.id, exp_year=world.clock.now().year + 4)


def pay_again(case: Case) -> None:
    """Pay with the method that failed, in the hope that it works now."""
    method = _facts(case).tied_method
    if method is not None and _is_open(case):
        _pay(case, method.id)


def declare_transfer(case: Case) -> None:
    """Say that a bank transfer is on its way; most arrive, and an operator books them."""
    if not _is_open(case):
        return
    world = case.world
    try:
        recoveries.declare_transfer(world.services, world.merchant.id, case.invoice_id)
    except Refused as refused:
        world.refused[refused.code] += 1
        return
    if case.dice.happens(shares.TRANSFER_ARRIVES):
        world.timeline.put(world.after(24 * case.dice.between(2, 6)), lambda: _book_transfer(case))


def _book_transfer(case: Case) -> None:
    """The operator finds the money on the bank statement."""
    world, invoice = case.world, _facts(case).invoice
    if invoice.is_open:
        recoveries.record_payment(
            world.services, world.merchant.id, invoice.id, invoice.owed, f"transfer {invoice.number}"
        )


def _add_card(case: Case) -> MethodId:
    """A new card of the customer, tied to nothing, with an issuer's script of its own."""
    world, customer_id = case.world, case.buyer.customer.id
    world.cards_added[customer_id] += 1
    number = world.cards_added[customer_id]
    scheme = case.dice.pick(shares.CARD_NETWORKS)
    dice = Dice(world.seed, "issuer", case.buyer.name, "new", number)
    name = f"{scheme}-{case.buyer.name}n{number}"
    made = wallet(world.services.ids, customer_id, name, dice, world.clock.now(), trouble=shares.RELIABLE)
    world.provider.write({made.method.token: made.script})
    shown = made.method
    new = NewMethod(
        kind=shown.kind,
        gateway=shown.gateway,
        token=shown.token,
        fingerprint=shown.fingerprint,
        scheme=shown.scheme,
        last4=shown.last4,
        exp_month=shown.exp_month,
        exp_year=shown.exp_year,
    )
    return methods.add_method(world.services, world.merchant.id, customer_id, new).id


def _tie(case: Case, method_id: MethodId) -> None:
    world = case.world
    methods.tie_method(world.services, world.merchant.id, case.buyer.subscription.id, method_id)


def _pay(case: Case, method_id: MethodId) -> None:
    """Pay at once, unless that is refused: a customer then waits."""
    world = case.world
    try:
        pay.pay_now(world.services, world.merchant.id, case.invoice_id, method_id)
    except Refused as refused:
        world.refused[refused.code] += 1


def _facts(case: Case) -> Facts:
    return facts_of(case.world.services, case.world.merchant.id, case.invoice_id)


def _is_open(case: Case) -> bool:
    """Whether there is still something to be done: the invoice is owed, and the subscription not over."""
    facts = _facts(case)
    over = facts.subscription is not None and facts.subscription.status is SubscriptionStatus.CANCELED
    return facts.invoice.is_open and not over
