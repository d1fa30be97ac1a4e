"""What a benchmark found: figures, each beside what it is measured against in the same run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

RESULTS = Path(__file__).resolve().parent.parent / "results.json"


class Figure(TypedDict):
    """One figure. `ratio`: value over against_value."""

    figure: str
    value: float
    unit: str
    against: str
    against_value: float
    ratio: float


def figure(name: str, value: float, unit: str, *, against: str, against_value: float) -> Figure:
    """Put a figure beside its measure."""
    return Figure(
        figure=name,
        value=_rounded(value),
        unit=unit,
        against=against,
        against_value=_rounded(against_value),
        ratio=_rounded(value / against_value),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def tell(figures: Sequence[Figure], *, keep: bool) -> None:
    """Print figures, each with what it stands beside, and write them down if they are to be kept."""
    for one in figures:
        print(f"{one['figure']:72}{one['value']:8.2f} : {one['against_value']:8.2f} = {one['ratio']:.2f}")
    if keep:
        merge(figures)


def merge(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write figures into the file of all results: those of the same name are replaced, the others stay."""
    kept: list[Figure] = json.loads(path.read_text()) if path.exists() else []
    new = {one["figure"] for one in figures}
    merged = sorted([*(one for one in kept if one["figure"] not in new), *figures], key=lambda one: one["figure"])
    path.write_text(json.dumps(merged, indent=2, ensure_ascii=False) + "\n")
