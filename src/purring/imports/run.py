"""Import a file: survey it first, then take its rows in, kind after kind, in batches, and say what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import islice
from typing import Any

from purring.domain.errors import StaleWrite
from purring.domain.merchant import Merchant
from purring.imports.kinds import Kind
from purring.imports.parse import Problem, parse
from purring.imports.source import Row, Source, Spoiled
from purring.operations.importing.customers import add_customers, add_people
from purring.operations.importing.invoices import add_invoices
from purring.operations.importing.methods import add_methods
from purring.operations.importing.rows import Added, Bad, Missing, NewRow, Result, There
from purring.operations.importing.subscriptions import add_subscriptions
from purring.operations.services import Services
from purring.store import Connection, merchants

BATCH_ROWS = 500
TRIES_MAX = 5

# Any: each function takes rows of its own kind, and `SHAPES` makes them so.
TAKE_IN: Mapping[Kind, Callable[[Connection, Services, Merchant, Sequence[Any]], list[Result]]] = {
    Kind.CUSTOMER: add_customers,
    Kind.PERSON: add_people,
    Kind.METHOD: add_methods,
    Kind.SUBSCRIPTION: add_subscriptions,
    Kind.INVOICE: add_invoices,
}


class Mode(StrEnum):
    """How much is kept together."""

    BATCHES = "batches"
    """Every good row, batch by batch."""
    WHOLE = "whole"
    """Every row, or none if one is bad."""
    DRY = "dry"
    """Nothing: only say what would become of each row."""


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    THERE = "already there"
    BAD = "bad"


class Listener:
    """Hears of an import while it goes on; this one doesn't care."""

    def surveyed(self, rows: int) -> None:
        """The file can be read and has so many rows."""

    def problem(self, problem: Problem) -> None:
        """A row is bad."""

    def done(self, rows: int) -> None:
        """So many more rows are behind us."""


class Import:
    """One run over one file. `counts`: how many rows of a kind (None: of a row that can't be read) had an outcome."""

    def __init__(self, services: Services, merchant: Merchant, source: Source, listener: Listener) -> None:
        """Make it ready; nothing is read yet."""
        self._services = services
        self._merchant = merchant
        self._source = source
        self._listener = listener
        self._failed: dict[tuple[str, ...], int] = {}
        self.counts: Counter[tuple[Kind | None, Outcome]] = Counter()
        self.kept = True

    @property
    def bad(self) -> int:
        """How many rows were bad."""
        return sum(count for (_, outcome), count in self.counts.items() if outcome is Outcome.BAD)

    def run(self, mode: Mode) -> None:
        """Import the file. Its form is checked to its end before anything is written.

        Raises InvalidInput for the file itself; StaleWrite, StoreUnavailable between batches, which are kept.
        """
        kinds = self._survey()
        if mode is Mode.BATCHES:
            for kind in kinds:
                for batch in self._batches(kind):
                    self._note(batch, self._kept_batch(kind, batch))
            return
        with suppress(_GivenUp), self._services.store.transaction() as conn:
            self.kept = False
            for kind in kinds:
                for batch in self._batches(kind):
                    self._note(batch, self._take_in(conn, kind, batch))
            if mode is Mode.DRY or self.bad:
                raise _GivenUp
            self.kept = True

    def _survey(self) -> list[Kind]:
        """Read the file once to its end; gives the kinds that there are, in the order of their import."""
        rows: Counter[Kind] = Counter()
        for row in self._source.rows():
            if isinstance(row, Spoiled):
                self._report(None, [Problem(line=row.line, field=row.field, message=row.message)])
            else:
                rows[row.kind] += 1
        self._listener.surveyed(rows.total())
        return [kind for kind in Kind if rows[kind]]

    def _batches(self, kind: Kind) -> Iterator[list[Row]]:
        rows = (row for row in self._source.rows() if isinstance(row, Row) and row.kind is kind)
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch

    def _kept_batch(self, kind: Kind, batch: Sequence[Row]) -> list[Result | list[Problem]]:
        """A batch in a transaction of its own, again if a worker changed something meanwhile."""
        for _ in range(TRIES_MAX - 1):
            try:
                with self._services.store.transaction() as conn:
                    return self._take_in(conn, kind, batch)
            except StaleWrite:
                continue
        with self._services.store.transaction() as conn:
            return self._take_in(conn, kind, batch)

    def _take_in(self, conn: Connection, kind: Kind, batch: Sequence[Row]) -> list[Result | list[Problem]]:
        """What becomes of each row, in their order."""
        merchants.lock(conn, self._merchant.id)
        parsed = [parse(row) for row in batch]
        good: list[NewRow] = [one for one in parsed if not isinstance(one, list)]
        results = iter(TAKE_IN[kind](conn, self._services, self._merchant, good))
        return [one if isinstance(one, list) else next(results) for one in parsed]

    def _note(self, batch: Sequence[Row], results: Sequence[Result | list[Problem]]) -> None:
        for row, result in zip(batch, results, strict=True):
            match result:
                case Added():
                    self.counts[row.kind, Outcome.ADDED] += 1
                case There():
                    self.counts[row.kind, Outcome.THERE] += 1
                case _:
                    self._failed.setdefault(_name(row.kind, row), row.line)
                    self._report(row.kind, self._problems(row, result))
        self._listener.done(len(batch))

    def _problems(self, row: Row, result: Bad | Missing | list[Problem]) -> list[Problem]:
        match result:
            case Bad(name, message):
                return [Problem(line=row.line, field=name, message=message)]
            case Missing(name, ref):
                return [Problem(line=row.line, field=name, message=self._missing(row, name, ref))]
            case _:
                return result

    def _missing(self, row: Row, name: str, ref: str) -> str:
        """Why a reference leads nowhere: its own row failed, or it never was there. Others' rows are never there."""
        kind = _REFERS_TO[name]
        line = self._failed.get((kind, ref) if kind is Kind.CUSTOMER else (kind, ref, row.cells["customer"]))
        if line is not None:
            return f"{kind} {ref} stands on line {line}, which was not imported; mend that line first."
        whose = " of this customer" if kind is not Kind.CUSTOMER else ""
        return f"there is no {kind} {ref}{whose}; import it first, or mend the reference."

    def _report(self, kind: Kind | None, problems: Sequence[Problem]) -> None:
        self.counts[kind, Outcome.BAD] += 1
        for problem in problems:
            self._listener.problem(problem)


class _GivenUp(Exception):
    """Nothing of the transaction is to be kept."""


_REFERS_TO: Mapping[str, Kind] = {
    "customer": Kind.CUSTOMER,
    "method": Kind.METHOD,
    "backup_method": Kind.METHOD,
    "subscription": Kind.SUBSCRIPTION,
}


def _name(kind: Kind, row: Row) -> tuple[str, ...]:
    """What other rows call this one: a customer's things only together with the customer."""
    name = row.cells.get("token" if kind is Kind.METHOD else "external_id", "")
    return (kind, name) if kind is Kind.CUSTOMER else (kind, name, row.cells.get("customer", ""))
