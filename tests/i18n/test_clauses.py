"""What operators read about decisions: every clause, limit and member of a closed list, in every language."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from purring.domain.clause import TEXTS, Clause, figure_names, kept_clause, named_clause
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.language import ENGLISH
from purring.domain.policies import POLICIES
from purring.domain.recovery import HoldReason, RecoveryStatus
from purring.domain.rulebook.limit import Note, Scope, note_from
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.words import POLICY_WORDS, WORDS, word
from purring.i18n.catalog import translator
from purring.i18n.locales import DEFAULT, locales
from purring.i18n.reader import Reader

TRANSLATED = [locale for locale in locales() if locale != DEFAULT]
OSLO = ZoneInfo("Europe/Oslo")
AT = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
PLACE = re.compile(r"\{\w*\}")

FULL = Note(
    rule_id="card-amount-30d",
    edition="2026-11-22",
    used=15,
    allowed=15,
    unit=Scope.CARD_AMOUNT,
    window_days=30,
    counts_from_first=False,
    opens_at=AT,
    text="Our ceiling of {attempts} per card and amount in {window}",
)

FIGURES: dict[str, object] = {
    "invoice_status": InvoiceStatus.PAID,
    "dispute": DisputeStatus.OPEN,
    "recovery_status": RecoveryStatus.WRITTEN_OFF,
    "hold": HoldReason.BANK_TRANSFER,
    "reason": DeclineReason.INSUFFICIENT_FUNDS,
    "decline_class": DeclineClass.NEVER_RETRY,
    "planned_at": AT,
    "until_at": AT,
    "after": timedelta(hours=1),
    "spread": timedelta(hours=6),
    "window_days": 28,
    "lead_days": 1,
    "limits": (FULL,),
    "policy": "steady",
    "version": 3,
    "number": 2,
    "count": 6,
    "day": 5,
    "last_day": 28,
    "rules": "visa:41, visa:43",
    "invoice_id": "inv_1",
}
"""One figure of every name."""


def clause(name: str) -> Clause:
    """A clause with all its figures."""
    return Clause(name, tuple(FIGURES[figure] for figure in figure_names(name)))


@pytest.mark.parametrize("locale", TRANSLATED)
@pytest.mark.parametrize("text", [*TEXTS.values(), *(limit.text for limit in LIMITS)])
def test_every_clause_and_limit_is_translated_with_the_same_figures(text: str, locale: str) -> None:
    """Another sentence, with the same places for figures."""
    said = translator(locale).gettext(text)
    assert said != text
    assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(said))


@pytest.mark.parametrize("locale", TRANSLATED)
@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_every_member_has_words_in_every_language(kind: type[StrEnum], locale: str) -> None:
    """No member of a closed list that sentences name is left without words, and no two words are lost."""
    assert list(kind) == list(WORDS[kind])
    assert [] == [one for one in kind if translator(locale).gettext(word(one)) == word(one)]


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_policy_has_a_name_in_every_language(locale: str) -> None:
    """What settings call `steady` is said in the reader's words."""
    assert set(POLICIES) == set(POLICY_WORDS)
    assert [] == [one for one in POLICY_WORDS.values() if translator(locale).gettext(one) == one]


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("name", TEXTS)
def test_a_clause_says_the_same_however_it_was_kept(name: str, locale: str) -> None:
    """As it was computed, as text on an attempt, and as the figures of an event: one sentence, nothing left open."""
    reader = Reader(locale, OSLO)
    fresh = clause(name)
    said = fresh.said(reader)
    kept = kept_clause(fresh.kept)
    assert kept
    assert [said, said] == [kept.said(reader), named_clause(name, fresh.plain()).said(reader)]
    assert fresh.plain() == kept.plain() == named_clause(name, fresh.plain()).plain()
    assert all(isinstance(part, str) for part in fresh.kept)
    assert "{" not in said
    assert said.endswith(".")
    assert said[0].isupper()


@pytest.mark.parametrize(
    ("name", "english", "bokmal"),
    [
        (
            "policy.retry",
            "Policy steady v3: retry 2 of 6, day 5 of 28.",
            "Planen «jevn» v3: nytt forsøk 2 av 6, dag 5 av 28.",
        ),
        (
            "late",
            "Planned for July 14, 2026 at 10:30 AM; made up for now.",
            "Planlagt 14. juli 2026 kl. 10:30; tas igjen nå.",
        ),
        (
            "method.stopped",
            "This method isn't charged: insufficient funds (never retry).",
            "Denne betalingsmåten belastes ikke: ikke dekning på kontoen (prøv aldri igjen).",
        ),
        (
            "rule.no_room",
            (
                "The networks' ceilings leave no room before the window closes. Our ceiling of 15 attempts per card "
                "and amount in 30 days: 15 of 15 used; the window opens on July 14, 2026 at 10:30 AM."
            ),
            (
                "Kortnettverkenes grenser gir ikke rom for flere forsøk før fristen er ute. Vår grense på 15 forsøk "
                "per kort og beløp i løpet av 30 dager: 15 av 15 brukt; det blir plass igjen 14. juli 2026 kl. 10:30."
            ),
        ),
        (
            "window.close_after_warning",
            "The window of 28 days is over; 1 day after the last notice.",
            "Fristen på 28 dager er ute, og det har gått 1 dag siden siste varsel.",
        ),
        (
            "hold.until",
            "Paused (bank transfer) until July 14, 2026 at 10:30 AM.",
            "Satt på pause (bankoverføring) til 14. juli 2026 kl. 10:30.",
        ),
        (
            "unknown.ask",
            "The outcome is unknown: ask the gateway, 1 hour after the charge.",
            "Utfallet er ukjent: Betalingsleverandøren spørres 1 time etter trekket.",
        ),
    ],
)
def test_figures_are_said_in_the_readers_language_and_zone(name: str, english: str, bokmal: str) -> None:
    """Dates, spans, statuses, reasons, policies and limits: nothing stays in the machine's words."""
    assert [english, bokmal] == [clause(name).said(Reader(locale, OSLO)) for locale in ("en", "nb")]


def test_nothing_was_kept_nothing_is_said() -> None:
    """An attempt without a clause has none; a clause that this version doesn't know is called by its name."""
    assert kept_clause(()) is None
    assert "policy.of_old" == Clause("policy.of_old", ("1",)).said(ENGLISH)
    assert (
        "Policy homegrown v1 plans no further retry in the window." == Clause("policy.exhausted", ("homegrown", 1)).text
    )


@pytest.mark.parametrize("opens_at", [AT, None])
def test_a_note_comes_back_from_json(opens_at: datetime | None) -> None:
    """With everything it holds."""
    note = Note(
        rule_id="r", edition="e", used=1, allowed=3, unit=Scope.INVOICE, window_days=180, counts_from_first=True,
        opens_at=opens_at, text="t",
    )  # fmt: skip
    assert note == note_from(note.plain())
