"""Importing: all good rows, every bad one by name, nothing twice."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purring.domain.customer import Role
from purring.domain.errors import InvalidInput
from purring.domain.invoice import InvoiceSource, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.subscription import SubscriptionStatus
from purring.engine.loop import Worker, play
from purring.imports.kinds import Kind
from purring.imports.run import BATCH_ROWS, Import, Listener, Mode
from purring.imports.source import open_source, plural
from purring.operations.methods import remove_method
from purring.operations.story import CustomerStory, customer_story, invoice_story
from purring.store import customers, invariants, invoices
from tests.imports.conftest import EXAMPLES, World, counts

CSV_EXAMPLES = [EXAMPLES / f"{plural(kind)}.csv" for kind in Kind]
HANDOVER = EXAMPLES / "handover.jsonl"

Line = dict[str, object]


def _customer(n: int, **more: object) -> Line:
    return {"kind": "customer", "external_id": f"C-{n}", "name": f"Fjord {n}", **more}


def _method(n: int, **more: object) -> Line:
    return {
        "kind": "method",
        "customer": f"C-{n}",
        "type": "card",
        "gateway": "sandbox",
        "token": f"tok_visa-{n}",
        "scheme": "visa",
        "last4": "4242",
        **more,
    }


def _subscription(n: int, **more: object) -> Line:
    return {
        "kind": "subscription",
        "external_id": f"S-{n}",
        "customer": f"C-{n}",
        "product": "Booking",
        "amount": "19.90",
        "currency": "USD",
        "interval": "1 month",
        "started_on": "2026-01-31",
        "method": f"tok_visa-{n}",
        **more,
    }


def _invoice(n: int, **more: object) -> Line:
    return {
        "kind": "invoice",
        "number": f"F-{n}",
        "customer": f"C-{n}",
        "amount": "249.95",
        "currency": "USD",
        "invoice_on": "2026-11-20",
        "method": f"tok_visa-{n}",
        **more,
    }


def _file(world: World, *lines: Line) -> Path:
    return world.write("rows.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))


def _story(world: World, name: str, merchant: Merchant | None = None) -> CustomerStory:
    return customer_story(world.services, merchant or world.merchant, name)


def _customers(world: World, merchant: Merchant) -> list[str | None]:
    with world.services.store.reading() as conn:
        return [one.external_id for one in customers.page(conn, merchant.id)]


# ---------------------------------------------------------------------------------------------------------------------
# What is right comes in, once


@pytest.mark.parametrize("mode", [Mode.BATCHES, Mode.WHOLE])
def test_the_examples_come_in_once(world: World, mode: Mode) -> None:
    """Every row of every example is added the first time and there already the second."""
    for path in (*CSV_EXAMPLES, HANDOVER):
        first, second = counts(world.take_in(path, mode=mode)), counts(world.take_in(path, mode=mode))
        assert [] == world.heard.problems
        assert {0} == {there + bad for _, there, bad in first.values()}
        assert {kind: (0, tally[0], 0) for kind, tally in first.items()} == second


def test_a_handed_over_invoice_is_recovered(world: World) -> None:
    """What was declined elsewhere is charged by its token, again after each decline, and is paid in the end."""
    world.take_in(HANDOVER)
    worker = Worker(world.services)
    play(worker, world.clock, world.clock.now() + timedelta(days=20))
    worker.close()
    story = invoice_story(world.services, world.merchant.id, "F-8801")
    assert InvoiceStatus.PAID is story.facts.invoice.status
    assert ["declined", "declined", "succeeded"] == [attempt.status.value for attempt in story.facts.attempts]
    with world.services.store.reading() as conn:
        results = invariants.check(conn, world.clock.now())
    assert [] == [one for one in results if not one.holds]


def test_every_example_can_be_charged(world: World) -> None:
    """The tokens stand for cards and accounts that the sandbox knows, with the fingerprints that it gives them."""
    for path in CSV_EXAMPLES:
        world.take_in(path)
    worker = Worker(world.services)
    play(worker, world.clock, world.clock.now() + timedelta(days=40))
    worker.close()
    for number in ("2026-0412", "2026-0413", "2026-0414", "2026-0415"):
        story = invoice_story(world.services, world.merchant.id, number)
        assert story.facts.attempts
        assert {"sandbox"} == {attempt.answer.gateway for attempt in story.facts.attempts if attempt.answer} | {
            "sandbox"
        }
        assert InvoiceStatus.PAID is story.facts.invoice.status or number == "2026-0413"


def test_what_a_row_leaves_empty_comes_from_the_merchant(world: World) -> None:
    """Zone and language of a customer are the merchant's, those of a person the customer's."""
    world.take_in(
        _file(world, _customer(1), {"kind": "person", "customer": "C-1", "name": "Kari", "email": "k@x.example"})
    )
    own = _story(world, "C-1").customer
    assert ("Europe/Oslo", "nb") == (own.timezone, own.locale)
    assert [("Kari", "nb", Role.BILLING_ADMIN)] == [(one.name, one.locale, one.role) for one in own.people]


def test_rows_may_stand_in_any_order(world: World) -> None:
    """An invoice may come before its customer: kinds are imported in their own order."""
    run = world.take_in(_file(world, _invoice(1), _method(1), _customer(1)))
    assert {"customer": (1, 0, 0), "method": (1, 0, 0), "invoice": (1, 0, 0)} == counts(run)
    assert ["F-1"] == [invoice.number for invoice in _story(world, "C-1").invoices]


def test_more_rows_than_a_batch_come_in_whole(world: World) -> None:
    """Batches leave no row out, and progress counts every one."""
    rows = BATCH_ROWS + 3
    run = world.take_in(_file(world, *(_customer(number) for number in range(rows))))
    assert {"customer": (rows, 0, 0)} == counts(run)
    assert (rows, rows) == (world.heard.rows, world.heard.rows_done)


def test_a_subscription_is_billed_from_its_next_period_on(world: World) -> None:
    """What runs now was billed elsewhere. Month ends count from the first day: 31 January gives 30 November."""
    world.take_in(_file(world, _customer(1), _method(1), _subscription(1)))
    own = _story(world, "C-1").subscriptions[0]
    assert SubscriptionStatus.ACTIVE is own.status
    assert (date(2026, 10, 31), date(2026, 11, 30)) == (own.period_start_on, own.period_end_on)
    worker = Worker(world.services)
    assert 0 == worker.run_until_idle().renewed
    play(worker, world.clock, world.clock.now() + timedelta(days=10))
    worker.close()
    issued = [invoice for invoice in _story(world, "C-1").invoices if invoice.source is InvoiceSource.PURRING]
    assert [(date(2026, 11, 30), "19.90 USD")] == [(invoice.invoice_on, str(invoice.total)) for invoice in issued]


def test_a_subscription_may_be_billed_from_a_later_day(world: World) -> None:
    """`bill_from_on` leaves the periods before it to the other biller; one that begins on that very day is ours."""
    late = _subscription(1, bill_from_on="2027-01-01")
    exact = _subscription(2, customer="C-1", method="tok_visa-1", bill_from_on="2026-12-31")
    world.take_in(_file(world, _customer(1), _method(1), late, exact))
    starts = {one.external_id: one.period_end_on for one in _story(world, "C-1").subscriptions}
    assert {"S-1": date(2027, 1, 31), "S-2": date(2026, 12, 31)} == starts


def test_subscriptions_of_one_price_share_it(world: World) -> None:
    """The same product, amount and interval make one price, also in another import; anything else makes another."""
    world.take_in(_file(world, _customer(1), _method(1), _subscription(1)))
    more = [_subscription(number, customer="C-1", method="tok_visa-1") for number in (2, 3)]
    world.take_in(_file(world, *more, _subscription(4, customer="C-1", method="tok_visa-1", amount="29.90")))
    prices = [one.price for one in _story(world, "C-1").subscriptions]
    assert 2 == len({price.id for price in prices})
    assert 1 == len({price.product_id for price in prices})


def test_two_declined_invoices_of_one_subscription_come_in_together(world: World) -> None:
    """Both open a recovery; the subscription falls due once."""
    rows = [_invoice(number, customer="C-1", method=None, subscription="S-1") for number in (1, 2)]
    run = world.take_in(_file(world, _customer(1), _method(1), _subscription(1), *rows))
    assert (2, 0, 0) == counts(run)["invoice"]
    story = _story(world, "C-1")
    assert SubscriptionStatus.PAST_DUE is story.subscriptions[0].status
    assert 1 == [event.kind.value for event in story.events].count("subscription.past_due")


def test_a_removed_method_stays_removed(world: World) -> None:
    """Importing its row again doesn't bring back what the customer took away, and nothing can refer to it."""
    path = _file(world, _customer(1), _method(1))
    world.take_in(path)
    remove_method(world.services, world.merchant.id, _story(world, "C-1").methods[0].id)
    assert (0, 1, 0) == counts(world.take_in(path))["method"]
    assert [False] == [method.is_active for method in _story(world, "C-1").methods]
    world.take_in(_file(world, _invoice(1)))
    assert [
        "line 1, method: there is no method tok_visa-1 of this customer; import it first, or mend the reference."
    ] == [str(problem) for problem in world.heard.problems]


# ---------------------------------------------------------------------------------------------------------------------
# What is wrong is named

BAD_ROWS = [
    (_customer(9, name=""), "name", "it is missing"),
    (_customer(9, name="—"), "name", "no name"),
    (_customer(9, name="x" * 201), "name", "201 characters"),
    (_customer(9, name="a\u202eb"), "name", "invisible"),
    (_customer(9, timezone="Oslo"), "timezone", "Europe/Oslo"),
    (_customer(9, locale="fr"), "locale", "use one of en, nb"),
    (_customer(9, country="Norway"), "country", "two capital letters"),
    (_customer(9, email="nobody"), "email", "name@example.com"),
    (_customer(9, contact_name="Kari"), "email", "needs an e-mail address"),
    (_method(1, token="tok_visa-9", last4="42424"), "last4", "last four"),
    (_method(1, token="tok_visa-9", type="cash"), "type", "card, bank_account"),
    (_method(1, token="tok_visa-9", gateway="stripe"), "gateway", "there are: sandbox"),
    (_method(1, token="tok_visa-9", exp_month=13, exp_year=2029), "exp_month", "from 1 to 12"),
    (_method(1, token="tok_visa-9", exp_month=3), "exp_year", "both or neither"),
    (_method(1, token="tok_visa-9", backup_consent_at="2026-11-01T10:00:00"), "backup_consent_at", "no time zone"),
    (_method(1, token="tok_visa-9", backup_consent_at="yesterday"), "backup_consent_at", "is not a time"),
    (_method(1, scheme="amex"), "token", "another card"),
    (_method(8), "customer", "there is no customer C-8"),
    (_subscription(9, customer="C-1", method=None, amount="19.905"), "amount", "3 decimals but USD has 2"),
    (_subscription(9, customer="C-1", method=None, interval="monthly"), "interval", "2 weeks"),
    (_subscription(9, customer="C-1", method=None, quantity="0"), "quantity", "from 1 to"),
    (_subscription(9, customer="C-1", method=None, started_on="31.01.2026"), "started_on", "2026-11-23"),
    (_subscription(9, customer="C-1", method=None, started_on="2026-02-30"), "started_on", "is not a date"),
    (_subscription(9, customer="C-1", method=None, bill_from_on="2026-11-01"), "bill_from_on", "is past"),
    (_subscription(9, customer="C-1", method="tok_visa-8"), "method", "there is no method tok_visa-8 of this"),
    (_subscription(9, customer="C-1", method=None, backup_method="tok_visa-1"), "backup_method", "hasn't agreed"),
    (_subscription(1, currency="EUR"), "external_id", "another customer or currency"),
    (_invoice(9, customer="C-1", method=None, amount="0"), "amount", "above zero"),
    (_invoice(9, customer="C-1", method=None, amount="-5"), "amount", "above zero"),
    (_invoice(9, customer="C-1", method=None, amount="249,95"), "amount", "without thousands separators"),
    (_invoice(9, customer="C-1", method=None, amount="1990.5", currency="JPY"), "amount", "1 decimals but JPY has 0"),
    (_invoice(9, customer="C-1", method=None, amount="9" * 30), "amount", "64 bits"),
    (_invoice(9, customer="C-1", method=None, currency="usd"), "amount", "write it like 1249.95 USD"),
    (_invoice(9, customer="C-1", method=None, currency="XXX"), "currency", "not an active ISO 4217"),
    (_invoice(9, customer="C-1", method=None, invoice_on="2026-10-01"), "invoice_on", "window of 28 days is over"),
    (_invoice(9, customer="C-1", method=None, invoice_on="2026-12-01"), "invoice_on", "still to come"),
    (_invoice(9, customer="C-1", method=None, invoice_on="1066-10-14"), "invoice_on", "1970"),
    (_invoice(9, customer="C-1", method=None, declined="maybe"), "declined", "neither true nor false"),
    (_invoice(9, customer="C-1", number="P-000009", method=None), "number", "Purring's own"),
    (_invoice(9, customer="C-1", subscription="S-1"), "method", "subscription's own method"),
    (_invoice(9, customer="C-1", method=None, subscription="S-8"), "subscription", "there is no subscription S-8"),
    (_invoice(9, customer="C-2", method=None, subscription="S-1"), "subscription", "of this customer"),
    (_invoice(9, customer="C-2", method="tok_visa-1"), "method", "of this customer"),
    (_invoice(9, customer="C-1", method=None, external_id="I-1"), "external_id", "invoice F-1 has this id already"),
    (_invoice(1, amount="1.00"), "number", "another customer, amount or day"),
]  # fmt: skip


def _given(world: World) -> None:
    """Two customers, of whom the first has a method, a subscription and an invoice."""
    rows = [_customer(1), _customer(2), _method(1), _subscription(1), _invoice(1, external_id="I-1")]
    world.take_in(_file(world, *rows))
    assert [] == world.heard.problems


def test_every_bad_row_is_named_with_its_field_and_a_remedy(world: World) -> None:
    """One file with every kind of mistake: each is told on its line, and nothing of it is written."""
    _given(world)
    run = world.take_in(_file(world, *(row for row, _, _ in BAD_ROWS)))
    told = {problem.line: problem for problem in world.heard.problems}
    wrong = [
        (row, told.get(line))
        for line, (row, field, words) in enumerate(BAD_ROWS, 1)
        if line not in told or told[line].field != field or words not in told[line].message
    ]
    assert [] == wrong
    assert len(BAD_ROWS) == run.bad == len(world.heard.problems)
    assert ["C-1", "C-2"] == _customers(world, world.merchant)


def test_every_problem_of_a_row_is_told_at_once(world: World) -> None:
    """Nobody has to import a row five times to learn of five mistakes."""
    world.take_in(_file(world, _customer(1, name="", timezone="Oslo", locale="fr", email="x")))
    assert ["email", "locale", "name", "timezone"] == sorted(problem.field for problem in world.heard.problems)


def test_a_row_that_refers_to_a_bad_row_names_its_line(world: World) -> None:
    """The culprit is to be mended, not what depends on it."""
    rows = [
        _customer(1, locale="fr"),
        _method(1),
        _subscription(1),
        _invoice(1),
        _invoice(2, customer="C-1", method=None),
    ]
    run = world.take_in(_file(world, *rows))
    assert 5 == run.bad
    told = {problem.line: problem.message for problem in world.heard.problems}
    assert {"customer C-1 stands on line 1, which was not imported; mend that line first."} == {
        told[line] for line in (2, 3, 4, 5)
    }


def test_a_bad_method_is_named_by_what_it_was_to_pay(world: World) -> None:
    """A method is known by its token and its customer, so another customer's bad row isn't blamed."""
    rows = [_customer(1), _customer(2), _method(1, last4="12345"), _invoice(1), _invoice(2, method="tok_visa-1")]
    world.take_in(_file(world, *rows))
    told = {problem.line: problem.message for problem in world.heard.problems}
    assert told[4].startswith("method tok_visa-1 stands on line 3")
    assert told[5].startswith("there is no method tok_visa-1 of this customer")


def test_a_card_number_is_refused_and_not_repeated(world: World) -> None:
    """In no field does a card number get in, and no message shows it."""
    card = "4242 4242 4242 4242"
    rows: list[Line] = [_customer(9, **{field: card}) for field in ("external_id", "name", "email", "contact_name")]
    rows += [_method(1, **{field: f"4242424242424242{rest}"}) for field, rest in (("token", ""), ("phone", " 123"))]
    _given(world)
    run = world.take_in(_file(world, *rows))
    assert len(rows) == run.bad
    assert [] == [problem for problem in world.heard.problems if "4242" in str(problem)]
    assert {"unreadable": (0, 0, len(rows))} == counts(run)


def test_the_same_row_twice_in_a_file_counts_once(world: World) -> None:
    """The second one finds the first; one that contradicts it is bad."""
    rows = [
        _customer(1),
        _customer(1),
        _method(1),
        _method(1),
        _subscription(1),
        _subscription(1),
        _invoice(1),
        _invoice(1),
    ]
    run = world.take_in(_file(world, *rows, _invoice(1, amount="1.00")))
    assert {"customer": (1, 1, 0), "method": (1, 1, 0), "subscription": (1, 1, 0), "invoice": (1, 1, 1)} == counts(run)


def test_a_row_may_mend_an_earlier_one_of_its_own_file(world: World) -> None:
    """An invoice that could not be taken over is not there yet for a later row with its number."""
    run = world.take_in(_file(world, _customer(1), _method(1), _invoice(1, invoice_on="2026-10-01"), _invoice(1)))
    assert (1, 0, 1) == counts(run)["invoice"]
    assert ["2026-11-20"] == [str(invoice.invoice_on) for invoice in _story(world, "C-1").invoices]


def test_another_merchants_ids_are_not_there(world: World) -> None:
    """Rows can't reach across merchants, and the same ids may be used by both."""
    _given(world)
    other = world.new_merchant()
    run = world.take_in(_file(world, _method(1), _subscription(1), _invoice(1)), merchant=other)
    assert 3 == run.bad
    assert {"there is no customer C-1; import it first, or mend the reference."} == {
        problem.message for problem in world.heard.problems
    }
    assert 0 == world.take_in(_file(world, _customer(1), _method(1), _invoice(1)), merchant=other).bad
    assert _story(world, "C-1").customer.id != _story(world, "C-1", other).customer.id


def test_two_imports_at_once_bring_each_row_in_once(world: World) -> None:
    """Whoever comes second finds the rows there, also where both began at the same moment."""
    rows = [make(n) for n in range(40) for make in (_customer, _method, _subscription, _invoice)]
    source = open_source(_file(world, *rows))
    runs = [Import(world.services, world.merchant, source, Listener()) for _ in range(2)]
    with ThreadPoolExecutor(len(runs)) as threads:
        for done in [threads.submit(run.run, Mode.BATCHES) for run in runs]:
            done.result()
    added = [sum(tally[0] for tally in counts(run).values()) for run in runs]
    assert (len(rows), 0) == (sum(added), sum(run.bad for run in runs))
    assert [f"C-{n}" for n in range(40)] == _customers(world, world.merchant)


# ---------------------------------------------------------------------------------------------------------------------
# All, some, or nothing


@pytest.mark.parametrize("mode", [Mode.WHOLE, Mode.DRY])
def test_nothing_is_kept_where_nothing_is_to_be_kept(world: World, mode: Mode) -> None:
    """With one bad row the whole file stays out, and a dry run keeps nothing; both tell what an import would."""
    path = _file(world, _customer(1), _method(1), _invoice(1), _customer(2, locale="fr"))
    run = world.take_in(path, mode=mode)
    assert not run.kept
    assert {"customer": (1, 0, 1), "method": (1, 0, 0), "invoice": (1, 0, 0)} == counts(run)
    assert [] == _customers(world, world.merchant)
    assert counts(run) == counts(world.take_in(path))
    assert ["C-1"] == _customers(world, world.merchant)


def test_a_dry_run_of_a_good_file_keeps_nothing(world: World) -> None:
    """It says what would be added, and it isn't."""
    run = world.take_in(HANDOVER, mode=Mode.DRY)
    assert (6, 0) == (sum(tally[0] for tally in counts(run).values()), run.bad)
    assert [] == _customers(world, world.merchant)


def test_a_file_that_breaks_off_is_refused_before_anything_is_written(world: World) -> None:
    """The form is checked to the file's end first: rows before the broken place don't get in either."""
    header = "external_id,name\n"
    path = world.write("customers.csv", header + "".join(f"C-{n},Fjord\n" for n in range(3)) + 'C-9,"Fjord\n')
    with pytest.raises(InvalidInput, match="quotation mark"):
        world.take_in(path)
    assert [] == _customers(world, world.merchant)


@given(broken=st.sets(st.integers(0, 11)), order=st.permutations(range(12)), mode=st.sampled_from(list(Mode)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_good_rows_come_in(world: World, broken: set[int], order: list[int], mode: Mode) -> None:
    """Whichever rows are broken, all others are imported, save those that refer to a broken one."""
    merchant = world.new_merchant()
    rows: list[Line] = []
    for number in range(4):
        rows += [
            _customer(number, locale="fr" if 3 * number in broken else "en"),
            _method(number, type="cash" if 3 * number + 1 in broken else "card"),
            _invoice(number, amount="1.999" if 3 * number + 2 in broken else "1.99"),
        ]
    good_customers = {n for n in range(4) if 3 * n not in broken}
    good_methods = {n for n in good_customers if 3 * n + 1 not in broken}
    good_invoices = {n for n in good_methods if 3 * n + 2 not in broken}
    run = world.take_in(_file(world, *(rows[place] for place in order)), mode=mode, merchant=merchant)
    assert 12 - len(good_customers) - len(good_methods) - len(good_invoices) == run.bad
    kept = mode is Mode.BATCHES or (mode is Mode.WHOLE and not broken)
    assert kept == run.kept
    assert (sorted(f"C-{n}" for n in good_customers) if kept else []) == sorted(map(str, _customers(world, merchant)))
    with world.services.store.reading() as conn:
        found = invoices.by_number(conn, merchant.id, [f"F-{n}" for n in range(4)])
    assert ({f"F-{n}" for n in good_invoices} if kept else set()) == found.keys()
