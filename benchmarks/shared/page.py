"""The page about benchmarks, from the results file and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping

from benchmarks.shared.groups import GROUPS, Group
from benchmarks.shared.results import RESULTS, Figure

RUNS = RESULTS.with_name("runs.json")
"""When, on what and how each script ran last."""
PLOTS = RESULTS.with_name("plots")

_INTRO = """\
`make bench` runs everything below on a throw-away PostgreSQL that waits for the disk at every commit, and writes
`benchmarks/results.json`, the plots and this page. Absolute numbers belong to the machine they were measured on; trust
the ratios, each of which comes from one run. What the machine did besides stands under each table as its load.

- `make bench ARGS=--quick` tries everything at small sizes and writes nothing down.
- `make bench ARGS="--only rivals growth"` runs some; each is a script in `benchmarks/` whose `--help` tells its sizes.
- A task queue is needed only for *beside task queues*; `make bench` installs them, `make test` doesn't.
- Where the time of a charge goes: `python benchmarks/pipeline_profile.py`."""


def results() -> list[Figure]:
    """Everything that was measured."""
    found: list[Figure] = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    return found


def runs() -> Mapping[str, Mapping[str, str]]:
    """How each script ran last."""
    found: Mapping[str, Mapping[str, str]] = json.loads(RUNS.read_text()) if RUNS.exists() else {}
    return found


def paragraphs() -> list[str]:
    """The page below its title."""
    figures = results()
    return [_INTRO, *(part for group in GROUPS for part in _section(group, group.own(figures)))]


def _section(group: Group, own: list[Figure]) -> list[str]:
    head = [f"## {group.name}", group.claim]
    if not own:
        return [*head, f'Not measured yet: `make bench ARGS="--only {group.script}"`.']
    plot = [f"![{group.name}](../../benchmarks/plots/{group.script}.svg)"] if _has_plot(group) else []
    return [*head, _table(group, own), *plot, *_how(group)]


def _has_plot(group: Group) -> bool:
    return (PLOTS / f"{group.script}.svg").exists()


def _table(group: Group, own: list[Figure]) -> str:
    lines = ["| figure | value | against | | ratio | bar |", "|---|---:|---|---:|---:|---|"]
    for one in own:
        bar = group.bar(one)
        kept = "" if bar is None else f"{bar}: {'met' if bar.is_met(one) else 'short'}"
        lines.append(
            f"| {one['figure']} | {one['value']:,.4g} {one['unit']} | {one['against']} | {one['against_value']:,.4g} "
            f"| {one['ratio']:.2f} | {kept} |"
        )
    return "\n".join(lines)


def _how(group: Group) -> list[str]:
    run = runs().get(group.script)
    return [f"Measured on {run['on']}: {run['machine']}."] if run else []
