"""Who owes what: customers who keep coming while everything breaks, each with a card whose answers are decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random  # noqa: TID251 - only the type; the generator comes from purring.clock

from purring.domain.catalog import Price, parse_interval
from purring.domain.errors import PurringError, StoreUnavailable
from purring.domain.ids import CustomerId, MerchantId
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind
from purring.gateways.sandbox.remote import SandboxRemote
from purring.operations import customers, invoices, merchants, methods, subscriptions
from purring.operations.services import Services

PRICE = Money(24_900, "NOK")
SUBSCRIBED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card answers, how many of a hundred customers have one, and whether it pays in the end."""

    answers: tuple[str, ...]
    percent: int
    pays: bool


CARDS = (
    Card(answers=("approve",), percent=52, pays=True),
    Card(answers=("timeout after",), percent=10, pays=True),
    Card(answers=("timeout before", "approve"), percent=6, pays=True),
    Card(answers=("unavailable", "approve"), percent=6, pays=True),
    Card(answers=("rate limited 1 seconds", "approve"), percent=4, pays=True),
    Card(answers=("visa 51", "approve"), percent=8, pays=True),
    Card(answers=("timeout then visa 51", "approve"), percent=4, pays=True),
    Card(answers=("visa 51", "timeout after"), percent=4, pays=True),
    Card(answers=("pending 1 days",), percent=3, pays=True),
    Card(answers=("visa 41",), percent=3, pays=False),
)
"""Times of waiting are the gateway's, in virtual seconds and days."""


class Town:
    """One merchant and its customers. `cards`: what was decided for each customer."""

    def __init__(self, services: Services, remote: SandboxRemote, dice: Random) -> None:
        """Open the shop."""
        self._services, self._remote, self._dice = services, remote, dice
        self.cards: dict[CustomerId, Card] = {}
        self.merchant_id: MerchantId = merchants.create_merchant(
            services, name="Fjord AS", timezone="Europe/Oslo", support_email="help@fjord.example"
        ).id
        self._number = 0
        self._price: Price = subscriptions.create_price(
            services, self.merchant_id, product_name="Team plan", unit_amount=PRICE, interval=parse_interval("1 year")
        )

    def grow(self, many: int) -> None:
        """Let customers come. Where the database is away meanwhile, one is lost halfway, which is as good a case."""
        scripted = {}
        for _ in range(many):
            self._number += 1
            token = self._remote.make_token(f"visa-torture{self._number}")
            card = self._dice.choices(CARDS, [one.percent for one in CARDS])[0]
            scripted[token.token] = (token, card)
        self._remote.script_many({name: (card.answers, "") for name, (_, card) in scripted.items()})
        for token, card in scripted.values():
            new = methods.NewMethod(
                kind=MethodKind(token.kind),
                gateway="sandbox",
                token=token.token,
                fingerprint=token.fingerprint,
                scheme=token.network,
                last4=token.last4,
            )
            try:
                self._settle(new, card)
            except StoreUnavailable:
                return

    def _settle(self, new: methods.NewMethod, card: Card) -> None:
        """One customer, half of them with a subscription of a year, half with an invoice from elsewhere."""
        self._number += 1
        number, services, merchant_id = self._number, self._services, self.merchant_id
        person = customers.NewPerson(name="Kari", email=f"kari{number}@example.com", locale="nb")
        customer = customers.create_customer(
            services,
            merchant_id,
            name=f"Customer {number}",
            timezone="Europe/Oslo",
            locale="nb",
            country="NO",
            people=[person],
        )
        self.cards[customer.id] = card
        method = methods.add_method(services, merchant_id, customer.id, new)
        today = services.clock.now().date()
        if self._dice.random() < SUBSCRIBED:
            wanted = subscriptions.NewSubscription(
                customer_id=customer.id, price=self._price, start_on=today, method_id=method.id
            )
            subscriptions.create_subscription(services, merchant_id, wanted)
            return
        debt = invoices.HandedOver(
            customer_id=customer.id,
            number=f"X-{number}",
            amount=PRICE,
            invoice_on=today,
            description="Team plan",
            method_id=method.id,
            declined=False,
        )
        invoices.hand_over(services, merchant_id, debt)

    def expected(self) -> Mapping[CustomerId, bool]:
        """Who pays in the end."""
        return {customer_id: card.pays for customer_id, card in self.cards.items()}


def grow_if_possible(town: Town, many: int) -> bool:
    """Let customers come if database and gateway let them."""
    try:
        town.grow(many)
    except PurringError:
        return False
    return True
