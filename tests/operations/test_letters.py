"""Letters about overdue Norwegian invoices: recorded as the law allows, beside the invoice, and never by a decline."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purring.domain.customer import CustomerKind
from purring.domain.errors import InvalidDate, RefusalCode, Refused, StaleWrite, UnknownField
from purring.domain.invoice import Invoice
from purring.domain.money import Money
from purring.domain.norway.kid import KidAgreement, KidScheme
from purring.domain.norway.law import LetterKind
from purring.domain.norway.terms import CHARGE_WORDS, Charge, DunningTerms
from purring.domain.norway.texts import TEXTS
from purring.domain.policy import Policy
from purring.i18n.catalog import translator
from purring.operations.explain import explain
from purring.operations.explain_object import explained_object
from purring.operations.explain_text import explained
from purring.operations.kid import kid_of
from purring.operations.letters import NewLetter, record_compensation, record_letter, record_objection, ruling
from purring.operations.letters_text import ruling_lines, ruling_object
from purring.operations.merchants import change_policy_by
from purring.operations.policy_document import document
from tests.world import PRICE, Shop, World

ALL = Policy(dunning=DunningTerms(charges=frozenset(Charge)))
TODAY = date(2026, 3, 2)
"""The world's first day, a Monday: what is invoiced on it is due on it."""
FEE = Money(3800, "NOK")


@pytest.fixture
def willing(world: World) -> Shop:
    """A merchant who wants every charge."""
    return world.shop(policy=ALL)


def overdue(shop: Shop, days: int = 14, **fields: Any) -> Invoice:
    """An invoice of the first day, so many days later, of a business unless told otherwise."""
    invoice = shop.hand_over(shop.customer(**{"kind": CustomerKind.BUSINESS, **fields}))
    shop.world.later(days=days)
    return invoice


def reminder(day: int, *, month: int = 3, deadline: date | None = None, **fields: Any) -> NewLetter:
    """A reminder of a day in 2026."""
    return NewLetter(
        **{"kind": LetterKind.REMINDER, "sent_on": date(2026, month, day), "deadline_on": deadline, **fields}
    )


def test_a_fee_is_claimed_from_the_fourteenth_day_and_the_invoice_stays_as_it_is(willing: Shop) -> None:
    """On the day before it is refused with the day; on the day the fee stands beside an unchanged invoice."""
    invoice = overdue(willing)
    with pytest.raises(Refused, match=r"no fee in the first 14 days\. The earliest day is 2026-03-16\. \[N1"):
        record_letter(willing.services, willing.id, invoice.number, reminder(15, with_fee=True))
    entry = record_letter(willing.services, willing.id, invoice.number, reminder(16, with_fee=True))
    assert (FEE, TODAY) == (entry.amount, entry.due_on)
    assert {"N1", "N2", "N3", "inkassosats"} <= {ground.rule_id for ground in entry.grounds}
    assert (PRICE, PRICE) == (willing.facts(invoice.id).invoice.total, willing.facts(invoice.id).invoice.owed)
    assert "invoice.letter_recorded" in willing.events(invoice.customer_id)


def test_nothing_is_claimed_by_default(shop: Shop) -> None:
    """Letters may be recorded; a fee is refused until the policy names it."""
    invoice = overdue(shop)
    assert not record_letter(shop.services, shop.id, invoice.number, reminder(3)).amount
    with pytest.raises(Refused, match="terms don't include") as caught:
        record_letter(shop.services, shop.id, invoice.number, reminder(16, with_fee=True))
    assert RefusalCode.CLAIM_NOT_ALLOWED is caught.value.code


def test_the_law_s_course(world: World, willing: Shop) -> None:
    """Reminder, its deadline missed, notice; then no third fee, and the compensation less what was claimed."""
    invoice = overdue(willing, days=45)
    book = (willing.services, willing.id, invoice.number)
    record_letter(*book, reminder(16, deadline=date(2026, 3, 30), with_fee=True))
    with pytest.raises(Refused, match="sets a deadline of 2026-04-14 or later"):
        record_letter(*book, NewLetter(kind=LetterKind.COLLECTION_NOTICE, sent_on=date(2026, 3, 31)))
    notice = NewLetter(
        kind=LetterKind.COLLECTION_NOTICE,
        sent_on=date(2026, 3, 31),
        deadline_on=date(2026, 4, 14),
        with_fee=True,
    )
    assert FEE == record_letter(*book, notice).amount
    with pytest.raises(Refused, match="No reminder or notice bears a fee"):
        record_letter(*book, reminder(15, month=4, with_fee=True))
    assert Money(46_000 - 7_600, "NOK") == record_compensation(*book).amount
    with pytest.raises(Refused, match="fees are part of it"):
        record_compensation(*book)
    assert PRICE == willing.facts(invoice.id).invoice.owed
    assert [] == [one for one in world.captured().values() if one]


def test_an_objection_stops_everything_until_it_is_settled(willing: Shop) -> None:
    """Also for letters of its days that are told of later."""
    invoice = overdue(willing, days=40)
    book = (willing.services, willing.id, invoice.number)
    record_objection(*book, on=date(2026, 3, 20))
    for new in (reminder(21), reminder(10)):
        with pytest.raises(Refused, match="objects with reason"):
            record_letter(*book, new)
    with pytest.raises(Refused, match="stands already"):
        record_objection(*book)
    record_objection(*book, on=date(2026, 3, 25), settled=True)
    with pytest.raises(Refused, match="No objection stands"):
        record_objection(*book, settled=True)
    with pytest.raises(Refused, match="objects with reason"):
        record_letter(*book, reminder(24))
    assert FEE == record_letter(*book, reminder(25, with_fee=True)).amount


def test_what_cannot_be_recorded_is_refused(world: World, willing: Shop) -> None:
    """A letter to come or sent twice, another due date, a consumer's compensation, a foreigner, a paid invoice."""
    invoice = overdue(willing, kind=CustomerKind.CONSUMER)
    book = (willing.services, willing.id, invoice.number)
    with pytest.raises(InvalidDate, match="still to come"):
        record_letter(*book, reminder(17))
    record_letter(*book, reminder(10))
    with pytest.raises(Refused, match="recorded already"):
        record_letter(*book, reminder(10))
    with pytest.raises(InvalidDate, match="went by 2026-03-02"):
        ruling(*book, due_on=date(2026, 3, 9))
    with pytest.raises(Refused, match="consumer"):
        record_compensation(*book)
    swede = willing.hand_over(willing.customer(country="SE"))
    with pytest.raises(Refused, match="Only what Norwegian customers owe in kroner"):
        ruling(willing.services, willing.id, swede.number)
    paid = willing.sold("approve")
    world.work()
    with pytest.raises(Refused, match="Nothing is owed"):
        ruling(willing.services, willing.id, willing.invoice(paid).number)


def test_a_later_due_date_gives_more_time(willing: Shop) -> None:
    """The day that the invoice named counts; on a day off, the next on which banks work."""
    invoice = overdue(willing)
    found = ruling(willing.services, willing.id, invoice.number, due_on=date(2026, 4, 3))
    assert date(2026, 4, 7) == found.book.due_on


@pytest.mark.parametrize("locale", ["en", "nb"])
def test_a_ruling_is_said_in_both_languages(willing: Shop, locale: str) -> None:
    """Each charge with its amount or obstacle, earliest day and grounds, as text and for programs."""
    invoice = overdue(willing)
    record_letter(willing.services, willing.id, invoice.number, reminder(16, with_fee=True))
    found = ruling(willing.services, willing.id, invoice.number)
    text, made = "\n".join(ruling_lines(found, locale)), ruling_object(found, locale)
    assert made == json.loads(json.dumps(made))
    expected = {"en": "NOK 38.00 is claimed.", "nb": "38,00 kr kreves."}[locale]
    assert expected in text
    charges: Any = made["charges"]
    assert [charge.value for charge in Charge] == [one["charge"] for one in charges]
    assert all(one["text"] in text and one["grounds"] for one in charges)
    told = explain(willing.services, willing.id, invoice.number)
    assert expected in "\n".join(explained(told, locale))
    assert "38.00 NOK" == explained_object(told, locale)["claimed"]


@pytest.mark.parametrize("text", [*TEXTS.values(), *CHARGE_WORDS.values()])
def test_every_message_is_translated(text: str) -> None:
    """Another sentence in Bokmål."""
    assert translator("nb").gettext(text) != text


def test_terms_change_by_document_and_only_while_rates_are_known(world: World, shop: Shop) -> None:
    """A new version with its event; refused, with the remedy, from the day on for which no rate is known."""
    newer = change_policy_by(shop.services, shop.id, {"version": 1, "dunning": {"charges": ["late_interest"]}})
    assert (2, DunningTerms(charges=frozenset({Charge.LATE_INTEREST}))) == (newer.policy.version, newer.policy.dunning)
    assert newer == change_policy_by(shop.services, shop.id, document(newer.policy))
    with pytest.raises(StaleWrite):
        change_policy_by(shop.services, shop.id, {"version": 1, "window_days": 30})
    with pytest.raises(UnknownField, match="policy has no field 'fees'"):
        change_policy_by(shop.services, shop.id, {"fees": True})
    with pytest.raises(Exception, match="knows no 'retry_fee'; use reminder_fee"):
        change_policy_by(shop.services, shop.id, {"dunning": {"charges": ["retry_fee"]}})
    world.later(days=310)
    assert 30 == change_policy_by(shop.services, shop.id, {"window_days": 30}).policy.window_days
    with pytest.raises(Refused, match=r"reminder_fee can't be turned on.*Update Purring once the new rates"):
        change_policy_by(shop.services, shop.id, {"dunning": {"charges": ["late_interest", "reminder_fee"]}})


def test_an_own_invoice_has_a_kid(world: World) -> None:
    """From its number, under the merchant's agreement; an invoice of another biller has none."""
    shop = world.shop(policy=Policy(kid=KidAgreement(scheme=KidScheme.MOD10, length=7)))
    sold = shop.sold("approve")
    world.work()
    assert "0000018" == kid_of(shop.facts(sold))
    assert kid_of(shop.facts(shop.hand_over(shop.customer()).id)) is None


def test_no_decline_ever_claims_anything(world: World, willing: Shop) -> None:
    """Whatever is declined with every term on: no letter, no fee, and what is charged is the invoice's amount."""

    @settings(max_examples=8)
    @given(st.lists(st.sampled_from(["visa 51", "visa 05", "visa 14", "visa 91", "approve"]), min_size=1, max_size=4))
    def declined(answers: list[str]) -> None:
        sold = willing.sold(*answers)
        world.play(days=20)
        facts = willing.facts(sold)
        assert {PRICE} == {facts.invoice.total, *(attempt.amount for attempt in facts.attempts)}

    declined()
    assert [] == world.dump()["letter"]
    assert {PRICE} >= {amount for amounts in world.captured().values() for amount in amounts}
