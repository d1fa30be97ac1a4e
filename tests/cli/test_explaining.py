"""`purring explain` on the command line: languages, the object for programs, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from purring.clock import SystemClock
from tests.cli.conftest import Purring

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def handed_over(purring: Purring, tmp_path: Path) -> Purring:
    """Commands on a database with the example's invoices, as if they were declined today."""
    today = SystemClock().now().date().isoformat()
    path = tmp_path / "handover.jsonl"
    path.write_text((ROOT / "examples" / "handover.jsonl").read_text().replace("2026-11-20", today))
    assert 0 == purring("import", path).exit_code
    return purring


def test_an_invoice_is_explained_in_the_language_asked_for(handed_over: Purring) -> None:
    """Without being asked, in the merchant's own, which is English here."""
    english = handed_over("explain", "F-8801").out
    assert "Invoice F-8801 to Nordlys Treningssenter AS: NOK 249.95, open; NOK 249.95 is owed." in english
    assert "[policy.retry]" in english
    assert "Times are those of Europe/Oslo." in english
    assert english == handed_over("explain", "F-8801", "--locale", "en").out
    bokmal = handed_over("explain", "F-8801", "--locale", "nb-NO").out
    assert "Faktura F-8801 til Nordlys Treningssenter AS: 249,95 kr, åpen; 249,95 kr gjenstår." in bokmal
    assert "Klokkeslettene gjelder for Europe/Oslo." in bokmal


def test_an_object_is_printed_for_programs(handed_over: Purring) -> None:
    """JSON on standard output and nothing else, its sentences in the language asked for."""
    said = handed_over("explain", "F-8801", "--json", "--locale", "nb")
    found = json.loads(said.out)
    assert ("nb", "F-8801", "open") == (found["locale"], found["invoice"]["number"], found["invoice"]["status"])
    charge = next(step for step in found["steps"] if step["action"] == "charge")
    assert charge["clause"]["text"].startswith("Planen «jevn» v1: nytt forsøk 1 av 6")
    assert ("steady", 1) == (charge["clause"]["figures"]["policy"], charge["clause"]["figures"]["number"])


def test_what_cannot_be_explained_is_refused(handed_over: Purring) -> None:
    """A language that we don't have, and an invoice that isn't there."""
    assert (
        "'de' is not a language we have; use one of en, nb." in handed_over("explain", "F-8801", "--locale", "de").err
    )
    missing = handed_over("explain", "F-0")
    assert 0 != missing.exit_code
    assert "There is no invoice F-0" in missing.err


def test_the_story_keeps_the_sentence(handed_over: Purring) -> None:
    """`purring show` says why each step stands there, as it always has."""
    assert "Policy steady v1: retry 1 of 6" in handed_over("show", "invoice", "F-8801").out
