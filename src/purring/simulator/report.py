"""The scoreboard: what was lived through, what went wrong on purpose, what was noticed, what was broken."""

from __future__ import annotations

import json
from collections.abc import Iterator

from purring.simulator.faults import Fault
from purring.simulator.history import History
from purring.simulator.run import DAYS_PER_YEAR, Tally
from purring.simulator.sometimes import POINTS

LINES_SHOWN_MAX = 120


def scoreboard(tally: Tally, *, all_points: bool) -> Iterator[str]:
    """Line by line. `all_points`: say which situations never came up."""
    yield "Lived through"
    yield from _table(
        {
            "seeds": tally.seeds,
            "years of installations": f"{tally.days / DAYS_PER_YEAR:,.1f}",
            "years of open invoices": f"{tally.invoice_days / DAYS_PER_YEAR:,.1f}",
            **{name: tally.counts[name] for name in ("attempts", "resends", "crashes", "deeds", "refusals", "mails")},
        }
    )
    yield "Faults"
    yield from _table({fault.value: tally.counts[fault.value] for fault in Fault if tally.counts[fault.value]})
    missing = missing_points(tally)
    yield f"Sometimes points: {len(POINTS) - len(missing)} of {len(POINTS)}"
    if all_points:
        yield from (f"  NEVER  {point}" for point in missing)
        rarest = sorted((tally.sometimes[point], point) for point in POINTS if tally.sometimes[point])[:5]
        yield from (f"  {count:6,}  {point} (among the rarest)" for count, point in rarest)
    if tally.caught:
        yield from _bugs(tally)
    yield f"Violations: {len(tally.failures)}"


def _bugs(tally: Tally) -> Iterator[str]:
    """What became of the planted bugs."""
    caught = sum(bool(one.by) for one in tally.caught)
    yield f"Planted bugs caught: {caught} of {len(tally.caught)}"
    for one in sorted(tally.caught, key=lambda one: (bool(one.by), -one.seeds, one.bug)):
        verdict = f"by {one.by}, in seed {one.seed}" if one.by else f"NOT within {one.seeds} seeds"
        yield f"  {one.bug:<48} {verdict}"


def missing_points(tally: Tally) -> list[str]:
    """The situations that never came up."""
    return [point for point in POINTS if not tally.sometimes[point]]


def _table(figures: dict[str, int | str]) -> Iterator[str]:
    for name, figure in figures.items():
        shown = f"{figure:,}" if isinstance(figure, int) else figure
        yield f"  {name:<24} {shown:>10}"


def failure(history: History) -> Iterator[str]:
    """A failing history: seed, faults, the end of the trace, and the file for the museum."""
    plan = history.plan
    yield f"Seed {plan.seed} broke something within {plan.days} days of trouble, with"
    yield f"  {', '.join(plan.faults) or 'no faults at all'}"
    yield from (f"  {violation}" for violation in history.violations)
    left_out = len(history.lines) - LINES_SHOWN_MAX
    if left_out > 0:
        yield f"  ({left_out} lines before)"
    yield from (f"  {line}" for line in history.lines[-LINES_SHOWN_MAX:])
    yield "For tests/simulation/museum, once it is mended:"
    yield f"  {exhibit(history)}"


def exhibit(history: History) -> str:
    """The history as a file of the museum."""
    plan, broke = history.plan, str(history.violations[0]) if history.violations else ""
    return json.dumps({"seed": plan.seed, "faults": list(plan.faults), "days": plan.days, "broke": broke})
