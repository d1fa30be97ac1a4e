"""The customer model: who acts on a notice, when, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from purring.demo import shares
from purring.demo.deeds import (
    Case,
    add_card_and_pay,
    add_card_only,
    confirm,
    declare_transfer,
    edit_expiry,
    pay_again,
    replace_card,
)
from purring.demo.dice import Dice
from purring.demo.population import Buyer
from purring.demo.world import World
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.notice import Notice, NoticeKind
from purring.store import notices

HOURS_MAX = 72
"""Who acts at all does so within three days; who confirms with their bank, within one."""
HOURS_TO_CONFIRM_MAX = 20

Way = Callable[[Case], None]

REPLACES: Mapping[Way, float] = {
    replace_card: 1.0 - shares.FORGETS_TO_TIE - shares.DECLARES_TRANSFER - 0.1,
    add_card_only: shares.FORGETS_TO_TIE,
    add_card_and_pay: 0.1,
    declare_transfer: shares.DECLARES_TRANSFER,
}
EDITS: Mapping[Way, float] = {edit_expiry: 0.6, replace_card: 0.4}
PAYS: Mapping[Way, float] = {pay_again: 0.4, add_card_and_pay: 0.3, replace_card: 0.2, declare_transfer: 0.1}
RETURNS: Mapping[Way, float] = {add_card_and_pay: 1.0}
"""How those who act do so: assumptions."""


def react(world: World) -> None:
    """Read the mail that came, and plan what customers do about it."""
    came = world.mailbox.take()
    if not came:
        return
    with world.services.store.reading() as conn:
        copies = notices.deliveries(conn, [(world.merchant.id, one) for one in came])
    read = {copies[world.merchant.id, one].notice.id: copies[world.merchant.id, one].notice for one in came}
    for notice in read.values():
        if notice.invoice_id is not None:
            _consider(world, world.buyers[notice.customer_id], notice)


def _consider(world: World, buyer: Buyer, notice: Notice) -> None:
    """Throw the dice for one customer and one notice."""
    assert notice.invoice_id, f"notice {notice.id} is about no invoice"
    dice = Dice(world.seed, "reaction", buyer.name, notice.context["invoice_number"], notice.kind, notice.number)
    case = Case(world=world, buyer=buyer, invoice_id=notice.invoice_id, attempt_id=notice.attempt_id, dice=dice)
    if _waits_for_bank(notice):
        if dice.happens(shares.CONFIRMS_WITH_BANK):
            world.timeline.put(world.after(dice.between(1, HOURS_TO_CONFIRM_MAX)), lambda: confirm(case))
    elif dice.happens(_chance(notice)):
        act = dice.pick(_ways(notice))
        world.timeline.put(world.after(dice.between(1, HOURS_MAX)), lambda: act(case))


def _waits_for_bank(notice: Notice) -> bool:
    """Whether the notice asks for a confirmation while the bank's question still stands."""
    asks = notice.kind is NoticeKind.ACTION_NEEDED and notice.context.get("decline_class") is None
    return asks and notice.attempt_id is not None


def _chance(notice: Notice) -> float:
    """How likely somebody acts on this notice."""
    match notice.kind:
        case NoticeKind.ACTION_NEEDED:
            return shares.ACTS_ON_REQUEST
        case NoticeKind.LAST_NOTICE:
            return shares.ACTS_ON_LAST_NOTICE
        case NoticeKind.ACCESS_ENDED:
            return shares.ACTS_WHEN_SUSPENDED
        case NoticeKind.PAYMENT_DECLINED:
            return shares.ACTS_WHILE_WE_RETRY
        case _:
            return 0.0


def _ways(notice: Notice) -> Mapping[Way, float]:
    """What there is to be done, by what went wrong."""
    if notice.kind is NoticeKind.ACCESS_ENDED:
        return RETURNS
    if notice.context.get("reason") == DeclineReason.CARD_EXPIRED:
        return EDITS
    waits = notice.context.get("decline_class") == DeclineClass.RETRY_LATER
    return PAYS if waits else REPLACES
