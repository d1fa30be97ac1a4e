"""The reference pages hold every row, limit, term, fee and source, and admit what nobody checked."""

from __future__ import annotations

from datetime import date

import pytest

from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.rulebook.advice import PROFILES
from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.operator_texts import OPERATOR_TEXTS
from purring.domain.rulebook.page_index import index
from purring.domain.rulebook.page_parts import UNVERIFIED, UNVERIFIED_GRADES, Citations, codes_of, hours, in_force
from purring.domain.rulebook.pages import PAGES, Page, paragraphs
from purring.domain.rulebook.presentment import TERMS
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.domain.rulebook.tables import TABLES
from purring.domain.rulebook.updater import SERVICES, UPDATER_CODES

TEXT = {page.name: "\n\n".join(paragraphs(page)) for page in PAGES}
INDEX = "\n\n".join(index())
BY_ID = {table.id: table for table in TABLES}


def _lines(page: str, start: str) -> list[str]:
    """The lines of a page that begin so."""
    return [line for line in TEXT[page].splitlines() if line.startswith(start)]


def _section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its level."""
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_table_and_scheme_has_one_page() -> None:
    """Each table stands on one page, and so does every scheme that has a limit, a term, a fee or a remark."""
    assert sorted(BY_ID) == sorted(name for page in PAGES for name in page.tables)
    schemes = [scheme for page in PAGES for scheme in page.schemes]
    assert len(schemes) == len(set(schemes))
    ruled = {limit.scheme for limit in LIMITS} | {terms.scheme for terms in TERMS} | {fee.scheme for fee in FEES}
    known = {row.scheme for row in THRESHOLDS} | {row.scheme for row in REMARKS}
    assert (ruled | known) - {EVERY_CARD} <= set(schemes)
    assert len(PAGES) == len({page.name for page in PAGES})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_code_has_its_line(page: Page) -> None:
    """Each row stands on its page with meaning, reason, class and note, and says so if nobody could check it."""
    for row in (row for name in page.tables for row in BY_ID[name].codes):
        start = f"| `{row.code}` | {row.meaning} | `{row.reason}` | "
        lines = [line for line in _lines(page.name, start) if row.note in line]
        assert lines, start
        assert all((f"`{row.decline_class}`" if row.decline_class else "not a decline") in line for line in lines)
        assert (row.source.grade in UNVERIFIED_GRADES) == all(UNVERIFIED in line for line in lines)
    for name in page.tables:
        shown = _section(TEXT[page.name], BY_ID[name].title).partition("### Gateways")[0]
        assert len(BY_ID[name].codes) == sum(line.startswith("| `") for line in shown.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_number_leads_to_a_source(page: Page) -> None:
    """Whatever a page cites stands in its list of sources, numbered from 1, with its grade and day."""
    listed = _section(TEXT[page.name], "Sources").strip().splitlines()
    assert [f"{n}." for n in range(1, len(listed) + 1)] == [line.partition(" ")[0] for line in listed]
    assert all(UNVERIFIED in line or ", read 2026-" in line for line in listed)
    sources = {row.source for name in page.tables for row in BY_ID[name].codes}
    assert all(any(source.text in line for line in listed) for source in sources)


def test_what_nobody_checked_is_gathered() -> None:
    """Each page ends with the list of what is unverified on it, and pages without any have no such list."""
    for page in PAGES:
        doubtful = {
            f"`{row.code}`"
            for name in page.tables
            for row in BY_ID[name].codes
            if row.source.grade in UNVERIFIED_GRADES
        }
        section = _section(TEXT[page.name], "Unverified")
        assert doubtful <= set(section.replace(",", " ").split())
        remarks = [row for row in REMARKS if row.scheme in page.schemes and row.source.grade is Grade.MEMORY]
        assert all(row.text in section for row in remarks)
        assert bool(doubtful or remarks) == bool(section)


def test_every_limit_has_its_line() -> None:
    """Each edition of each limit stands on its scheme's page, and the ceilings on every card network's."""
    for page in PAGES:
        for limit in LIMITS:
            shown = limit.scheme in page.schemes or (limit.scheme == EVERY_CARD and page.cards)
            lines = _lines(page.name, f"| `{limit.id}` | {limit.edition} |")
            assert shown == bool(lines)
            assert all(f"| {limit.attempts_max} " in line for line in lines)
            assert not shown or limit.source.text in TEXT[page.name]
    assert "| any 24 hours | 2019-10-14 to 2022-09-30 |" in TEXT["mastercard"]
    assert "| 180 days from the first one on | always |" in TEXT["ach"]
    assert "| 1 attempt by us or an operator for each card and amount |" in TEXT["other-cards"]


def test_the_wording_that_schemes_demand_is_shown() -> None:
    """The form of a debit stands on its scheme's page."""
    assert all(
        _lines(page.name, f"| `{terms.id}` |") for page in PAGES for terms in TERMS if terms.scheme in page.schemes
    )
    assert "entry description `RETRY PYMT`; the same amount; the same company name and id" in TEXT["ach"]
    assert "transaction code `18`; the same amount" in TEXT["bacs"]
    assert "notice 10 working days before, unless agreed otherwise" in TEXT["bacs"]
    assert "sequence type `RCUR`; notice 14 calendar days before" in TEXT["sepa"]


def test_updaters_fees_and_thresholds_are_shown() -> None:
    """Every updater's code, fee, threshold and remark stands on its page."""
    for row in UPDATER_CODES:
        assert any(row.code in line and row.meaning in line for line in _lines("account-updaters", "| `"))
    assert all(f"## {name}" in TEXT["account-updaters"] for name in SERVICES.values())
    for page in PAGES:
        text = TEXT[page.name]
        assert all(f"{fee.amount} {fee.currency}" in text for fee in FEES if fee.scheme in page.schemes)
        assert all(row.what in text for row in THRESHOLDS if row.scheme in page.schemes)
        assert all(row.text in text for row in REMARKS if row.scheme in page.schemes)
    assert "| 25,000 | 30 days |" in TEXT["visa"]
    assert "| 0.5 % | 60 days | from 2015-09-18 |" in TEXT["ach"]
    assert "| 15 % | 60 days | from 2015-09-18 |" in TEXT["ach"]
    assert "- JCB: Nothing public was found." in TEXT["other-cards"]


def test_renumbered_advice_is_shown() -> None:
    """Each number of a gateway with a profile stands beside the network's."""
    for gateway, profile in PROFILES.items():
        for sent, meant in profile.items():
            assert _lines("mastercard", f"| {gateway} | `{sent}` | `{meant}` | ")


def test_the_index_leads_to_every_page_and_says_what_each_reason_means() -> None:
    """Pages, reasons with the operators' text, and classes, strictest first."""
    assert all(f"| [{page.title}]({page.name}.md) |" in INDEX for page in PAGES)
    assert all(
        f"| `{reason}` | {text.meaning} | {text.action} |" in INDEX for reason, text in OPERATOR_TEXTS.items()
    )  # fmt: skip
    classes = [line.split("`")[1] for line in _section(INDEX, "Classes").splitlines() if line.startswith("| `")]
    assert set(DeclineClass) == set(classes)
    assert (DeclineClass.NEVER_RETRY, DeclineClass.RETRY_LATER) == (classes[0], classes[-1])


def test_the_index_says_what_changed_when() -> None:
    """Every row with a first day stands in the list of changes, in order."""
    days = [line[2:12] for line in _section(INDEX, "What changed when").splitlines() if line.startswith("| 20")]
    assert sorted(days) == days
    assert "| 2025-05-25 | `visa-card-amount-30d` |" in INDEX
    assert "| 2026-07-25 | `visa:83@2026-07-25` |" in INDEX
    assert "| 2015-09-18 | `ach-again` |" in INDEX


def test_figures_are_said_in_words() -> None:
    """Waits, stops, uncertainty and silence stand in the cells."""
    assert ["1 hour", "24 hours", "2 days", "10 days"] == [hours(count) for count in (1, 24, 48, 240)]
    for phrase in ("| 10 days |", "Silent beside a code that says more"):
        assert phrase in TEXT["mastercard"]
    for phrase in ("The network stops this card", "The network stops this payment", "The charge may have gone through"):
        assert phrase in TEXT["visa"]


def test_days_in_force_include_the_last() -> None:
    """A row that ends is shown with the last day on which it holds."""
    first, end = date(2026, 1, 1), date(2026, 4, 1)
    shown = [in_force(None, None), in_force(first, None), in_force(None, end), in_force(first, end)]
    assert ["", "from 2026-01-01", "until 2026-03-31", "2026-01-01 to 2026-03-31"] == shown


def test_a_bar_in_a_note_breaks_no_table() -> None:
    """Cells are escaped, and columns without content are left out."""
    row = Code(
        "46",
        "Closed account",
        DeclineReason.ACCOUNT_CLOSED,
        DeclineClass.NEVER_RETRY,
        source=Source("a test", Grade.OWN),
        note="one | two",
    )
    (shown,) = codes_of(Table("x", "X", Kind.RAW, "x", (row,)), Citations())
    assert "| code | meaning | reason | class | remarks | source |" == shown.splitlines()[0]
    assert "| `46` | Closed account | `account_closed` | `never_retry` | one \\| two | 1 |" == shown.splitlines()[-1]
