"""What is written is what is read, for every noun, however it is filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Attempt
from purring.domain.catalog import COUNT_MAX, NAME_CHARS_MAX, TRIAL_DAYS_MAX, Interval, IntervalUnit, Price, Product
from purring.domain.changes import Changes
from purring.domain.customer import Customer, CustomerKind, Person, Role
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, InvoiceId, MerchantId, PersonId, PriceId, ProductId
from purring.domain.invoice import Invoice, InvoiceLine
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery
from purring.domain.subscription import Subscription
from purring.store import (
    attempts,
    catalog,
    customers,
    invoices,
    merchants,
    methods,
    notices,
    policies,
    recoveries,
    subscriptions,
)
from purring.store.engine import Store
from tests.store import strategies
from tests.store.strategies import ALPHABET, moneys, texts
from tests.store.world import NOW, World

_Noun = TypeVar("_Noun", PaymentMethod, Subscription, Invoice, Attempt, Recovery)


def _round_trips(
    world: World, make: Callable[[Facts], st.SearchStrategy[_Noun]], read: Callable[[Facts], _Noun]
) -> None:
    """Change a noun of an invoice again and again, and read each change back."""
    first = world.due()
    world.save(Changes(created=(world.attempt(first), world.recovery(first), world.notice(first))))
    seen = [world.facts(first.invoice)]

    @given(st.data())
    def write_and_read(data: st.DataObject) -> None:
        noun = data.draw(make(seen[-1]))
        world.change(noun)
        seen.append(world.facts(first.invoice))
        assert replace(noun, version=noun.version + 1) == read(seen[-1])

    write_and_read()


def test_payment_methods_are_read_as_written(world: World) -> None:
    """Each field of a payment method comes back, and its version has risen."""
    _round_trips(world, lambda facts: strategies.changed_methods(facts.methods[0]), lambda facts: facts.methods[0])


def test_subscriptions_are_read_as_written(world: World) -> None:
    """Each field of a subscription comes back, and its version has risen."""
    _round_trips(world, strategies.changed_subscriptions, _subscription)


def test_invoices_are_read_as_written(world: World) -> None:
    """Each field of an invoice comes back, and its version has risen."""
    _round_trips(world, lambda facts: strategies.changed_invoices(facts.invoice), lambda facts: facts.invoice)


def test_attempts_are_read_as_written(world: World) -> None:
    """Each field of an attempt comes back, and its version has risen."""
    _round_trips(world, lambda facts: strategies.changed_attempts(facts.attempts[0]), lambda facts: facts.attempts[0])


def test_attempts_are_created_as_written(world: World) -> None:
    """Each field of a new attempt comes back."""
    facts = world.due()

    @given(st.data())
    def write_and_read(data: st.DataObject) -> None:
        invoice = world.invoice(_subscription(facts))
        written = data.draw(strategies.attempts(world.attempt(facts, invoice_id=invoice.id)))
        world.save(Changes(created=(written,)))
        assert (written,) == world.facts(invoice).attempts

    write_and_read()


def test_invoices_are_created_as_written(world: World) -> None:
    """Each field of a new invoice comes back."""
    customer = world.customer()

    @given(st.data())
    def write_and_read(data: st.DataObject) -> None:
        blank = world.invoice(world.subscription(customer, None))
        written = replace(data.draw(strategies.invoices(blank)), id=InvoiceId(world.ids.new("inv_")), number=blank.id)
        written = replace(written, subscription_id=None, lines=())
        world.save(Changes(created=(written,)))
        assert written == world.facts(written).invoice

    write_and_read()


def test_recoveries_are_read_as_written(world: World) -> None:
    """Each field of a recovery comes back, and its version has risen."""
    _round_trips(world, lambda facts: strategies.recoveries(_recovery(facts)), _recovery)


def _subscription(facts: Facts) -> Subscription:
    assert facts.subscription
    return facts.subscription


def _recovery(facts: Facts) -> Recovery:
    assert facts.recovery
    return facts.recovery


def test_notices_are_read_as_written(world: World) -> None:
    """Each field of a notice comes back."""
    facts = world.due()

    @given(st.data())
    def write_and_read(data: st.DataObject) -> None:
        written = data.draw(strategies.notices(world.notice(facts)))
        world.save(Changes(created=(written,)))
        assert written in world.facts(facts.invoice).notices

    write_and_read()


def test_invoices_are_created_with_their_lines(world: World) -> None:
    """Lines come back in their order, whatever they say."""
    subscription = _subscription(world.due())

    @given(strategies.lines(world.ids))
    def write_and_read(lines: tuple[InvoiceLine, ...]) -> None:
        invoice = world.invoice(subscription, lines=lines)
        assert invoice == world.facts(invoice).invoice

    write_and_read()


def test_customers_are_read_as_written(world: World) -> None:
    """A customer comes back with everybody who looks after its billing."""
    merchant_id = world.merchant.id

    @given(
        st.lists(st.tuples(texts, texts, texts, st.sampled_from(Role)), max_size=4),
        st.tuples(texts, texts, texts, texts),
        st.booleans(),
    )
    def write_and_read(people: list[tuple[str, str, str, Role]], words: tuple[str, ...], known: bool) -> None:  # noqa: FBT001 - drawn
        customer_id = CustomerId(world.ids.new("cus_"))
        written = Customer(
            id=customer_id,
            name=words[0],
            timezone=words[1],
            locale=words[2],
            country=words[3],
            kind=CustomerKind.BUSINESS if known else CustomerKind.CONSUMER,
            external_id=customer_id.upper() if known else None,
            people=tuple(
                Person(
                    id=PersonId(world.ids.new("per_")),
                    customer_id=customer_id,
                    name=name,
                    email=email,
                    locale=locale,
                    role=role,
                )
                for name, email, locale, role in people
            ),
        )
        with world.store.transaction() as conn:
            customers.create_many(conn, merchant_id, [written])
            assert written == customers.get(conn, merchant_id, customer_id)
            found = customers.by_external_id(conn, merchant_id, [customer_id.upper()])
            assert ([written] if known else []) == list(found.values())

    write_and_read()


def test_products_and_prices_are_read_as_written(world: World) -> None:
    """A price comes back with its amount and its interval."""
    merchant_id = world.merchant.id
    intervals = st.builds(Interval, unit=st.sampled_from(IntervalUnit), count=st.integers(1, COUNT_MAX))
    names = st.text(ALPHABET, min_size=1, max_size=NAME_CHARS_MAX).filter(str.strip)

    @given(names, moneys, intervals, st.integers(0, TRIAL_DAYS_MAX))
    def write_and_read(name: str, amount: Money, interval: Interval, trial_days: int) -> None:
        product = Product(id=ProductId(world.ids.new("prod_")), merchant_id=merchant_id, name=name)
        price = Price(
            id=PriceId(world.ids.new("price_")),
            merchant_id=merchant_id,
            product_id=product.id,
            unit_amount=amount,
            interval=interval,
            trial_days=trial_days,
        )
        with world.store.transaction() as conn:
            catalog.create_products(conn, [product])
            catalog.create_prices(conn, [price])
            assert product == catalog.products_of(conn, merchant_id)[-1]
            assert price == catalog.prices_of(conn, merchant_id)[-1]
            assert {(merchant_id, price.id): price} == catalog.load_prices(conn, [(merchant_id, price.id)])
            assert {(merchant_id, product.id): product} == catalog.load_products(conn, [(merchant_id, product.id)])

    write_and_read()


def test_each_version_of_a_policy_is_kept(world: World) -> None:
    """A merchant has its newest policy; recoveries find the one they were opened with."""
    merchant = world.merchant

    @given(strategies.policies(1))
    def write_and_read(policy: Policy) -> None:
        with world.store.transaction() as conn:
            older = merchants.get(conn, merchant.id)
            newer = merchants.set_policy(conn, older, policy, NOW)
            assert replace(policy, version=older.policy.version + 1) == newer.policy
            assert newer == merchants.get(conn, merchant.id)
            versions = {(merchant.id, older.policy.version), (merchant.id, newer.policy.version)}
            assert [older.policy, newer.policy] == [policies.load(conn, versions)[key] for key in sorted(versions)]

    write_and_read()


def test_merchants_are_read_as_written(store: Store, world: World) -> None:
    """All merchants come back, oldest first."""
    other = replace(world.merchant, id=MerchantId(world.ids.new("mer_")), support_email="help@example.com")
    with store.transaction() as conn:
        merchants.create(conn, other, NOW)
        assert [world.merchant, other] == merchants.all_of(conn)
        with pytest.raises(NotFound):
            merchants.get(conn, MerchantId("mer_nobody"))


def test_every_column_of_a_noun_is_written() -> None:
    """No shape forgets a column: what isn't the noun's own is the merchant, or the lease."""
    shapes = (
        attempts.SHAPE,
        catalog.PRICE,
        catalog.PRODUCT,
        customers.PERSON,
        customers.SHAPE,
        invoices.SHAPE,
        methods.SHAPE,
        notices.SHAPE,
        recoveries.SHAPE,
        subscriptions.SHAPE,
    )
    for shape in shapes:
        left_out = {column.name for column in shape.table.columns} - set(shape.columns)
        assert left_out <= {"lease_owner", "lease_until", "fence"}, shape.table.name
