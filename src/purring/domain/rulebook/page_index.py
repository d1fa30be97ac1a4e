"""The first page of the rulebook's reference: what classes and reasons mean, and what changed when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from purring.domain.language import ENGLISH
from purring.domain.rulebook.codes import Grade
from purring.domain.rulebook.findings import REMARKS
from purring.domain.rulebook.limit import Limit, worded
from purring.domain.rulebook.limit_rows import ALWAYS, LIMITS
from purring.domain.rulebook.operator_texts import OPERATOR_TEXTS
from purring.domain.rulebook.page_parts import UNVERIFIED, UNVERIFIED_GRADES, Citations, limits_of, table
from purring.domain.rulebook.pages import PAGES, TABLE_OF, Page
from purring.domain.rulebook.presentment import TERMS
from purring.domain.rulebook.reasons import STRICTNESS, DeclineClass
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.domain.rulebook.tables import TABLES, rule_id

TITLE = "Declines and limits"

_INTRO = """\
What every code means to Purring, and how often a card or an account is charged. A declined charge carries up to three
codes: the network's advice, the network's own code, and the gateway's. Each is looked up in the tables of these pages,
and the strictest class among them wins. A code that stands nowhere stops and asks. A rule may forbid or delay, never
hasten."""
_DATES = """\
A decision made on a day uses the rows in force on that day; each names its row, with the day it came into force. A row
without a date is in force throughout, as far as anybody tells. Where sources disagree on a date or a number, the
stricter one holds, by its own row or by our ceiling. An open recovery obeys a row that comes into force and is stricter
from its first day on, also for a decline that came before; a looser row changes nothing that was decided."""
_STOPS = """\
Some rows reach further than the debt that was declined. *The network stops this card*: nobody charges it again, for any
invoice, until another card takes its place. *The network stops this payment*: this debt only; the next period's may be
charged. A *wait* counts from the decline and holds whatever we or an operator charge to the card; the customer may pay
sooner. Wrong data (`update_method`, and a wrong PIN) hold for every invoice too, until they are edited."""
_EXTEND = """\
A code is one row in `src/purring/domain/rulebook/codes_*.py`, a limit one in `limit_rows.py`. Its example is one line
in `tests/domain/rulebook/`, which is played on either side of the rule; a row without an example fails the tests. A
new edition ends the one before it (`valid_to`). `make docs` writes these pages anew."""


def index() -> Iterator[str]:
    """The paragraphs of the page below its title."""
    citations = Citations()
    yield _INTRO
    yield "## Pages"
    yield table(("page", "codes", "unverified", "of these never retried"), [_page_row(page) for page in PAGES])
    yield "## Classes"
    yield table(("class", "what happens"), [(f"`{kind}`", _what_happens(kind)) for kind in _strictest_first()])
    yield _STOPS
    yield "## Reasons"
    yield "What operators read. Customers read [other words](../notices.md#reasons), which never name a code."
    yield table(
        ("reason", "what it means", "what to do"),
        [(f"`{reason}`", text.meaning, text.action) for reason, text in OPERATOR_TEXTS.items()],
    )
    yield "## Ceilings for every card"
    yield limits_of([limit for limit in LIMITS if limit.scheme == EVERY_CARD], citations)
    yield "\n".join(f"- {row.text} [{citations.cite(row.source)}]" for row in REMARKS if row.scheme == EVERY_CARD)
    yield citations.listed()
    yield "## What changed when"
    yield _DATES
    yield table(("from", "rule", "what"), _changes())
    yield "## How sources are graded"
    yield table(("grade", "means", "codes"), [(f"{grade.value}", _means(grade), _count(grade)) for grade in Grade])
    yield "## To add a code or a limit"
    yield _EXTEND


def _page_row(page: Page) -> tuple[str, ...]:
    codes = [row for name in page.tables for row in TABLE_OF[name].codes]
    return (
        f"[{page.title}]({page.name}.md)",
        str(len(codes)) if codes else "",
        str(sum(row.source.grade in UNVERIFIED_GRADES for row in codes) or ""),
        str(sum(row.decline_class is DeclineClass.NEVER_RETRY for row in codes) or ""),
    )


def _strictest_first() -> list[DeclineClass]:
    return sorted(DeclineClass, key=lambda kind: -STRICTNESS[kind])


def _what_happens(kind: DeclineClass) -> str:
    match kind:
        case DeclineClass.NEVER_RETRY:
            return "This method is not charged for this debt again."
        case DeclineClass.UPDATE_METHOD:
            return "No retry on this method until it is edited or replaced."
        case DeclineClass.RETRY_AFTER_CUSTOMER_ACTION:
            return "No automatic retry: the customer confirms, or talks to the bank."
        case DeclineClass.UNKNOWN:
            return "No automatic retry: operators look at it."
        case DeclineClass.RETRY_LATER:
            return "The charge stays on the schedule."
        case _:
            assert_never(kind)


def _changes() -> list[tuple[str, str, str]]:
    """Every row that came into force on a day that somebody tells, in order of the days."""
    codes = [(rule_id(one, row), row) for one in TABLES for row in one.codes]
    begun = [(row.valid_from, name, row.meaning) for name, row in codes if row.valid_from]
    limits = [(limit.valid_from, limit.id, _said(limit)) for limit in LIMITS if limit.valid_from != ALWAYS]
    terms = [(row.valid_from, row.id, row.note) for row in TERMS if row.valid_from != ALWAYS]
    return [(str(day), f"`{name}`", text) for day, name, text in sorted([*begun, *limits, *terms])]


def _said(limit: Limit) -> str:
    return worded(limit.wording, limit.scheme, limit.attempts_max, limit.window_days, ENGLISH)


def _means(grade: Grade) -> str:
    match grade:
        case Grade.CITES_PRIMARY:
            return "Somebody quotes the network's or scheme's own document by name and date."
        case Grade.COPY:
            return "A copy of the page on which the gateway documents its own codes."
        case Grade.SECONDARY:
            return "A processor, bank or consultant tells it."
        case Grade.LOST:
            return f"A list of a processor or a library that nobody can look up again: {UNVERIFIED}."
        case Grade.MEMORY:
            return f"Nobody could check it: {UNVERIFIED}."
        case Grade.OWN:
            return "Our own decision."
        case _:
            assert_never(grade)


def _count(grade: Grade) -> str:
    return str(sum(row.source.grade is grade for one in TABLES for row in one.codes) or "")
