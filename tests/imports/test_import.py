"""Importing: all good rows, every bad one by name, nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purring.domain.customer import Role
from purring.domain.errors import InvalidInput
from purring.domain.invoice import InvoiceSource, InvoiceStatus
from purring.domain.subscription import SubscriptionStatus
from purring.engine.loop import Worker, play
from purring.imports.kinds import Kind
from purring.imports.run import BATCH_ROWS, Import, Listener, Mode
from purring.imports.source import open_source, plural
from purring.operations.methods import remove_method
from purring.operations.story import invoice_story
from purring.store import invariants, invoices
from tests.imports.conftest import EXAMPLES, World, counts
from tests.imports.lines import (
    Line,
    customer_ids,
    customer_line,
    invoice_line,
    method_line,
    story_of,
    subscription_line,
    written,
)

CSV_EXAMPLES = [EXAMPLES / f"{plural(kind)}.csv" for kind in Kind]
HANDOVER = EXAMPLES / "handover.jsonl"

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
        written(world, customer_line(1), {"kind": "person", "customer": "C-1", "name": "Kari", "email": "k@x.example"})
    )
    own = story_of(world, "C-1").customer
    assert ("Europe/Oslo", "nb") == (own.timezone, own.locale)
    assert [("Kari", "nb", Role.BILLING_ADMIN)] == [(one.name, one.locale, one.role) for one in own.people]


def test_a_person_may_take_text_messages(world: World) -> None:
    """Under an international number."""
    kari = {"kind": "person", "customer": "C-1", "name": "Kari", "email": "k@x.example"}
    world.take_in(written(world, customer_line(1), {**kari, "phone": "+4790000000", "takes_sms": "yes"}))
    assert [("+4790000000", True)] == [(one.phone, one.takes_sms) for one in story_of(world, "C-1").customer.people]


def test_rows_may_stand_in_any_order(world: World) -> None:
    """An invoice may come before its customer: kinds are imported in their own order."""
    run = world.take_in(written(world, invoice_line(1), method_line(1), customer_line(1)))
    assert {"customer": (1, 0, 0), "method": (1, 0, 0), "invoice": (1, 0, 0)} == counts(run)
    assert ["F-1"] == [invoice.number for invoice in story_of(world, "C-1").invoices]


def test_more_rows_than_a_batch_come_in_whole(world: World) -> None:
    """Batches leave no row out, and progress counts every one."""
    rows = BATCH_ROWS + 3
    run = world.take_in(written(world, *(customer_line(number) for number in range(rows))))
    assert {"customer": (rows, 0, 0)} == counts(run)
    assert (rows, rows) == (world.heard.rows, world.heard.rows_done)


def test_a_subscription_is_billed_from_its_next_period_on(world: World) -> None:
    """What runs now was billed elsewhere. Month ends count from the first day: 31 January gives 30 November."""
    world.take_in(written(world, customer_line(1), method_line(1), subscription_line(1)))
    own = story_of(world, "C-1").subscriptions[0]
    assert SubscriptionStatus.ACTIVE is own.status
    assert (date(2026, 10, 31), date(2026, 11, 30)) == (own.period_start_on, own.period_end_on)
    worker = Worker(world.services)
    assert 0 == worker.run_until_idle().renewed
    play(worker, world.clock, world.clock.now() + timedelta(days=10))
    worker.close()
    issued = [invoice for invoice in story_of(world, "C-1").invoices if invoice.source is InvoiceSource.PURRING]
    assert [(date(2026, 11, 30), "19.90 USD")] == [(invoice.invoice_on, str(invoice.total)) for invoice in issued]


def test_a_subscription_may_be_billed_from_a_later_day(world: World) -> None:
    """`bill_from_on` leaves the periods before it to the other biller; one that begins on that very day is ours."""
    late = subscription_line(1, bill_from_on="2027-01-01")
    exact = subscription_line(2, customer="C-1", method="tok_visa-1", bill_from_on="2026-12-31")
    world.take_in(written(world, customer_line(1), method_line(1), late, exact))
    starts = {one.external_id: one.period_end_on for one in story_of(world, "C-1").subscriptions}
    assert {"S-1": date(2027, 1, 31), "S-2": date(2026, 12, 31)} == starts


def test_subscriptions_of_one_price_share_it(world: World) -> None:
    """The same product, amount and interval make one price, also in another import; anything else makes another."""
    world.take_in(written(world, customer_line(1), method_line(1), subscription_line(1)))
    more = [subscription_line(number, customer="C-1", method="tok_visa-1") for number in (2, 3)]
    world.take_in(written(world, *more, subscription_line(4, customer="C-1", method="tok_visa-1", amount="29.90")))
    prices = [one.price for one in story_of(world, "C-1").subscriptions]
    assert 2 == len({price.id for price in prices})
    assert 1 == len({price.product_id for price in prices})


def test_two_declined_invoices_of_one_subscription_come_in_together(world: World) -> None:
    """Both open a recovery; the subscription falls due once."""
    rows = [invoice_line(number, customer="C-1", method=None, subscription="S-1") for number in (1, 2)]
    run = world.take_in(written(world, customer_line(1), method_line(1), subscription_line(1), *rows))
    assert (2, 0, 0) == counts(run)["invoice"]
    story = story_of(world, "C-1")
    assert SubscriptionStatus.PAST_DUE is story.subscriptions[0].status
    assert 1 == [event.kind.value for event in story.events].count("subscription.past_due")


def test_a_removed_method_stays_removed(world: World) -> None:
    """Importing its row again doesn't bring back what the customer took away, and nothing can refer to it."""
    path = written(world, customer_line(1), method_line(1))
    world.take_in(path)
    remove_method(world.services, world.merchant.id, story_of(world, "C-1").methods[0].id)
    assert (0, 1, 0) == counts(world.take_in(path))["method"]
    assert [False] == [method.is_active for method in story_of(world, "C-1").methods]
    world.take_in(written(world, invoice_line(1)))
    assert [
        "line 1, method: there is no method tok_visa-1 of this customer; import it first, or mend the reference."
    ] == [str(problem) for problem in world.heard.problems]


def test_two_imports_at_once_bring_each_row_in_once(world: World) -> None:
    """Whoever comes second finds the rows there, also where both began at the same moment."""
    rows = [make(n) for n in range(40) for make in (customer_line, method_line, subscription_line, invoice_line)]
    source = open_source(written(world, *rows))
    runs = [Import(world.services, world.merchant, source, Listener()) for _ in range(2)]
    with ThreadPoolExecutor(len(runs)) as threads:
        for done in [threads.submit(run.run, Mode.BATCHES) for run in runs]:
            done.result()
    added = [sum(tally[0] for tally in counts(run).values()) for run in runs]
    assert (len(rows), 0) == (sum(added), sum(run.bad for run in runs))
    assert [f"C-{n}" for n in range(40)] == customer_ids(world, world.merchant)


# ---------------------------------------------------------------------------------------------------------------------
# All, some, or nothing


@pytest.mark.parametrize("mode", [Mode.WHOLE, Mode.DRY])
def test_nothing_is_kept_where_nothing_is_to_be_kept(world: World, mode: Mode) -> None:
    """With one bad row the whole file stays out, and a dry run keeps nothing; both tell what an import would."""
    path = written(world, customer_line(1), method_line(1), invoice_line(1), customer_line(2, locale="fr"))
    run = world.take_in(path, mode=mode)
    assert not run.kept
    assert {"customer": (1, 0, 1), "method": (1, 0, 0), "invoice": (1, 0, 0)} == counts(run)
    assert [] == customer_ids(world, world.merchant)
    assert counts(run) == counts(world.take_in(path))
    assert ["C-1"] == customer_ids(world, world.merchant)


def test_a_dry_run_of_a_good_file_keeps_nothing(world: World) -> None:
    """It says what would be added, and it isn't."""
    run = world.take_in(HANDOVER, mode=Mode.DRY)
    assert (6, 0) == (sum(tally[0] for tally in counts(run).values()), run.bad)
    assert [] == customer_ids(world, world.merchant)


def test_a_file_that_breaks_off_is_refused_before_anything_is_written(world: World) -> None:
    """The form is checked to the file's end first: rows before the broken place don't get in either."""
    header = "external_id,name\n"
    path = world.write("customers.csv", header + "".join(f"C-{n},Fjord\n" for n in range(3)) + 'C-9,"Fjord\n')
    with pytest.raises(InvalidInput, match="quotation mark"):
        world.take_in(path)
    assert [] == customer_ids(world, world.merchant)


@given(broken=st.sets(st.integers(0, 11)), order=st.permutations(range(12)), mode=st.sampled_from(list(Mode)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_good_rows_come_in(world: World, broken: set[int], order: list[int], mode: Mode) -> None:
    """Whichever rows are broken, all others are imported, save those that refer to a broken one."""
    merchant = world.new_merchant()
    rows: list[Line] = []
    for number in range(4):
        rows += [
            customer_line(number, locale="fr" if 3 * number in broken else "en"),
            method_line(number, type="cash" if 3 * number + 1 in broken else "card"),
            invoice_line(number, amount="1.999" if 3 * number + 2 in broken else "1.99"),
        ]
    good_customers = {n for n in range(4) if 3 * n not in broken}
    good_methods = {n for n in good_customers if 3 * n + 1 not in broken}
    good_invoices = {n for n in good_methods if 3 * n + 2 not in broken}
    run = world.take_in(written(world, *(rows[place] for place in order)), mode=mode, merchant=merchant)
    assert 12 - len(good_customers) - len(good_methods) - len(good_invoices) == run.bad
    kept = mode is Mode.BATCHES or (mode is Mode.WHOLE and not broken)
    assert kept == run.kept
    assert (sorted(f"C-{n}" for n in good_customers) if kept else []) == sorted(map(str, customer_ids(world, merchant)))
    with world.services.store.reading() as conn:
        found = invoices.by_number(conn, merchant.id, [f"F-{n}" for n in range(4)])
    assert ({f"F-{n}" for n in good_invoices} if kept else set()) == found.keys()
