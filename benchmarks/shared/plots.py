"""Pictures of results: for each figure a bar, and beside it the bar of what it is measured against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.shared.groups import GROUPS, Group
from benchmarks.shared.page import PLOTS, results
from benchmarks.shared.results import Figure

WIDTH, LEFT, RIGHT, ROW, TOP = 960, 440, 150, 40, 40
OURS, THEIRS = "#5b4b8a", "#c9c3dc"


def draw_all() -> None:
    """One picture for each group that has figures."""
    PLOTS.mkdir(exist_ok=True)
    for group in GROUPS:
        own = group.own(results())
        if own:
            (PLOTS / f"{group.script}.svg").write_text(drawn(group, own))


def drawn(group: Group, own: Sequence[Figure]) -> str:
    """The picture. Figures of one unit share a scale."""
    height = TOP + ROW * len(own) + 10
    units = {one["unit"] for one in own}
    most = {unit: max(_larger(one) for one in own if one["unit"] == unit) for unit in units}
    parts = [part for place, one in enumerate(own) for part in _row(one, TOP + ROW * place, most[one["unit"]])]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
            ' font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="12" y="24" font-size="16" font-weight="bold">{escape(group.name)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _larger(one: Figure) -> float:
    return max(one["value"], one["against_value"])


def _row(one: Figure, y: int, most: float) -> Iterator[str]:
    wide = WIDTH - LEFT - RIGHT
    yield f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(one["figure"])}</text>'
    yield f'<text x="{LEFT - 8}" y="{y + 28}" text-anchor="end" fill="#777">{escape(one["against"])}</text>'
    for value, color, down in ((one["value"], OURS, 4), (one["against_value"], THEIRS, 18)):
        length = max(1.0, wide * value / most)
        yield f'<rect x="{LEFT}" y="{y + down}" width="{length:.1f}" height="12" fill="{color}"/>'
        yield f'<text x="{LEFT + length + 6:.1f}" y="{y + down + 10}">{value:,.4g} {escape(one["unit"])}</text>'
