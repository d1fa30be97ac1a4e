"""What the tables refuse by themselves, whoever writes to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from purring.domain.changes import Changes
from purring.domain.errors import NaiveTime
from purring.domain.event import EventDraft, EventKind
from purring.domain.facts import Facts
from purring.domain.ids import LetterId, MandateId
from purring.domain.mandate import Mandate
from purring.domain.money import Money
from purring.domain.norway.letters import Entry, EntryKind
from purring.store import letters, mandates
from purring.store.columns import metadata
from purring.store.schema import (
    APPEND_ONLY,
    attempt,
    invoice,
    invoice_line,
    payment_method,
    price,
    subscription,
)
from purring.store.types import OneOf
from tests.store.world import NOW, World


def _set(world: World, table: Table, **values: Any) -> None:
    with world.store.transaction() as conn:
        assert conn.execute(update(table).values(**values)).rowcount


def _filled(world: World) -> None:
    facts = world.due()
    world.save(Changes(created=(world.attempt(facts), world.recovery(facts), world.notice(facts))))
    with world.store.transaction() as conn:
        letters.add(conn, world.merchant.id, _reminder(world, facts))
        mandates.add(conn, world.merchant.id, _mandate(world, facts))


def _mandate(world: World, facts: Facts) -> Mandate:
    """What the customer's only person agreed to for the customer's only method."""
    return Mandate(
        id=MandateId(world.ids.new("man_")),
        method_id=facts.methods[0].id,
        person_id=facts.customer.people[0].id,
        scheme="sepa",
        version="sepa-1",
        locale="nb",
        text="SEPA-mandat\n\nDu godtar.",
        agreed_at=NOW,
    )


def _reminder(world: World, facts: Facts) -> Entry:
    """A reminder of today with a fee, about an invoice that was due a month ago."""
    return Entry(
        id=LetterId(world.ids.new("ltr_")),
        invoice_id=facts.invoice.id,
        kind=EntryKind.REMINDER,
        dated_on=NOW.date(),
        due_on=NOW.date() - timedelta(days=30),
        deadline_on=NOW.date() + timedelta(days=14),
        amount=Money(3800, "NOK"),
        recorded_at=NOW,
    )


IMPOSSIBLE: list[tuple[Table, dict[str, Any]]] = [
    (price, {"unit_amount_minor": 0}),
    (price, {"trial_days": -1}),
    (price, {"interval_count": 0}),
    (price, {"currency": "KR"}),
    (subscription, {"quantity": 0}),
    (subscription, {"next_period_index": -1}),
    (subscription, {"period_end_on": NOW.date()}),
    (payment_method, {"exp_month": 13}),
    (payment_method, {"last4": "424242"}),
    (payment_method, {"status": "removed"}),
    (invoice, {"total_minor": 0}),
    (invoice, {"paid_minor": -1}),
    (invoice, {"refunded_minor": -1}),
    (invoice, {"credited_minor": -1}),
    (invoice, {"period_start_on": NOW.date()}),
    (invoice_line, {"quantity": 0}),
    (attempt, {"amount_minor": 0}),
    (attempt, {"captured_minor": -1}),
    (attempt, {"ended_at": NOW}),
    (attempt, {"status": "declined"}),
    (attempt, {"key_expires_at": NOW}),
]


def test_what_can_not_be_true_is_refused(world: World) -> None:
    """Amounts, counts, periods and states that make no sense can't be stored, even by hand."""
    _filled(world)
    for table, values in IMPOSSIBLE:
        with pytest.raises(IntegrityError):
            _set(world, table, **values)


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column.name) for table in metadata.sorted_tables for column in table.c if isinstance(column.type, OneOf)],
)
def test_every_closed_list_is_checked(table: Table, column: str) -> None:
    """Each column that holds a member of a closed list has a check of that name, with exactly its values."""
    checks = {str(check.name): str(getattr(check, "sqltext", "")) for check in table.constraints}
    type_ = table.c[column].type
    assert isinstance(type_, OneOf)
    assert f"{column} IN ({type_.values_sql()})" == checks[f"ck_{table.name}_{column}"]


def test_no_value_outside_a_closed_list_is_stored(world: World) -> None:
    """A status that doesn't exist is refused by the store before the database sees it, and by the database too."""
    _filled(world)
    with pytest.raises(StatementError, match="lost"):
        _set(world, invoice, status="lost")
    with pytest.raises(IntegrityError), world.store.transaction() as conn:
        conn.exec_driver_sql("UPDATE invoice SET status = 'lost'")


def test_what_only_grows_can_be_neither_changed_nor_deleted(world: World) -> None:
    """Events, journal, policies, letters and mandates refuse UPDATE and DELETE, and keep what they have."""
    _filled(world)
    for table in APPEND_ONLY:
        for statement in (update(table).values(merchant_id="mer_other"), delete(table)):
            with pytest.raises(DBAPIError, match="only grows"), world.store.transaction() as conn:
                conn.execute(statement)
        with world.store.reading() as conn:
            assert conn.execute(select(table).where(table.c.merchant_id == world.merchant.id)).first()


IMPOSSIBLE_LETTERS: list[dict[str, Any]] = [
    {"amount": Money(-1, "NOK")},
    {"kind": EntryKind.OBJECTION},
    {"due_on": NOW.date()},
    {"kind": EntryKind.COMPENSATION, "due_on": NOW.date()},
    {"deadline_on": NOW.date() - timedelta(days=1)},
    {},
]


@pytest.mark.parametrize("fields", IMPOSSIBLE_LETTERS, ids=str)
def test_letters_that_can_not_be_are_refused(world: World, fields: dict[str, Any]) -> None:
    """None claims less than nothing, comes in time, ends before it begins or comes twice a day; no objection costs."""
    facts = world.due()
    reminder = _reminder(world, facts)
    with world.store.transaction() as conn:
        letters.add(conn, world.merchant.id, reminder)
    again = replace(reminder, id=LetterId(world.ids.new("ltr_")), **fields)
    with pytest.raises(IntegrityError), world.store.transaction() as conn:
        letters.add(conn, world.merchant.id, again)
    with world.store.reading() as conn:
        assert [reminder] == letters.of_invoice(conn, world.merchant.id, facts.invoice.id)


def test_no_row_can_point_at_another_merchants(world: World) -> None:
    """What belongs to one merchant isn't there for the next, even under its right id."""
    facts = world.due()
    other = World(world.store, ids=world.ids)
    own = other.due()
    for wrong in (
        other.attempt(own, method_id=facts.methods[0].id),
        other.attempt(own, invoice_id=facts.invoice.id),
        other.recovery(own, invoice_id=facts.invoice.id),
        other.notice(own, customer_id=facts.customer.id),
    ):
        with pytest.raises(IntegrityError):
            other.save(Changes(created=(wrong,)))
    with pytest.raises(IntegrityError):
        other.subscription(own.customer, facts.methods[0])
    with pytest.raises(IntegrityError):
        other.card(facts.customer)


def test_the_merchant_leads_every_key() -> None:
    """Primary and foreign keys start with the merchant; only what gateways tell is stored before its owner is known."""
    for table in metadata.sorted_tables:
        if table.name in {"merchant", "inbound_event", "found_charge", "installation", "throttle", "permit"}:
            continue
        assert "merchant_id" == next(iter(table.primary_key)).name, table.name
        for key in table.foreign_key_constraints:
            assert "merchant_id" == key.column_keys[0], (table.name, key.name)


def test_every_constraint_and_index_has_a_name() -> None:
    """A later migration can only drop what it can name."""
    for table in metadata.sorted_tables:
        assert all(constraint.name for constraint in table.constraints), table.name
        assert all(index.name for index in table.indexes), table.name


@pytest.mark.parametrize("wrong", [NOW.replace(tzinfo=None), NOW.astimezone(timezone(timedelta(hours=1)))])
def test_times_that_are_not_in_utc_are_refused(world: World, wrong: datetime) -> None:
    """A naive time, or one in another zone, doesn't reach the database on either way there."""
    facts = world.due()
    with pytest.raises(StatementError, match="invoice") as caught:
        _set(world, invoice, next_step_at=wrong)
    assert isinstance(caught.value.orig, NaiveTime)
    with pytest.raises(NaiveTime):
        world.change(replace(facts.invoice, next_step_at=wrong))


def test_what_json_can_not_hold_is_refused(world: World) -> None:
    """A date in an event's data is a bug, not a string."""
    facts = world.due()
    said = EventDraft(kind=EventKind.INVOICE_PAID, object_id=facts.invoice.id, at=NOW, data={"on": NOW.date()})
    with pytest.raises(TypeError, match="not JSON serializable"):
        world.save(Changes(events=(said,)))
