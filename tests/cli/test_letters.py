"""`purring letters` and `purring kid` on the command line: what they say in both languages, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from purring.domain.customer import CustomerKind
from tests.cli.conftest import Purring, run
from tests.world import World

TERMS = {
    "dunning": {"charges": ["reminder_fee", "b2b_compensation"]},
    "kid": {"scheme": "mod10", "length": 8},
}
CUSTOMERS: list[dict[str, Any]] = [
    {"kind": CustomerKind.CONSUMER},
    {"kind": CustomerKind.BUSINESS},
    {"kind": CustomerKind.BUSINESS, "country": "GB"},
]


@pytest.fixture
def overdue(settings: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Purring:
    """Commands on a database with invoices of 2 March 2026: a consumer's, a business's, a foreign one's."""
    world = World(database_url, tmp_path)
    shop = world.shop("Booking AS")
    for number, fields in enumerate(CUSTOMERS, start=1):
        shop.hand_over(shop.customer(**fields), number=f"F-{number}")
    world.close()
    settings.setenv("PURRING_DATABASE_URL", database_url)
    (tmp_path / "terms.json").write_text(json.dumps(TERMS))
    return run


@pytest.fixture
def willing(overdue: Purring, tmp_path: Path) -> Purring:
    """The same, of a merchant who chose two charges and agreed on a KID."""
    assert 0 == overdue("merchant", "policy", tmp_path / "terms.json").exit_code
    return overdue


def test_nothing_is_claimed_unless_the_merchant_chose_it(overdue: Purring) -> None:
    """Off by default, and said so in both languages."""
    assert "Fee for a reminder: The merchant's dunning terms don't include" in overdue("letters", "allowed", "F-1").out
    bokmal = overdue("letters", "allowed", "F-1", "--locale", "nb").out
    assert "Gebyr for purring: Selskapet har ikke valgt å kreve dette." in bokmal
    refused = overdue("letters", "record", "F-1", "reminder", "--sent-on", "2026-03-20", "--with-fee")
    assert (75, True) == (refused.exit_code, "don't include this charge" in refused.err)
    assert "No KID is agreed" in overdue("kid", "make", "123").err


def test_a_letter_is_recorded_and_stands_in_the_book(willing: Purring) -> None:
    """With its deadline and its fee, beside the invoice; the same letter of the same day only once."""
    words = ("letters", "record", "F-1", "reminder", "--sent-on", "2026-03-20")
    again = (*words, "--deadline-on", "2026-04-10", "--with-fee")
    assert "is claimed. [" in willing(*again).out
    found = json.loads(willing("letters", "allowed", "F-1", "--json", "--locale", "nb").out)
    assert ("nb", ["reminder"]) == (found["locale"], [one["kind"] for one in found["recorded"]])
    assert "249.00 NOK" == found["invoice"]["owed"]
    assert "0.00 NOK" != found["claimed"]
    assert 75 == willing(*again).exit_code


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (("letters", "record", "F-1", "reminder", "--sent-on", "2026-03-15", "--with-fee"), 75, "The earliest day is"),
        (("letters", "record", "F-1", "reminder", "--sent-on", "2099-01-01"), 65, "is still to come"),
        (("letters", "record", "F-1", "reminder", "--sent-on", "2026-11-31"), 65, "is not a date"),
        (("letters", "record", "F-3", "reminder", "--sent-on", "2026-03-20"), 75, "Only what Norwegian customers owe"),
        (("letters", "compensation", "F-1", "--on", "2026-03-20"), 75, "consumer"),
        (("letters", "objection", "F-1", "--settled"), 75, "No objection stands."),
        (("letters", "allowed", "F-9"), 66, "There is no invoice F-9"),
        (("letters", "allowed", "F-1", "--locale", "de"), 65, "is not a language we have"),
        (("kid", "check", "123"), 65, "not 8"),
        (("kid", "make", "12a4"), 65, "digits"),
        (("kid", "make", "123456789"), 65, "digits"),
        (("kid", "make", "--", "-12"), 65, "digits"),
    ],
)
def test_what_the_law_or_sense_forbids_is_refused(
    willing: Purring, words: tuple[str, ...], exit_code: int, message: str
) -> None:
    """A message, an exit code that scripts can go by, and nothing written."""
    said = willing(*words)
    assert (exit_code, True) == (said.exit_code, message in said.err)
    assert [] == json.loads(willing("letters", "allowed", "F-1", "--json").out)["recorded"]


def test_without_a_valid_row_nothing_is_claimed(willing: Purring) -> None:
    """A day of which the law isn't known yet, for every charge."""
    found = json.loads(willing("letters", "allowed", "F-2", "--on", "2099-02-01", "--json").out)
    assert {False} == {charge["allowed"] for charge in found["charges"]}


def test_another_merchants_invoice_is_not_found(willing: Purring) -> None:
    """Whatever one wants to write down about it."""
    assert 0 == willing("merchant", "create", "Other Ltd").exit_code
    assert 66 == willing("letters", "objection", "F-1", "--merchant", "Other Ltd").exit_code


def test_an_objection_stops_letters_until_it_is_settled(willing: Purring) -> None:
    """Refused while it stands, allowed once it is settled."""
    reminder = ("letters", "record", "F-2", "reminder", "--sent-on", "2026-03-20")
    assert 0 == willing("letters", "objection", "F-2", "--on", "2026-03-19").exit_code
    assert "objects with reason" in willing(*reminder).err
    assert 0 == willing("letters", "objection", "F-2", "--settled", "--on", "2026-03-20").exit_code
    assert 0 == willing(*reminder).exit_code


def test_a_kid_is_made_and_checked(willing: Purring) -> None:
    """Filled up to the agreed length, with a check digit that a slip of one digit breaks."""
    assert "00012344\n" == willing("kid", "make", "1234").out
    assert "00012344 is right (mod10).\n" == willing("kid", "check", "00012344").out
    assert 65 == willing("kid", "check", "00012354").exit_code
