"""Carries out a story's actions, each through the operation that a real click, call or timer would end in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from purring.domain.attempt import AttemptStatus
from purring.domain.errors import InvalidInput
from purring.domain.ids import AttemptId
from purring.domain.payment_method import MethodKind
from purring.gateways.sandbox.script import SANDBOX
from purring.gateways.sandbox.tokens import SOURCES
from purring.operations import invoices, merchants, methods, pay, recoveries, subscriptions
from purring.operations.notices import mark_read
from purring.operations.settle import settle
from purring.scenarios import actions as said
from purring.scenarios.given import InvoicePart, MethodPart, PolicyPart, SubscriptionPart
from purring.scenarios.moment import Moment, StoryTime, instant
from purring.scenarios.part import NONE
from purring.scenarios.player import Player
from purring.scenarios.world import World
from purring.store import merchants as stored_merchants


class Actor:
    """Whoever does something in a story."""

    def __init__(self, world: World, player: Player) -> None:
        self.world = world
        self.player = player
        self.reckoned: StoryTime = world.story.time

    def act(self, action: said.Action, reckoned: StoryTime) -> None:
        """Do one thing.

        Raises PurringError where it is refused.
        """
        self.reckoned = reckoned
        DEEDS[action.name](self, action.details)

    def at(self, moment: Moment) -> datetime:
        """The instant of a moment in the running entry."""
        return instant(moment, self.reckoned)


# ---------------------------------------------------------------------------------------------------------------------
# Methods


def add_method(world: World, name: str, part: MethodPart) -> None:
    """Let the gateway make a token, give it its script, and add it to the customer."""
    _require_new(world.methods, name)
    test, source = f"{part.scheme}-{re.sub('[^a-z0-9]', '0', name)}", SOURCES[0]
    if part.same_as is not None:
        world.method(part.same_as)
        test, source = world.test_names[part.same_as], SOURCES[1]
    token = world.sandbox.remote.make_token(test, expiry=part.expires, source=source)
    world.tokens[name], world.test_names[name] = token, test
    if part.answers or part.afterwards:
        world.sandbox.remote.script(token.token, part.answers, afterwards=part.afterwards)
    new = methods.NewMethod(
        kind=MethodKind(token.kind),
        gateway=SANDBOX,
        token=token.token,
        fingerprint=token.fingerprint,
        scheme=token.network,
        last4=token.last4,
        exp_month=token.exp_month,
        exp_year=token.exp_year,
    )
    customer_id = world.customer(part.of)
    world.methods[name] = methods.add_method(world.services, world.merchant_id, customer_id, new).id


def _require_new(names: Mapping[str, object], name: str) -> None:
    if name in names or name == NONE:
        raise InvalidInput(f"the name {name!r} is taken; choose another one")


def _add_method(actor: Actor, part: said.AddMethod) -> None:
    add_method(actor.world, part.as_, part)


def _edit_method(actor: Actor, part: said.EditMethod) -> None:
    fields = {name: getattr(part, name) for name in ("holder_name", "billing_address", "phone")}
    if part.expires is not None:
        fields |= {"exp_month": part.expires[0], "exp_year": part.expires[1]}
    changed = {name: value for name, value in fields.items() if value is not None}
    world = actor.world
    methods.edit_method(world.services, world.merchant_id, world.method(part.method), **changed)


def _tie(actor: Actor, part: said.Tie) -> None:
    world = actor.world
    subscription_id, method_id = world.subscription(part.subscription), world.method(part.method)
    methods.tie_method(world.services, world.merchant_id, subscription_id, method_id)


def _set_backup(actor: Actor, part: said.Tie) -> None:
    world = actor.world
    subscription_id, method_id = world.subscription(part.subscription), world.method(part.method)
    methods.set_backup(world.services, world.merchant_id, subscription_id, method_id)


def _replace_everywhere(actor: Actor, part: said.TwoMethods) -> None:
    world = actor.world
    methods.replace_everywhere(world.services, world.merchant_id, world.method(part.old), world.method(part.new))


def _remove_method(actor: Actor, part: said.OneMethod) -> None:
    world = actor.world
    methods.remove_method(world.services, world.merchant_id, world.method(part.method))


def _remove_and_replace(actor: Actor, part: said.TwoMethods) -> None:
    world = actor.world
    methods.remove_and_replace(world.services, world.merchant_id, world.method(part.old), world.method(part.new))


# ---------------------------------------------------------------------------------------------------------------------
# Subscriptions, invoices, policy


def start_subscription(world: World, name: str, part: SubscriptionPart) -> None:
    """Sell something again and again."""
    _require_new({**world.subscriptions, **world.handed_over}, name)
    price = subscriptions.create_price(
        world.services,
        world.merchant_id,
        product_name=part.product,
        unit_amount=part.price,
        interval=part.every,
        trial_days=part.trial_days,
    )
    new = subscriptions.NewSubscription(
        customer_id=world.customer(part.of),
        price=price,
        start_on=part.starts,
        quantity=part.quantity,
        trial_days=part.trial_days,
        method_id=world.method(part.method) if part.method else None,
        backup_method_id=world.method(part.backup) if part.backup else None,
    )
    world.subscriptions[name] = subscriptions.create_subscription(world.services, world.merchant_id, new).id


def hand_over(world: World, name: str, part: InvoicePart) -> None:
    """Take over an invoice made elsewhere."""
    _require_new({**world.subscriptions, **world.handed_over}, name)
    new = invoices.HandedOver(
        customer_id=world.customer(part.of),
        number=part.number,
        amount=part.amount,
        invoice_on=part.invoice_on,
        description=part.description,
        method_id=world.method(part.method) if part.method else None,
        subscription_id=world.subscription(part.subscription) if part.subscription else None,
        declined=part.declined,
    )
    world.handed_over[name] = invoices.hand_over(world.services, world.merchant_id, new).id


def _start_subscription(actor: Actor, part: said.StartSubscription) -> None:
    start_subscription(actor.world, part.as_, part)


def _hand_over(actor: Actor, part: said.HandOver) -> None:
    hand_over(actor.world, part.as_, part)


def _cancel_now(actor: Actor, part: said.OneSubscription) -> None:
    world = actor.world
    subscriptions.cancel_now(world.services, world.merchant_id, world.subscription(part.subscription))


def _cancel_at_period_end(actor: Actor, part: said.OneSubscription) -> None:
    world = actor.world
    subscriptions.cancel_at_period_end(world.services, world.merchant_id, world.subscription(part.subscription))


def _change_quantity(actor: Actor, part: said.ChangeQuantity) -> None:
    world = actor.world
    subscription_id = world.subscription(part.subscription)
    subscriptions.change_quantity(world.services, world.merchant_id, subscription_id, part.quantity)


def _change_policy(actor: Actor, part: PolicyPart) -> None:
    world = actor.world
    with world.services.store.reading() as conn:
        policy = stored_merchants.get(conn, world.merchant_id).policy
    merchants.change_policy(world.services, world.merchant_id, part.over(policy))


# ---------------------------------------------------------------------------------------------------------------------
# One invoice


def _pay_now(actor: Actor, part: said.PayNow) -> None:
    world = actor.world
    pay.pay_now(world.services, world.merchant_id, world.invoice(part.invoice), world.method(part.method))


def _settle(actor: Actor, part: said.Settle) -> None:
    world, customer_id = actor.world, actor.world.current_method(part.owed_on).customer_id
    owed_on, method_id = world.method(part.owed_on), world.method(part.method)
    settle(world.services, world.merchant_id, customer_id, owed_on, method_id)


def _mail_bounces(actor: Actor, part: said.MailBounces) -> None:
    actor.world.outbox.without_mailbox.add(part.person)


def _reads(actor: Actor, part: said.Reads) -> None:
    world, people = actor.world, actor.world.facts(part.invoice).customer.people
    found = [person.id for person in people if person.email == part.person]
    if not found:
        raise InvalidInput(f"nobody at the customer has the address {part.person}")
    mark_read(world.services, world.merchant_id, [world.invoice(part.invoice)], found[0])


def _retry_now(actor: Actor, part: said.OneInvoice) -> None:
    pay.retry_now(actor.world.services, actor.world.merchant_id, actor.world.invoice(part.invoice))


def _declare_transfer(actor: Actor, part: said.OneInvoice) -> None:
    recoveries.declare_transfer(actor.world.services, actor.world.merchant_id, actor.world.invoice(part.invoice))


def _pause(actor: Actor, part: said.Pause) -> None:
    world, until = actor.world, actor.at(part.until) if part.until else None
    recoveries.pause(world.services, world.merchant_id, world.invoice(part.invoice), until)


def _resume(actor: Actor, part: said.OneInvoice) -> None:
    recoveries.resume(actor.world.services, actor.world.merchant_id, actor.world.invoice(part.invoice))


def _skip_next(actor: Actor, part: said.OneInvoice) -> None:
    recoveries.skip_next(actor.world.services, actor.world.merchant_id, actor.world.invoice(part.invoice))


def _move_next(actor: Actor, part: said.Move) -> None:
    world = actor.world
    recoveries.move_next(world.services, world.merchant_id, world.invoice(part.invoice), actor.at(part.to))


def _write_off(actor: Actor, part: said.OneInvoice) -> None:
    recoveries.write_off(actor.world.services, actor.world.merchant_id, actor.world.invoice(part.invoice))


def _record_payment(actor: Actor, part: said.RecordPayment) -> None:
    world = actor.world
    invoice_id = world.invoice(part.invoice)
    recoveries.record_payment(world.services, world.merchant_id, invoice_id, part.amount, part.reference)


def _correct_outcome(actor: Actor, part: said.CorrectOutcome) -> None:
    world = actor.world
    attempt_id = _last_attempt(world, part.invoice)
    recoveries.correct_outcome(world.services, world.merchant_id, attempt_id, AttemptStatus(part.to), part.note)


def _last_attempt(world: World, invoice: str) -> AttemptId:
    """The newest attempt of an invoice.

    Raises InvalidInput.
    """
    attempts = world.facts(invoice).attempts
    if not attempts:
        raise InvalidInput(f"invoice {invoice} was never charged; there is no outcome")
    return attempts[-1].id


# ---------------------------------------------------------------------------------------------------------------------
# The gateway and the engine


def _answers(actor: Actor, part: said.Answers) -> None:
    world = actor.world
    world.method(part.method)
    token = world.tokens[part.method].token
    world.sandbox.remote.script(token, part.answers, afterwards=part.afterwards)


def _outage(actor: Actor, part: said.GatewayOutage) -> None:
    until = actor.world.clock.now() + part.lasts
    actor.world.sandbox.remote.outage(part.kind, until=until)
    actor.player.outage_until(until)


def _confirm(actor: Actor, part: said.Confirm) -> None:
    actor.world.sandbox.remote.confirm(_last_attempt(actor.world, part.invoice), succeed=part.succeeds)


def _charge_back(actor: Actor, part: said.Chargeback) -> None:
    key = _paying_attempt(actor.world, part.invoice)
    actor.world.sandbox.remote.open_chargeback(key, amount=part.amount)


def _win_dispute(actor: Actor, part: said.OneInvoice) -> None:
    actor.world.sandbox.remote.end_chargeback(_paying_attempt(actor.world, part.invoice), won=True)


def _lose_dispute(actor: Actor, part: said.OneInvoice) -> None:
    actor.world.sandbox.remote.end_chargeback(_paying_attempt(actor.world, part.invoice), won=False)


def _paying_attempt(world: World, invoice: str) -> AttemptId:
    """The attempt that brought the money.

    Raises InvalidInput.
    """
    paid = [one.id for one in world.facts(invoice).attempts if one.status is AttemptStatus.SUCCEEDED]
    if not paid:
        raise InvalidInput(f"no charge of invoice {invoice} succeeded; there is nothing to take back")
    return paid[-1]


def _plan_events(actor: Actor, part: said.EventPlan) -> None:
    delay_s = _seconds(part.delay)
    actor.world.sandbox.remote.plan_events(held=part.held, delay_s=delay_s, copies=part.copies)


def _release_events(actor: Actor, part: said.Release) -> None:
    actor.world.sandbox.remote.release_events(in_reverse=part.in_reverse)


def _send_event_again(actor: Actor, part: said.SendAgain) -> None:
    key = _last_attempt(actor.world, part.invoice)
    delay_s = _seconds(part.delay)
    actor.world.sandbox.remote.send_again(key, delay_s=delay_s, copies=part.copies, forgery=part.forgery)


def _seconds(length: timedelta | None) -> int:
    return int(length.total_seconds()) if length else 0


def _kill_worker(actor: Actor, part: said.KillWorker) -> None:
    actor.player.kill_at(part.point)


def _stop_worker(actor: Actor, part: said.StopWorker) -> None:
    actor.player.stop_until(actor.world.clock.now() + part.lasts)


DEEDS: Mapping[str, Callable[[Actor, Any], None]] = {
    deed.__name__.removeprefix("_"): deed
    for deed in (
        _add_method,
        _edit_method,
        _tie,
        _set_backup,
        _replace_everywhere,
        _remove_method,
        _remove_and_replace,
        _pay_now,
        _settle,
        _confirm,
        _declare_transfer,
        _mail_bounces,
        _reads,
        _retry_now,
        _pause,
        _resume,
        _skip_next,
        _move_next,
        _write_off,
        _record_payment,
        _correct_outcome,
        _change_policy,
        _start_subscription,
        _cancel_now,
        _cancel_at_period_end,
        _change_quantity,
        _hand_over,
        _answers,
        _outage,
        _charge_back,
        _win_dispute,
        _lose_dispute,
        _plan_events,
        _release_events,
        _send_event_again,
        _kill_worker,
        _stop_worker,
    )
}
"""What is done for each action of the form, under its name; a test sees to it that none is missing."""
