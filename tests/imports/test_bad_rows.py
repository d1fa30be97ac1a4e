"""What is wrong with a row is told by its line, its field and a remedy; nothing of it is written."""

from __future__ import annotations

from tests.imports.conftest import World, counts
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

PERSON: Line = {"kind": "person", "customer": "C-1", "name": "Ann", "email": "ann@x.example"}

BAD_ROWS = [
    (customer_line(9, name=""), "name", "it is missing"),
    (customer_line(9, name="—"), "name", "no name"),
    (customer_line(9, name="x" * 201), "name", "201 characters"),
    (customer_line(9, name="a\u202eb"), "name", "invisible"),
    (customer_line(9, timezone="Oslo"), "timezone", "Europe/Oslo"),
    (customer_line(9, locale="fr"), "locale", "use one of en, nb"),
    (customer_line(9, country="Norway"), "country", "two capital letters"),
    (customer_line(9, type="company"), "type", "consumer, business"),
    (customer_line(9, email="nobody"), "email", "name@example.com"),
    (customer_line(9, contact_name="Kari"), "email", "needs an e-mail address"),
    (method_line(1, token="tok_visa-9", last4="42424"), "last4", "last four"),
    (method_line(1, token="tok_visa-9", type="cash"), "type", "card, bank_account"),
    (method_line(1, token="tok_visa-9", gateway="stripe"), "gateway", "there are: sandbox"),
    (method_line(1, token="tok_visa-9", exp_month=13, exp_year=2029), "exp_month", "from 1 to 12"),
    (method_line(1, token="tok_visa-9", exp_month=3), "exp_year", "both or neither"),
    (method_line(1, token="tok_visa-9", backup_consent_at="2026-11-01T10:00:00"), "backup_consent_at", "no time zone"),
    (method_line(1, token="tok_visa-9", backup_consent_at="yesterday"), "backup_consent_at", "is not a time"),
    (method_line(1, scheme="amex"), "token", "another card"),
    (method_line(8), "customer", "there is no customer C-8"),
    ({**PERSON, "phone": "90000000"}, "phone", "no international number"),
    ({**PERSON, "takes_sms": "yes"}, "phone", "needs a phone"),
    (subscription_line(9, customer="C-1", method=None, amount="19.905"), "amount", "3 decimals but USD has 2"),
    (subscription_line(9, customer="C-1", method=None, interval="monthly"), "interval", "2 weeks"),
    (subscription_line(9, customer="C-1", method=None, quantity="0"), "quantity", "from 1 to"),
    (subscription_line(9, customer="C-1", method=None, started_on="31.01.2026"), "started_on", "2026-11-23"),
    (subscription_line(9, customer="C-1", method=None, started_on="2026-02-30"), "started_on", "is not a date"),
    (subscription_line(9, customer="C-1", method=None, bill_from_on="2026-11-01"), "bill_from_on", "is past"),
    (subscription_line(9, customer="C-1", method="tok_visa-8"), "method", "there is no method tok_visa-8 of this"),
    (subscription_line(9, customer="C-1", method=None, backup_method="tok_visa-1"), "backup_method", "hasn't agreed"),
    (subscription_line(1, currency="EUR"), "external_id", "another customer or currency"),
    (invoice_line(9, customer="C-1", method=None, amount="0"), "amount", "above zero"),
    (invoice_line(9, customer="C-1", method=None, amount="-5"), "amount", "above zero"),
    (invoice_line(9, customer="C-1", method=None, amount="249,95"), "amount", "without thousands separators"),
    (invoice_line(9, customer="C-1", method=None, amount="1990.5", currency="JPY"), "amount", "1 decimals but JPY"),
    (invoice_line(9, customer="C-1", method=None, amount="9" * 30), "amount", "64 bits"),
    (invoice_line(9, customer="C-1", method=None, currency="usd"), "amount", "write it like 1249.95 USD"),
    (invoice_line(9, customer="C-1", method=None, currency="XXX"), "currency", "not an active ISO 4217"),
    (invoice_line(9, customer="C-1", method=None, invoice_on="2026-10-01"), "invoice_on", "window of 28 days is over"),
    (invoice_line(9, customer="C-1", method=None, invoice_on="2026-12-01"), "invoice_on", "still to come"),
    (invoice_line(9, customer="C-1", method=None, invoice_on="1066-10-14"), "invoice_on", "1970"),
    (invoice_line(9, customer="C-1", method=None, declined="maybe"), "declined", "neither true nor false"),
    (invoice_line(9, customer="C-1", number="P-000009", method=None), "number", "Purring's own"),
    (invoice_line(9, customer="C-1", subscription="S-1"), "method", "subscription's own method"),
    (invoice_line(9, customer="C-1", method=None, subscription="S-8"), "subscription", "there is no subscription S-8"),
    (invoice_line(9, customer="C-2", method=None, subscription="S-1"), "subscription", "of this customer"),
    (invoice_line(9, customer="C-2", method="tok_visa-1"), "method", "of this customer"),
    (invoice_line(9, customer="C-1", method=None, external_id="I-1"), "external_id", "invoice F-1 has this id already"),
    (invoice_line(1, amount="1.00"), "number", "another customer, amount or day"),
]  # fmt: skip


def _given(world: World) -> None:
    """Two customers, of whom the first has a method, a subscription and an invoice."""
    rows = [
        customer_line(1),
        customer_line(2),
        method_line(1),
        subscription_line(1),
        invoice_line(1, external_id="I-1"),
    ]
    world.take_in(written(world, *rows))
    assert [] == world.heard.problems


def test_every_bad_row_is_named_with_its_field_and_a_remedy(world: World) -> None:
    """One file with every kind of mistake: each is told on its line, and nothing of it is written."""
    _given(world)
    run = world.take_in(written(world, *(row for row, _, _ in BAD_ROWS)))
    told = {problem.line: problem for problem in world.heard.problems}
    wrong = [
        (row, told.get(line))
        for line, (row, field, words) in enumerate(BAD_ROWS, 1)
        if line not in told or told[line].field != field or words not in told[line].message
    ]
    assert [] == wrong
    assert len(BAD_ROWS) == run.bad == len(world.heard.problems)
    assert ["C-1", "C-2"] == customer_ids(world, world.merchant)


def test_every_problem_of_a_row_is_told_at_once(world: World) -> None:
    """Nobody has to import a row five times to learn of five mistakes."""
    world.take_in(written(world, customer_line(1, name="", timezone="Oslo", locale="fr", email="x")))
    assert ["email", "locale", "name", "timezone"] == sorted(problem.field for problem in world.heard.problems)


def test_a_row_that_refers_to_a_bad_row_names_its_line(world: World) -> None:
    """The culprit is to be mended, not what depends on it."""
    rows = [
        customer_line(1, locale="fr"),
        method_line(1),
        subscription_line(1),
        invoice_line(1),
        invoice_line(2, customer="C-1", method=None),
    ]
    run = world.take_in(written(world, *rows))
    assert 5 == run.bad
    told = {problem.line: problem.message for problem in world.heard.problems}
    assert {"customer C-1 stands on line 1, which was not imported; mend that line first."} == {
        told[line] for line in (2, 3, 4, 5)
    }


def test_a_bad_method_is_named_by_what_it_was_to_pay(world: World) -> None:
    """A method is known by its token and its customer, so another customer's bad row isn't blamed."""
    rows = [
        customer_line(1),
        customer_line(2),
        method_line(1, last4="12345"),
        invoice_line(1),
        invoice_line(2, method="tok_visa-1"),
    ]
    world.take_in(written(world, *rows))
    told = {problem.line: problem.message for problem in world.heard.problems}
    assert told[4].startswith("method tok_visa-1 stands on line 3")
    assert told[5].startswith("there is no method tok_visa-1 of this customer")


def test_a_card_number_is_refused_and_not_repeated(world: World) -> None:
    """In no field does a card number get in, and no message shows it."""
    card = "4242 4242 4242 4242"
    rows: list[Line] = [customer_line(9, **{field: card}) for field in ("external_id", "name", "email", "contact_name")]
    rows += [method_line(1, **{field: f"4242424242424242{rest}"}) for field, rest in (("token", ""), ("phone", " 123"))]
    _given(world)
    run = world.take_in(written(world, *rows))
    assert len(rows) == run.bad
    assert [] == [problem for problem in world.heard.problems if "4242" in str(problem)]
    assert {"unreadable": (0, 0, len(rows))} == counts(run)


def test_the_same_row_twice_in_a_file_counts_once(world: World) -> None:
    """The second one finds the first; one that contradicts it is bad."""
    rows = [
        customer_line(1),
        customer_line(1),
        method_line(1),
        method_line(1),
        subscription_line(1),
        subscription_line(1),
        invoice_line(1),
        invoice_line(1),
    ]
    run = world.take_in(written(world, *rows, invoice_line(1, amount="1.00")))
    assert {"customer": (1, 1, 0), "method": (1, 1, 0), "subscription": (1, 1, 0), "invoice": (1, 1, 1)} == counts(run)


def test_a_row_may_mend_an_earlier_one_of_its_own_file(world: World) -> None:
    """An invoice that could not be taken over is not there yet for a later row with its number."""
    run = world.take_in(
        written(world, customer_line(1), method_line(1), invoice_line(1, invoice_on="2026-10-01"), invoice_line(1))
    )
    assert (1, 0, 1) == counts(run)["invoice"]
    assert ["2026-11-20"] == [str(invoice.invoice_on) for invoice in story_of(world, "C-1").invoices]


def test_another_merchants_ids_are_not_there(world: World) -> None:
    """Rows can't reach across merchants, and the same ids may be used by both."""
    _given(world)
    other = world.new_merchant()
    run = world.take_in(written(world, method_line(1), subscription_line(1), invoice_line(1)), merchant=other)
    assert 3 == run.bad
    assert {"there is no customer C-1; import it first, or mend the reference."} == {
        problem.message for problem in world.heard.problems
    }
    assert 0 == world.take_in(written(world, customer_line(1), method_line(1), invoice_line(1)), merchant=other).bad
    assert story_of(world, "C-1").customer.id != story_of(world, "C-1", other).customer.id
