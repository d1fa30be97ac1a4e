"""The pieces of the rulebook's reference pages, in Markdown: tables, days in force, numbered sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Grade, Source, Stop, Table
from purring.domain.rulebook.limit import Limit, Scope
from purring.domain.rulebook.limit_rows import ALWAYS
from purring.domain.rulebook.schemes import SCHEME_NAMES

UNVERIFIED = "**unverified**"
UNVERIFIED_GRADES = frozenset({Grade.MEMORY, Grade.LOST})
"""Nobody can go and look: such rows are marked wherever they are shown."""

_COUNTED = {
    Scope.CARD: "card",
    Scope.CARD_AMOUNT: "card and amount",
    Scope.INVOICE: "invoice and account",
}


class Citations:
    """The sources of one page, numbered in the order in which they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[Source, int] = {}

    def cite(self, source: Source) -> str:
        """The number of a source, marked where nobody can check it."""
        number = self._numbers.setdefault(source, len(self._numbers) + 1)
        return f"{number}, {UNVERIFIED}" if source.grade in UNVERIFIED_GRADES else str(number)

    def listed(self) -> str:
        """Every source with its grade and the day it was read."""
        return "\n".join(f"{number}. {_written(source)}" for source, number in self._numbers.items())


def _written(source: Source) -> str:
    if source.grade in UNVERIFIED_GRADES:
        return f"{source.text}, {UNVERIFIED}"
    return f"{source.text} ({source.grade.value}, read {source.read_on})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One Markdown table without the columns that would be empty; a bar inside a cell is escaped."""
    cells = list(rows)
    kept = [n for n in range(len(head)) if any(row[n] for row in cells)]
    lines = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line[n].replace('|', chr(92) + '|') for n in kept)} |" for line in lines)


def in_force(first: date | None, end: date | None) -> str:
    """The days of a row, both included; nothing for a row without dates."""
    last = None if end is None else date.fromordinal(end.toordinal() - 1)
    if first is None or first == ALWAYS:
        return "" if last is None else f"until {last}"
    return f"from {first}" if last is None else f"{first} to {last}"


def codes_of(codes: Table, citations: Citations) -> Iterator[str]:
    """The rows of one table of codes, in one piece for each of the network's categories."""
    categories = list(dict.fromkeys(row.category for row in codes.codes))
    for category in categories:
        if category is not None:
            yield f"### Category {category}: {CATEGORIES[category]}"
        yield table(
            ("code", "meaning", "reason", "class", "wait", "in force", "remarks", "source"),
            [_code_row(row, citations) for row in codes.codes if row.category == category],
        )


CATEGORIES = {
    1: "the issuer will never approve",
    2: "the issuer can't approve now",
    3: "the data have to be corrected first",
    4: "generic, and every code that isn't listed",
}
"""Visa's categories in our words."""


def _code_row(row: Code, citations: Citations) -> tuple[str, ...]:
    kind = "not a decline" if row.decline_class is NOT_A_DECLINE else f"`{row.decline_class}`"
    return (
        f"`{row.code}`",
        row.meaning,
        f"`{row.reason}`",
        kind,
        "" if row.delay_hours is None else hours(row.delay_hours),
        in_force(row.valid_from, row.valid_to),
        ". ".join(_remarks(row)),
        citations.cite(row.source),
    )


def hours(count: int) -> str:
    """A number of hours, in days where it is whole days and more than one."""
    if count > 24 and count % 24 == 0:  # noqa: PLR2004 -- the hours of a day
        return f"{count // 24} days"
    return f"{count} hour{'' if count == 1 else 's'}"


def _remarks(row: Code) -> Iterator[str]:
    """Everything else that a row says, in phrases."""
    if row.stop is not None:
        yield "The network stops this card" if row.stop is Stop.CARD else "The network stops this payment"
    if row.uncertain:
        yield "The charge may have gone through"
    if row.defers:
        yield "Silent beside a code that says more"
    if row.note:
        yield row.note


def limits_of(limits: Iterable[Limit], citations: Citations) -> str:
    """One line for each edition of each limit."""
    return table(
        ("rule", "edition", "for", "at most", "in", "in force", "source"),
        [
            (
                f"`{limit.id}`",
                limit.edition,
                SCHEME_NAMES[limit.scheme],
                _at_most(limit),
                _window(limit),
                in_force(limit.valid_from, limit.valid_to) or "always",
                citations.cite(limit.source),
            )
            for limit in limits
        ],
    )


def _at_most(limit: Limit) -> str:
    whose = " by us or an operator" if limit.automatic_only else ""
    plural = "" if limit.attempts_max == 1 else "s"
    return f"{limit.attempts_max} attempt{plural}{whose} for each {_COUNTED[limit.scope]}"


def _window(limit: Limit) -> str:
    span = hours(limit.window_days * 24)
    return f"{span} from the first one on" if limit.counts_from_first else f"any {span}"
