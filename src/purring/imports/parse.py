"""One row's cells to the row that an operation takes, or to everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from purring.domain.errors import InvalidInput
from purring.imports.kinds import SHAPES, Column
from purring.imports.source import Row
from purring.operations.importing.rows import NewRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a line. `field` is empty where no single one is to blame."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """Say it as it is printed."""
        return f"line {self.line}, {self.field}: {self.message}" if self.field else f"line {self.line}: {self.message}"


def parse(row: Row) -> NewRow | list[Problem]:
    """What the row says, or every problem with it."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in SHAPES[row.kind].columns:
        try:
            values[column.name] = _value(column, row.cells.get(column.name))
        except InvalidInput as error:
            problems.append(Problem(line=row.line, field=column.name, message=error.message))
    if problems:
        return problems
    try:
        return SHAPES[row.kind].make(values)
    except InvalidInput as error:
        return [Problem(line=row.line, field=error.field or "", message=error.message)]


def _value(column: Column, cell: str | None) -> object:
    if cell is not None:
        return column.read(cell)
    if column.required:
        raise InvalidInput("it is missing; fill it in.")
    return None
