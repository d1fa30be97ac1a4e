"""The merchant's customers: who they are, what they bought, what they pay with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from purring.demo import places, shares
from purring.demo.dice import Dice
from purring.demo.issuer import Script, script_for
from purring.demo.places import Place
from purring.domain.calendar import local_date, zone
from purring.domain.catalog import Price, Product, parse_interval, period_containing
from purring.domain.customer import Customer, Person, Role
from purring.domain.ids import CustomerId, IdMaker, MethodId, PersonId, PriceId, ProductId, SubscriptionId
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.renewal import next_step_at
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.gateways.sandbox.numbers import TOKEN_PREFIX, by_name
from purring.gateways.sandbox.script import SANDBOX

AGE_DAYS_MAX = 900
TRIAL_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A payment method with what the sandbox will answer for it."""

    method: PaymentMethod
    script: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """One customer with its subscription and methods; the first method pays, a second is the agreed backup."""

    name: str
    place: Place
    customer: Customer
    subscription: Subscription
    wallets: tuple[Wallet, ...]


@dataclass(slots=True, kw_only=True)
class Catalog:
    """The merchant's products and prices, made as they are first asked for."""

    merchant: Merchant
    ids: IdMaker
    products: dict[str, Product] = field(default_factory=dict)
    prices: dict[tuple[str, str, str], Price] = field(default_factory=dict)

    def price(self, product: str, currency: str, interval: str) -> Price:
        """The price of a product in a currency, per interval."""
        key = (product, currency, interval)
        if key not in self.prices:
            self.prices[key] = Price(
                id=PriceId(self.ids.new("price_")),
                merchant_id=self.merchant.id,
                product_id=self._product(product).id,
                unit_amount=_amount(*key),
                interval=parse_interval(interval),
            )
        return self.prices[key]

    def _product(self, name: str) -> Product:
        if name not in self.products:
            product_id = ProductId(self.ids.new("prod_"))
            self.products[name] = Product(id=product_id, merchant_id=self.merchant.id, name=name)
        return self.products[name]


def _amount(product: str, currency: str, interval: str) -> Money:
    """What one unit costs per period: a multiple of the smallest product's monthly price."""
    monthly = places.MONTHLY_MINOR[currency] * places.PRODUCTS[product]
    return Money(int(monthly * places.MONTHS_PAID[interval]), currency)


def buyers(catalog: Catalog, seed: int, count: int, now: datetime) -> list[Buyer]:
    """Make up so many customers, all from one seed."""
    return [_buyer(catalog, seed, number, now) for number in range(1, count + 1)]


def _buyer(catalog: Catalog, seed: int, number: int, now: datetime) -> Buyer:
    name = f"c{number:05d}"
    dice = Dice(seed, "buyer", name)
    place = dice.pick(places.PLACES)
    customer = _customer(catalog.ids, dice, place, name)
    trouble = shares.SHAKY if dice.happens(shares.SHAKY_SHARE) else shares.RELIABLE
    schemes = _schemes(dice, place)
    wallets = tuple(
        wallet(
            catalog.ids,
            customer.id,
            f"{scheme}-{name}x{position}",
            Dice(seed, "issuer", name, position),
            now,
            trouble=trouble,
            backup=position > 0,
        )
        for position, scheme in enumerate(schemes)
    )
    return Buyer(
        name=name,
        place=place,
        customer=customer,
        subscription=_subscription(catalog, dice, place.currency, customer, [one.method for one in wallets]),
        wallets=wallets,
    )


def _schemes(dice: Dice, place: Place) -> list[str]:
    """What the customer pays with, and for some a card that steps in."""
    by_bank = bool(place.bank_scheme) and dice.happens(place.bank_share)
    main = place.bank_scheme if by_bank else dice.pick(shares.CARD_NETWORKS)
    return [main, dice.pick(shares.CARD_NETWORKS)] if dice.happens(shares.BACKUP_SHARE) else [main]


def wallet(
    ids: IdMaker,
    customer_id: CustomerId,
    test_name: str,
    dice: Dice,
    now: datetime,
    *,
    trouble: float,
    backup: bool = False,
) -> Wallet:
    """A method behind one of the sandbox's test names, which is its token, with the issuer's answers to come."""
    instrument = by_name(test_name)
    assert instrument, f"{test_name} is no test name of the sandbox"
    is_card = instrument.kind == MethodKind.CARD
    method = PaymentMethod(
        id=MethodId(ids.new("pm_")),
        customer_id=customer_id,
        kind=MethodKind(instrument.kind),
        gateway=SANDBOX,
        token=f"{TOKEN_PREFIX}{test_name}",
        fingerprint=instrument.fingerprint,
        scheme=instrument.network,
        last4=instrument.last4,
        created_at=now,
        exp_month=dice.between(1, 12) if is_card else None,
        exp_year=now.year + dice.between(1, 4) if is_card else None,
        backup_consent_at=now if backup else None,
    )
    return Wallet(method=method, script=script_for(dice, instrument.network, trouble))


def _customer(ids: IdMaker, dice: Dice, place: Place, name: str) -> Customer:
    customer_id = CustomerId(ids.new("cus_"))
    stem, trade = dice.pick(_even(places.STEMS)), dice.pick(_even(places.TRADES))
    people = 2 if dice.happens(shares.TWO_PEOPLE_SHARE) else 1
    return Customer(
        id=customer_id,
        name=place.company.format(f"{stem} {trade}"),
        timezone=dice.pick(place.timezones),
        locale=place.locale,
        country=place.country,
        external_id=name,
        people=tuple(_person(ids, dice, place, customer_id, f"{name}-{n}") for n in range(people)),
    )


def _person(ids: IdMaker, dice: Dice, place: Place, customer_id: CustomerId, mailbox: str) -> Person:
    first, last = dice.pick(_even(place.first_names)), dice.pick(_even(place.last_names))
    return Person(
        id=PersonId(ids.new("per_")),
        customer_id=customer_id,
        name=f"{first} {last}",
        email=f"{mailbox}@customers.example",
        locale=place.locale,
        role=Role.BILLING_ADMIN if mailbox.endswith("-0") else Role.PAYER,
    )


def _even(things: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(things, 1.0)


def _subscription(
    catalog: Catalog, dice: Dice, currency: str, customer: Customer, methods: Sequence[PaymentMethod]
) -> Subscription:
    """A subscription that has run for a while, or one that is being tried out."""
    now = methods[0].created_at
    today = local_date(now, zone(catalog.merchant.timezone))
    price = catalog.price(dice.pick(places.PRODUCTS_SOLD), currency, dice.pick(shares.INTERVALS))
    running = _on_trial(dice, today) if dice.happens(shares.TRIAL_SHARE) else _in_a_period(dice, price, today)
    made = Subscription(
        id=SubscriptionId(catalog.ids.new("sub_")),
        customer_id=customer.id,
        status=running.status,
        price=price,
        quantity=dice.between(1, 12),
        anchor_on=running.anchor_on,
        next_period_index=running.next_index,
        period_start_on=running.start_on,
        period_end_on=running.end_on,
        method_id=methods[0].id,
        method_tied_at=now,
        backup_method_id=methods[1].id if len(methods) > 1 else None,
        external_id=customer.external_id,
    )
    return _wound(made, catalog.merchant)


def _wound(subscription: Subscription, merchant: Merchant) -> Subscription:
    """The subscription with its clock set to the next renewal."""
    return replace(subscription, next_step_at=next_step_at(subscription, merchant))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """Where a subscription stands in its periods."""

    status: SubscriptionStatus
    anchor_on: date
    next_index: int
    start_on: date
    end_on: date


def _on_trial(dice: Dice, today: date) -> _Running:
    """The last days of a trial; the first period begins when it ends."""
    anchor_on = today + timedelta(days=dice.between(1, TRIAL_DAYS))
    start_on = anchor_on - timedelta(days=TRIAL_DAYS)
    return _Running(
        status=SubscriptionStatus.TRIALING, anchor_on=anchor_on, next_index=0, start_on=start_on, end_on=anchor_on
    )


def _in_a_period(dice: Dice, price: Price, today: date) -> _Running:
    """Somewhere in a period that was billed elsewhere."""
    anchor_on = today - timedelta(days=dice.between(1, AGE_DAYS_MAX))
    now_on = period_containing(anchor_on, price.interval, today)
    return _Running(
        status=SubscriptionStatus.ACTIVE,
        anchor_on=anchor_on,
        next_index=now_on.index + 1,
        start_on=now_on.start_on,
        end_on=now_on.end_on,
    )
