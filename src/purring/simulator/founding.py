"""A small installation to begin with: one or two merchants, a few customers, cards that answer as the dice say."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from purring.domain.catalog import Price, parse_interval
from purring.domain.customer import Role
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice_terms import NoticeTerms
from purring.domain.payment_method import MethodKind
from purring.domain.policy import EndAction, Policy
from purring.gateways.sandbox.numbers import TOKEN_PREFIX, by_name
from purring.gateways.sandbox.script import BANK_SCHEMES
from purring.operations import customers, merchants, methods, subscriptions
from purring.operations.services import Services
from purring.simulator.buyer import Buyer
from purring.simulator.faults import Fault

if TYPE_CHECKING:
    from purring.simulator.world import World

ZONES = ("Europe/Oslo", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata")
NETWORKS = ("visa", "visa", "mastercard", "amex", "sepa", "ach", "bacs")
AMOUNTS = (9_900, 24_900)
CURRENCY = "NOK"
PATIENT = NoticeTerms(hold_back_max=2, combine_at=time(16), receipts=True)
DISCREET = NoticeTerms(hold_back_max=1, quiet_from=time(20), quiet_until=time(9), escalate_after_unread=1)
POLICIES = (
    Policy(),
    Policy(),
    Policy(notices=PATIENT),
    Policy(window_days=21, notices=DISCREET),
    Policy(window_days=14, end_action=EndAction.CANCEL, transfer_hold_business_days=3),
    Policy(retry="fixed", offsets_days=(1, 2, 5), window_days=14, end_action=EndAction.WRITE_OFF),
    Policy(retry="fixed", offsets_days=tuple(range(1, 14)), window_days=14, end_action=EndAction.KEEP_PAST_DUE),
)

SOFT = {"sepa": "sepa AM04", "ach": "ach R01", "bacs": "bacs 0"}
"""What leaves a method on the schedule; cards say 51."""

HARD = {
    "visa": ("visa 54", "visa N7", "visa 43", "visa 14", "visa R0", "visa R1"),
    "mastercard": tuple(f"mastercard 51 advice {code}" for code in ("02", "03", 21, 24, 25, 27, 30)),
    "amex": ("amex 54", "amex 43", "amex 05"),
    "ach": ("ach R09", "ach R02"),
    "sepa": ("sepa MS03", "sepa AC04"),
    "bacs": ("bacs B",),
}


def found(world: World) -> None:
    """Let merchants open and customers move in; nothing goes wrong yet."""
    services = world.process("founder")
    world.calm = True
    for number in range(world.dice.pick("merchants", (1, 1, 1, 1, 2))):
        merchant = _open(world, services, number)
        world.merchants.append(merchant)
        prices = [_price(services, merchant, world, amount) for amount in AMOUNTS[: world.dice.between("prices", 1, 2)]]
        for _ in range(world.dice.pick("customers", (1, 1, 1, 2))):
            _move_in(world, services, merchant, prices)
    world.calm = False


def a_policy(world: World) -> Policy:
    """One of the policies that merchants have here."""
    return world.dice.pick("policy", POLICIES)


def _open(world: World, services: Services, number: int) -> Merchant:
    return merchants.create_merchant(
        services,
        name=f"Merchant {number}",
        timezone="Europe/Oslo",
        support_email="help@merchant.example",
        policy=a_policy(world),
    )


def _price(services: Services, merchant: Merchant, world: World, minor: int) -> Price:
    interval = parse_interval(world.dice.pick("interval", ("1 week", "1 month", "1 month", "1 month", "1 month")))
    amount = Money(minor, CURRENCY)
    return subscriptions.create_price(services, merchant.id, product_name="Plan", unit_amount=amount, interval=interval)


def _move_in(world: World, services: Services, merchant: Merchant, prices: list[Price]) -> None:
    """A customer with cards or accounts, who buys something within the first days."""
    dice, number = world.dice, len(world.buyers)
    role = Role.READER if dice.chance("nobody reads mail", 0.05) else Role.BILLING_ADMIN
    person = customers.NewPerson(name="Kari", email=f"kari{number}@example.com", locale="nb", role=role)
    customer = customers.create_customer(
        services,
        merchant.id,
        name=f"Customer {number}",
        timezone=dice.pick("zone", ZONES),
        locale="nb",
        country="NO",
        people=[person],
    )
    buyer = Buyer(merchant_id=merchant.id, customer_id=customer.id)
    world.buyers.append(buyer)
    for _ in range(dice.pick("cards", (1, 2))):
        add_method(world, services, buyer)
    for _ in range(dice.pick("bought", (1, 1, 1, 2))):
        _buy(world, services, buyer, dice.pick("which price", prices))


def _buy(world: World, services: Services, buyer: Buyer, price: Price) -> None:
    today: date = world.clock.now().date()
    tied = world.dice.pick("tied", buyer.methods)
    others = [one for one in buyer.methods if one is not tied]
    bought = subscriptions.create_subscription(
        services,
        buyer.merchant_id,
        subscriptions.NewSubscription(
            customer_id=buyer.customer_id,
            price=price,
            start_on=today + timedelta(days=world.dice.pick("starts in", (0, 0, 1, 4))),
            method_id=tied.id,
            backup_method_id=others[0].id if others and world.dice.chance("backup", 0.4) else None,
        ),
    )
    buyer.subscriptions.append(bought.id)


def add_method(world: World, services: Services, buyer: Buyer) -> None:
    """A card or account of the customer; now and then one that somebody else holds too."""
    dice, number = world.dice, sum(len(one.methods) for one in world.buyers)
    network = dice.pick("network", NETWORKS)
    name, source = f"{network}-{world.plan.seed}x{number}", "pan"
    known = [method for one in world.buyers if one is not buyer for method in one.methods]
    if known and world.plan.has(Fault.SHARED_CARD):
        shared = dice.pick("whose card", known)
        name, source, network = world.card_names[shared.fingerprint], "network_token", shared.scheme
    if source == "pan":
        instrument = by_name(name)
        assert instrument, f"{name} is no test name of the sandbox"
        token, kind, fingerprint, last4 = (
            f"{TOKEN_PREFIX}{name}",
            instrument.kind,
            instrument.fingerprint,
            instrument.last4,
        )
    else:
        made = world.sandbox.remote.make_token(name, source=source)
        token, kind, fingerprint, last4 = made.token, made.kind, made.fingerprint, made.last4
    world.card_names[fingerprint] = name
    world.sandbox.remote.script_many({token: (_answers(world, network), _afterwards(world, network))})
    new = methods.NewMethod(
        kind=MethodKind(kind), gateway="sandbox", token=token, fingerprint=fingerprint, scheme=network, last4=last4
    )
    buyer.methods.append(methods.add_method(services, buyer.merchant_id, buyer.customer_id, new))


def _answers(world: World, network: str) -> list[str]:
    """What a card will say, one answer after the other: mostly that there is no money, so that every count grows."""
    luck = world.dice.pick("luck", (0.1, 0.3, 0.6))
    return [_answer(world, network, luck) for _ in range(world.dice.between("answers", 4, 12))]


def _answer(world: World, network: str, luck: float) -> str:
    dice, plan = world.dice, world.plan
    if plan.has(Fault.HARD_DECLINES) and dice.chance("hard", 0.15):
        return _late_if_bank(world, network, dice.pick("which hard", HARD[network]))
    if plan.has(Fault.CONFIRMATION) and network not in BANK_SCHEMES and dice.chance("confirm", 0.3):
        return dice.pick("which confirmation", ("action required", f"action required then {_soft(network)}"))
    if plan.has(Fault.PARTIAL) and dice.chance("part", 0.25):
        return "approve 10.00 NOK"
    return _late_if_bank(world, network, "approve" if dice.chance("approve", luck) else _soft(network))


def _soft(network: str) -> str:
    return SOFT.get(network, f"{network} 51")


def _late_if_bank(world: World, network: str, answer: str) -> str:
    """Debits settle days later, if the history knows that; some so late that operators are asked first."""
    if network not in BANK_SCHEMES or not world.plan.has(Fault.PENDING):
        return answer
    return f"pending {world.dice.pick('settles in', (1, 2, 3, 5, 9))} days then {answer}"


def _afterwards(world: World, network: str) -> str:
    return _soft(network) if world.dice.chance("poor for good", 0.4) else "approve"
