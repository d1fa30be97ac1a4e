"""Play every story once for each point at which its worker can die, and sampled pairs of such points.

After each death another worker takes over when the lease has run out. However it went, every invariant must hold with
the gateway's ledger as witness, and each invoice must end as it does without a death, with the same money taken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from purring.clock import seeded
from purring.scenarios.crash import Crashes
from purring.scenarios.parse import Story, read_story
from purring.scenarios.run import Result, run_story
from purring.store.engine import upgrade
from purring.telemetry.logs import set_up_logs

STORIES = Path(__file__).resolve().parent.parent / "scenarios"


@dataclass(frozen=True, slots=True)
class Death:
    """One playing of a story: where the worker died, and what was wrong afterwards."""

    path: Path
    at: tuple[int, ...]
    points: tuple[str, ...]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        """One line for each thing that was wrong."""
        where = " and ".join(f"{at} ({self.points[at]})" for at in self.at)
        return "\n".join(f"{self.path.stem}: killed at {where}: {one}" for one in self.wrong)


def calm(story: Story, database_url: str | None = None) -> tuple[Result, int]:
    """Play a story without a death; gives also at how many points there could have been one."""
    crashes = Crashes()
    return run_story(story, database_url, crashes), len(crashes.points)


def die(path: Path, story: Story, expected: Result, at: tuple[int, ...], database_url: str | None = None) -> Death:
    """Play a story and let its worker die at some points."""
    crashes = Crashes(at)
    found = run_story(story, database_url, crashes)
    wrong = [str(one) for one in found.differences if one.about.startswith("invariant")]
    for name in sorted(expected.ending.keys() | found.ending.keys()):
        was, is_now = expected.ending.get(name, "not there"), found.ending.get(name, "not there")
        wrong += [f"invoice {name}: {is_now}; without a death: {was}"] if was != is_now else []
    reached = tuple(one for one in at if one < len(crashes.points))
    return Death(path, reached, tuple(crashes.points), tuple(wrong))


def deaths(count: int, pairs: int, seed: str) -> list[tuple[int, ...]]:
    """Every point by itself, and as many pairs."""
    dice = seeded(seed)
    return [(at,) for at in range(count)] + [tuple(sorted(dice.sample(range(count), 2))) for _ in range(pairs)]


def _all_of(path: Path, pairs: int) -> tuple[int, list[Death]]:
    """Every death of one story, and of them those that did harm; each is played on an empty database of its own."""
    set_up_logs(level="critical")
    story = read_story(path)
    with TemporaryDirectory(prefix="purring-crashes-") as directory:
        empty, used = Path(directory, "empty.sqlite3"), Path(directory, "used.sqlite3")
        upgrade(f"sqlite:///{empty}")

        def fresh() -> str:
            for left in used.parent.glob(f"{used.name}*"):
                left.unlink()
            return f"sqlite:///{copyfile(empty, used)}"

        expected, count = calm(story, fresh())
        played = [die(path, story, expected, at, fresh()) for at in deaths(count, pairs, path.stem)]
    return len(played), [one for one in played if one.wrong]


def _harm(paths: Sequence[Path], pairs: int, processes: int) -> Iterator[tuple[Path, int, list[Death]]]:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        waiting = [(path, pool.apply_async(_all_of, (path, pairs))) for path in paths]
        for path, one in waiting:
            played, harm = one.get()
            yield path, played, harm


def main() -> int:
    """Play them all; 1 if any death did harm."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("stories", nargs="*", type=Path, help="only these (default: all)")
    parser.add_argument("--pairs", type=int, default=10, help="so many pairs of deaths in each story (default: 10)")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count(), help="(default: one per core)")
    given = parser.parse_args()
    total = 0
    harmful: list[Death] = []
    for path, played, harm in _harm(given.stories or sorted(STORIES.glob("*.yaml")), given.pairs, given.processes):
        total += played
        harmful += harm
        print(f"{'FAIL' if harm else 'ok  '} {path.stem}: {played} deaths", flush=True)
        print("".join(f"  {line}\n" for line in chain.from_iterable(str(one).splitlines() for one in harm)), end="")
    print(f"{total:,} deaths, {len(harmful):,} of them did harm")
    return int(bool(harmful))


if __name__ == "__main__":
    sys.exit(main())
