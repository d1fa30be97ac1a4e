"""Each sentence that must always hold is found broken where it is broken, and holds where it isn't."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, text

from purring.domain.money import Money
from purring.store import invariants
from purring.store.invariants import EXAMPLES_MAX, InvariantResult, Ledger, secrets
from purring.store.schema import (
    event,
)
from tests.store.histories import happened
from tests.store.plants import PLANTS, SOON
from tests.store.world import PRICE, World

NUMBERS = [2, 3, 4, 5, 6, 7, 8, 9, *range(12, 24), 28]


@pytest.fixture
def past_the_guards(world: World) -> Iterator[Engine]:
    """A way to the database as somebody has it who got at it itself."""
    engine = create_engine(world.store.url, json_deserializer=_as_text)
    yield engine
    engine.dispose()


def _as_text(json: str | bytes) -> str:
    """Leave JSON to the columns' types, as the store's own engine does."""
    return json if isinstance(json, str) else json.decode()


@contextmanager
def _by_hand(engine: Engine) -> Iterator[Connection]:
    """Write past keys, triggers and unique indexes, and take it all back."""
    with engine.connect() as conn:
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql("BEGIN")
            for name in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("SET LOCAL session_replication_role = replica"))
        conn.execute(text("DROP INDEX uq_attempt_open"))
        yield conn
        conn.rollback()


def _check(world: World, ledger: Ledger | None = None) -> list[InvariantResult]:
    with world.store.reading() as conn:
        return invariants.check(conn, SOON, ledger)


def test_honest_work_breaks_nothing(world: World) -> None:
    """Where an invoice was declined, told of, charged again and paid, every sentence holds."""
    happened(world)
    assert [(number, True, 0, ()) for number in NUMBERS] == [
        (one.number, one.holds, one.violations_count, one.examples) for one in _check(world)
    ]


def test_what_is_broken_is_found(world: World, past_the_guards: Engine) -> None:
    """Each planted violation is found under its numbers, and nothing else is."""
    history = happened(world)
    found = {}
    for what, (_, plant) in PLANTS.items():
        with _by_hand(past_the_guards) as conn:
            plant(conn, history)
            broken = [result for result in invariants.check(conn, SOON) if not result.holds]
        assert all(result.violations_count >= len(result.examples) > 0 for result in broken)
        found[what] = {result.number for result in broken}
    assert {what: numbers for what, (numbers, _) in PLANTS.items()} == found


def test_every_number_has_a_plant() -> None:
    """No sentence is checked that nobody has seen broken."""
    assert set(NUMBERS) == {number for numbers, _ in PLANTS.values() for number in numbers}


def test_of_many_violations_some_are_shown(world: World, past_the_guards: Engine) -> None:
    """All are counted, a few are named."""
    happened(world)
    for _ in range(EXAMPLES_MAX + 2):
        world.due()
    with _by_hand(past_the_guards) as conn:
        conn.execute(delete(event).where(event.c.kind == "invoice.issued"))
        silent = next(result for result in invariants.check(conn, SOON) if result.number == 21)
    assert (EXAMPLES_MAX + 3, EXAMPLES_MAX) == (silent.violations_count, len(silent.examples))


def test_the_gateways_ledger_is_compared(world: World) -> None:
    """Charged twice, for more, in another currency or for nothing we know is found, and so is money we don't know."""
    history = happened(world)
    paid, half = history.paid.id, Money(PRICE.minor // 2, "NOK")
    assert {1, 5}.isdisjoint(_broken(world, {paid: [PRICE]}))
    assert {1, 5}.isdisjoint(_broken(world, {paid: [half, half]}))
    assert {1, 5} == _broken(world, {paid: [PRICE, PRICE]})
    assert {1} == _broken(world, {paid: [Money(PRICE.minor, "SEK")]})
    assert {1} == _broken(world, {history.open.id: [PRICE, PRICE]})
    assert {1, 5} == _broken(world, {"inv_unknown": [PRICE]})


def _broken(world: World, ledger: Ledger) -> set[int]:
    return {result.number for result in _check(world, ledger) if not result.holds}


def test_a_card_number_is_found_wherever_it_stands(world: World, past_the_guards: Engine) -> None:
    """Whatever column it got into, also where the text around it is an event of a gateway or a document."""
    happened(world)
    with world.store.reading() as conn:
        assert [] == list(secrets.card_numbers(conn))
    with _by_hand(past_the_guards) as conn:
        conn.execute(text("UPDATE payment_method SET holder_name = 'Kari 4242-4242 42424242 12/30'"))
        conn.execute(text("UPDATE merchant SET name = '4242 4242 4242 4241'"))
        assert ["payment_method.holder_name"] == sorted(set(secrets.card_numbers(conn)))
