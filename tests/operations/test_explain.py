"""Every decision can be explained: the clause, the limits with their numbers, the rules, in sentences and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from purring.domain.clause import kept_clause
from purring.domain.errors import NotFound
from purring.domain.event import EventKind
from purring.domain.ids import InvoiceId
from purring.domain.invoice import Invoice
from purring.domain.policy import EndAction, Policy
from purring.domain.rulebook.limits import limits_for, usage
from purring.domain.subscription import Subscription
from purring.i18n.locales import locales
from purring.operations import recoveries
from purring.operations.explain import Explanation, RuleSeen, explain
from purring.operations.explain_object import explained_object
from purring.operations.explain_text import explained
from purring.operations.methods import set_backup
from purring.operations.pay import pay_now, retry_now
from purring.store import events
from tests.world import FUNDS, PRICE, Shop, World

GOLDEN = Path(__file__).parent / "golden"
FIFTEEN = "Our ceiling of 15 attempts per card and amount in 30 days"


def explanation(shop: Shop, of: Subscription | Invoice) -> Explanation:
    """What is known of an invoice, or of a subscription's newest one."""
    invoice = of if isinstance(of, Invoice) else shop.invoice(of)
    return explain(shop.services, shop.id, invoice.number)


def told(shop: Shop, of: Subscription | Invoice, locale: str = "en") -> str:
    """The explanation in one piece."""
    return "\n".join(explained(explanation(shop, of), locale)) + "\n"


def clauses(shop: Shop, of: Subscription) -> list[str]:
    """The clauses by which an invoice's attempts were made."""
    return [attempt.why[0] for attempt in shop.facts(of).attempts]


# ---------------------------------------------------------------------------------------------------------------------
# A whole recovery


@pytest.fixture
def recovered(world: World, shop: Shop) -> Subscription:
    """Mastercard asks to wait ten days; the charge after that is declined too, and the next one brings the money."""
    answers = ("mastercard 51 advice 30", "mastercard 51", "approve")
    customer = shop.customer()
    subscription = shop.subscribe(customer, shop.card(customer, *answers, test="mastercard-kari"))
    world.play(days=20)
    return subscription


@pytest.mark.parametrize("locale", locales())
def test_a_recovery_is_told_whole(recovered: Subscription, shop: Shop, locale: str) -> None:
    """Word for word as a person has read and approved it."""
    assert (GOLDEN / f"recovery.{locale}.txt").read_text(encoding="utf-8") == told(shop, recovered, locale)


def test_the_how_to_shows_what_is_really_said() -> None:
    """Its sample is part of that recovery, line for line."""
    page = (GOLDEN.parents[2] / "docs" / "how-to" / "explain-a-charge.md").read_text(encoding="utf-8")
    sample = page.partition("```text\n")[2].partition("```")[0]
    assert sample.startswith("Attempt 2 ")
    assert sample in (GOLDEN / "recovery.en.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", locales())
def test_an_object_says_the_same_and_is_json(recovered: Subscription, shop: Shop, locale: str) -> None:
    """Every sentence of the object stands in the text too; everything survives JSON."""
    found = explanation(shop, recovered)
    made = explained_object(found, locale)
    assert made == json.loads(json.dumps(made))
    text = "\n".join(explained(found, locale))
    sentences = [sentence for sentence in _values(made, "text") if sentence not in text]
    assert [] == sentences
    assert ["declined", "declined", "succeeded"] == [one["outcome"]["status"] for one in _list(made, "attempts")]


def test_an_object_names_rules_with_their_edition_and_limits_with_their_numbers(
    recovered: Subscription, shop: Shop
) -> None:
    """Programs read ids and figures, and never a sentence."""
    made: Any = explained_object(explanation(shop, recovered), "en")
    first, second, _ = made["attempts"]
    assert ["mastercard-advice:30", "iso8583:51"] == [rule["id"] for rule in first["outcome"]["rules"]]
    assert all(rule["edition"].startswith("20") for rule in first["outcome"]["rules"])
    assert "2026-03-12T12:00:00+00:00" == first["outcome"]["retry_not_before"]
    assert {"id", "figures", "text"} == set(second["clause"])
    assert ("network.delay", {"planned_at": "2026-03-10T09:00:00+00:00"}) == (
        second["clause"]["id"],
        second["clause"]["figures"],
    )
    used = {limit["rule_id"]: (limit["used"], limit["allowed"]) for limit in second["limits"]}
    assert ((1, 15), (0, 1)) == (used["card-amount-30d"], used["card-amount-24h"])


def _values(value: Any, key: str) -> list[Any]:  # noqa: ANN401 - JSON
    match value:
        case dict():
            own = [value[key]] if key in value else []
            return own + [found for one in value.values() for found in _values(one, key)]
        case list():
            return [found for one in value for found in _values(one, key)]
        case _:
            return []


def _list(value: Any, key: str) -> list[Any]:  # noqa: ANN401 - JSON
    found: list[Any] = value[key]
    return found


def test_a_recovery_is_found_by_every_name(recovered: Subscription, shop: Shop) -> None:
    """Its own id, its invoice's id and number."""
    facts = shop.facts(recovered)
    assert facts.recovery
    for name in (facts.recovery.id, facts.invoice.id, facts.invoice.number):
        assert facts.invoice.id == explain(shop.services, shop.id, name).facts.invoice.id
    with pytest.raises(NotFound):
        explain(shop.services, shop.id, "F-0")


# ---------------------------------------------------------------------------------------------------------------------
# The numbers that a decision saw


def test_the_numbers_are_kept_as_they_were(recovered: Subscription, shop: Shop) -> None:
    """Each attempt holds what every limit of its card had used just before, and its event carries the numbers."""
    facts = shop.facts(recovered)
    for count, attempt in enumerate(facts.attempts):
        uses = [use for use in facts.uses[attempt.fingerprint] if use.at < attempt.started_at]
        expected = usage(
            limits_for("mastercard", attempt.started_at.date()),
            uses,
            amount_minor=PRICE.minor,
            currency=PRICE.currency,
            invoice_id=facts.invoice.id,
            at=attempt.started_at,
        )
        assert expected == attempt.notes
        assert {"card-amount-30d": count}.items() <= {note.rule_id: note.used for note in attempt.notes}.items()
        with shop.services.store.reading() as conn:
            happened = events.of_objects(conn, shop.id, [attempt.id])
        started = next(one.data for one in happened if one.kind is EventKind.ATTEMPT_STARTED)
        clause = kept_clause(attempt.why)
        assert clause
        assert {
            "invoice_id": facts.invoice.id,
            "clause": clause.id,
            "figures": clause.plain(),
            "limits": [
                {"rule_id": note.rule_id, "edition": note.edition, "used": note.used, "allowed": note.allowed}
                for note in attempt.notes
            ],
        } == started


@pytest.fixture
def nearly_full(world: World, shop: Shop) -> Subscription:
    """A card on which thirteen charges of one amount were declined, by the customer's own hand but for the first."""
    subscription = shop.sold(FUNDS)
    world.work()
    for count in (8, 4):
        for _ in range(count):
            _pay(shop, subscription)
        world.later(hours=25)
    return subscription


def _pay(shop: Shop, of: Subscription) -> None:
    facts = shop.facts(of)
    assert facts.tied_method
    pay_now(shop.services, shop.id, facts.invoice.id, facts.tied_method.id)


def test_each_side_of_a_limit_shows_its_numbers(world: World, shop: Shop, nearly_full: Subscription) -> None:
    """The fifteenth attempt saw 14 of 15; after it the schedule says that nothing is left, and until when."""
    assert f"{FIFTEEN}: 9 of 15 used. [card-amount-30d 2026-11-22]" in told(shop, nearly_full)
    while len(shop.facts(nearly_full).attempts) < 15:
        _pay(shop, nearly_full)
    last = shop.facts(nearly_full).attempts[-1]
    assert ["14 of 15"] == [
        f"{note.used} of {note.allowed}" for note in last.notes if note.rule_id == "card-amount-30d"
    ]
    text = told(shop, nearly_full)
    assert f"{FIFTEEN}: 14 of 15 used. [card-amount-30d 2026-11-22]" in text
    assert "No further charge is planned. The networks' ceilings leave no room before the window closes." in text
    assert f"{FIFTEEN}: 15 of 15 used; the window opens on April 1, 2026 at 2:00 PM." in text
    assert f"{FIFTEEN}: 15 of 15 used. [" not in text


def test_a_full_limit_that_holds_no_customer_says_so(world: World, shop: Shop) -> None:
    """A customer pays within a day of the last attempt: the daily ceiling is ours, and for automatic charges only."""
    subscription = shop.sold(FUNDS)
    world.work()
    _pay(shop, subscription)
    said = "1 of 1 used; the window opens on March 3, 2026 at 1:00 PM. [card-amount-24h 2026-11-22] It doesn't hold a "
    assert f"{said}customer's own payment back." in told(shop, subscription)
    world.later(hours=25)
    retry_now(shop.services, shop.id, shop.invoice(subscription).id)
    assert 1 == told(shop, subscription).count("It doesn't hold")


# ---------------------------------------------------------------------------------------------------------------------
# What held a charge back is named when it is made at last


def test_a_charge_held_back_by_a_limit_names_it(world: World, shop: Shop) -> None:
    """Two first charges of one amount on one card: the second one waits a day, and says for which limit."""
    customer = shop.customer()
    card = shop.card(customer, FUNDS)
    first, second = shop.subscribe(customer, card), shop.subscribe(customer, card)
    world.play(days=1)
    made = {of.id: explanation(shop, of).attempts[0] for of in (first, second)}
    by_start = sorted(made.values(), key=lambda one: one.attempt.started_at)
    assert ["invoice.first_charge", "rule.delay"] == [one.attempt.why[0] for one in by_start]
    assert by_start[1].clause
    assert (
        "Planned for 2026-03-02 12:00 UTC; held back by the rules. Our ceiling of one attempt per card and amount in "
        "24 hours: 1 of 1 used; the window opens on 2026-03-03 12:00 UTC."
    ) == by_start[1].clause.text


def test_a_retry_held_back_by_a_limit_names_it(world: World, shop: Shop) -> None:
    """The customer tries in the evening before a retry: the retry comes later, and says why."""
    subscription = shop.sold(FUNDS)
    world.play(days=1, hours=8)
    _pay(shop, subscription)
    world.play(days=2)
    assert ["invoice.first_charge", "customer.pay_now", "rule.delay"] == clauses(shop, subscription)[:3]


def test_a_charge_that_nobody_made_in_time_is_late(world: World, shop: Shop) -> None:
    """No rule held it back, so none is named."""
    subscription = shop.sold(FUNDS)
    world.work()
    world.later(days=6)
    assert ["invoice.first_charge", "late"] == clauses(shop, subscription)


# ---------------------------------------------------------------------------------------------------------------------
# How answers were read, and what is to come


def test_a_hard_stop_is_said(world: World, shop: Shop) -> None:
    """Which rules forbid the card, and that nothing is charged any more."""
    subscription = shop.sold("visa 41")
    world.work()
    text = told(shop, subscription)
    assert "Outcome: declined: lost or stolen (never retry)." in text
    assert "The network forbids any further charge of this card." in text
    assert "No further charge is planned. This method isn't charged: lost or stolen (never retry). [" in text
    made: Any = explained_object(explanation(shop, subscription), "en")
    assert "card" == made["attempts"][0]["outcome"]["stop"]


def test_a_rule_that_is_gone_is_still_named(recovered: Subscription, shop: Shop) -> None:
    """A decision of old may rest on a row that no table has any more."""
    found = explanation(shop, recovered)
    gone = replace(found.attempts[0], rules=(RuleSeen(id="visa:of_old", edition=None, stop=None),))
    text = "\n".join(explained(replace(found, attempts=(gone,)), "en"))
    assert "Read by visa:of_old (in no table any more)." in text


def test_an_answer_without_codes_and_one_of_a_gateway_are_told(world: World, shop: Shop) -> None:
    """A gateway's own code stands under its name."""
    subscription = shop.sold("stripe insufficient_funds")
    world.work()
    assert "gateway code insufficient_funds." in told(shop, subscription)


def test_an_unknown_outcome_says_what_is_asked_and_when(world: World, shop: Shop) -> None:
    """While the gateway hasn't said what happened, nothing but questions is planned."""
    subscription = shop.sold("timeout after")
    world.work()
    text = told(shop, subscription)
    assert "Outcome: unknown (" in text
    assert "ask about attempt 1. The outcome is unknown: ask the gateway, 5 minutes after the charge." in text
    made: Any = explained_object(explanation(shop, subscription), "nb")
    assert ("resolve", made["attempts"][0]["id"]) == (made["steps"][0]["action"], made["steps"][0]["attempt_id"])


def test_a_backup_is_called_one(world: World, shop: Shop) -> None:
    """In the step to come, which a limit delays, and in the attempt that was made."""
    customer = shop.customer()
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    set_backup(shop.services, shop.id, subscription.id, shop.card(customer, FUNDS).id)
    world.play(days=1)
    text = told(shop, subscription)
    assert "Attempt 2 on March 2, 2026 at 1:00 PM: NOK 249.00 from the backup Visa ending in" in text
    assert "The customer agreed to a backup method; the main one failed on this step. [policy.backup]" in text


def test_what_ends_a_recovery_is_told(world: World) -> None:
    """Where the policy writes the invoice off, it says so; the object names the noun that changes."""
    shop = world.shop("Skog AS", Policy(end_action=EndAction.WRITE_OFF))
    subscription = shop.sold(FUNDS)
    world.work()
    text = told(shop, subscription)
    assert "the invoice becomes: uncollectible. Policy v1: write the invoice off when the window closes." in text
    assert "the recovery ends: written off. The window of 28 days closes." in text
    made: Any = explained_object(explanation(shop, subscription), "en")
    assert [("invoice", "uncollectible")] == [
        (step["of"], step["status"]) for step in made["steps"] if step["action"] == "set_status"
    ]


def test_steps_that_warn_and_suspend_are_told(world: World, shop: Shop) -> None:
    """The last notice, the suspension, and the end, each with its clause."""
    subscription = shop.sold(FUNDS)
    world.work()
    made: Any = explained_object(explanation(shop, subscription), "nb")
    assert ["charge", "notify", "set_status", "close"] == list(dict.fromkeys(step["action"] for step in made["steps"]))
    assert "abonnementet blir: midlertidig stengt." in told(shop, subscription, "nb")
    recoveries.pause(shop.services, shop.id, InvoiceId(made["invoice"]["id"]))
    assert "Paused (operator) until somebody resumes it." in told(shop, subscription)


def test_an_invoice_that_nobody_charged_is_told(world: World, shop: Shop) -> None:
    """Nothing was charged, there is no recovery, and the first charge is to come."""
    customer = shop.customer()
    invoice = shop.hand_over(customer, shop.card(customer), declined=False)
    found = explanation(shop, invoice)
    text = "\n".join(explained(found, "en"))
    assert "Nothing has been charged yet." in text
    assert "First charge, on the invoice date." in text
    assert explained_object(found, "en")["recovery"] is None
