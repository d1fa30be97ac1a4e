"""The reference page of declines and limits, written from the rows, so that it can't say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Grade, Source, Stop, Table
from purring.domain.rulebook.limit import Limit, Scope
from purring.domain.rulebook.limit_rows import ALWAYS, EVERY_CARD, LIMITS
from purring.domain.rulebook.reasons import STRICTNESS, DeclineClass
from purring.domain.rulebook.tables import TABLES

_INTRO = (
    "What every code means to Purring, and how often a card or an account is charged. A decline's codes are looked up\n"
    "in the tables below, and the strictest class among them wins. A code that stands nowhere stops and asks."
)


def declines() -> Iterator[str]:
    """The paragraphs of the page below its title, in Markdown."""
    yield _INTRO
    yield "## Classes"
    yield _table(("class", "what happens"), ((f"`{kind}`", _what_happens(kind)) for kind in _strictest_first()))
    yield "## Limits"
    yield _table(
        ("rule", "edition", "for", "attempts", "window", "counted from", "in force", "source"),
        (_limit_row(limit) for limit in LIMITS),
    )
    for table in TABLES:
        yield from codes_of(table)


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


def _limit_row(limit: Limit) -> tuple[str, ...]:
    return (
        f"`{limit.id}`",
        limit.edition,
        "every card" if limit.scheme == EVERY_CARD else limit.scheme,
        f"{limit.attempts_max} per {_counted(limit.scope)}" + (", automatic" if limit.automatic_only else ""),
        f"{limit.window.days * 24} hours" if limit.window.days == 1 else f"{limit.window.days} days",
        "the first attempt" if limit.counts_from_first else "any attempt",
        _in_force(limit),
        limit.source,
    )


def _in_force(limit: Limit) -> str:
    first = "always" if limit.valid_from == ALWAYS else f"from {limit.valid_from}"
    return first if limit.valid_to is None else f"{first} until {limit.valid_to}"


def _counted(scope: Scope) -> str:
    return scope.value.replace("_", " and ")


def codes_of(table: Table) -> Iterator[str]:
    """The paragraphs about one table of codes: its rows, then their numbered sources."""
    sources = list(dict.fromkeys(row.source for row in table.codes))
    yield f"## {table.title}"
    yield _table(
        ("code", "meaning", "reason", "class", "also", "source"),
        (_code_row(row, sources.index(row.source) + 1) for row in table.codes),
    )
    yield "Sources:\n\n" + "\n".join(f"{n}. {_cite(source)}" for n, source in enumerate(sources, 1))


def _code_row(row: Code, source: int) -> tuple[str, ...]:
    """One code; a row that nobody could check says so."""
    unverified = ", unverified" if row.source.grade is Grade.MEMORY else ""
    kind = "not a decline" if row.decline_class is NOT_A_DECLINE else f"`{row.decline_class}`"
    return f"`{row.code}`", row.meaning, f"`{row.reason}`", kind, "; ".join(_also(row)), f"{source}{unverified}"


def _also(row: Code) -> Iterator[str]:
    """Everything else that a row says, in phrases."""
    if row.category is not None:
        yield f"category {row.category}"
    if row.stop is not None:
        yield "the network stops this card" if row.stop is Stop.CARD else "the network stops this payment"
    if row.delay_hours is not None:
        yield f"wait {row.delay_hours} h"
    if row.uncertain:
        yield "the charge may have gone through"
    if row.defers:
        yield "silent beside a code that says more"
    if row.valid_from is not None:
        yield f"from {row.valid_from}"
    if row.valid_to is not None:
        yield f"until {row.valid_to}"
    if row.note:
        yield row.note


def _cite(source: Source) -> str:
    if source.grade is Grade.MEMORY:
        return "from memory, unverified"
    return f"{source.text} ({source.grade}, read {source.read_on})"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """One Markdown table; a bar inside a cell is escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)
