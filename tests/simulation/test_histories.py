"""One seed is one history, wherever it is played; what once broke stays mended; planted bugs are found and leave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from purring.domain.errors import ConfigError
from purring.operations import charge
from purring.simulator import bugs, report
from purring.simulator.bench import Bench, PostgresBench, SqliteBench
from purring.simulator.faults import ALL, Fault, Plan, plan_for
from purring.simulator.history import live
from purring.simulator.run import Options, Tally, hunt, play, run
from purring.simulator.shrink import shrunk
from tests import postgres

MUSEUM = sorted((Path(__file__).parent / "museum").glob("*.json"))
SEEDS = (4, 8)
STORM = Plan(seed=4, faults=ALL, days=14)
"""Everything that can go wrong goes wrong."""

DIGESTS = """
import sys
from pathlib import Path
from purring.simulator.bench import SqliteBench
from purring.simulator.faults import ALL, Plan, plan_for
from purring.simulator.history import live
bench = SqliteBench(Path(sys.argv[1]))
plans = [*(plan_for(int(seed)) for seed in sys.argv[2:]), Plan(seed=4, faults=ALL, days=14)]
print(*(live(plan, bench).digest for plan in plans))
"""


@pytest.fixture
def bench(tmp_path: Path) -> SqliteBench:
    """A bench of the test's own."""
    return SqliteBench(tmp_path)


def _digests(directory: Path, hash_seed: str) -> str:
    """What another process with another hash seed lives through."""
    directory.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", DIGESTS, str(directory), *map(str, SEEDS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.strip()


def test_a_seed_is_one_history_in_every_process(tmp_path: Path) -> None:
    """Line by line the same, whatever the order of sets."""
    assert _digests(tmp_path / "one", "1") == _digests(tmp_path / "two", "2")


@pytest.fixture
def postgres_bench(
    postgres_server: postgres.Server, database_names: Iterator[str], tmp_path: Path
) -> Iterator[PostgresBench]:
    """A bench on an empty PostgreSQL database."""
    name = next(database_names)
    yield PostgresBench(postgres_server.create(name), tmp_path)
    postgres_server.drop(name)


def test_a_seed_is_one_history_on_both_databases(bench: Bench, postgres_bench: Bench) -> None:
    """The same lines on SQLite and on PostgreSQL."""
    for plan in (plan_for(SEEDS[0]), STORM):
        on_sqlite, on_postgres = live(plan, bench), live(plan, postgres_bench)
        assert on_sqlite.lines == on_postgres.lines
        assert () == on_sqlite.violations


def test_a_database_that_holds_something_is_not_emptied(database_url: str, tmp_path: Path) -> None:
    """Only an empty database is taken for one to play on."""
    with pytest.raises(ConfigError):
        PostgresBench(database_url, tmp_path)


@pytest.mark.parametrize("path", MUSEUM, ids=lambda path: path.stem)
def test_what_once_broke_stays_mended(path: Path, bench: Bench) -> None:
    """Each exhibit is a history that broke something when it was found."""
    exhibit = json.loads(path.read_text())
    faults = tuple(Fault(name) for name in exhibit["faults"])
    history = live(Plan(seed=exhibit["seed"], faults=faults, days=exhibit["days"]), bench)
    assert () == history.violations


def test_there_are_enough_planted_bugs() -> None:
    """At least thirty, each with a name of its own, and no seed is kept for one that is gone."""
    names = [bug.name for bug in bugs.ALL]
    assert len(names) >= 30
    assert sorted(set(names)) == sorted(names)
    assert set() == set(bugs.KNOWN) - set(names)


@pytest.mark.parametrize("bug", bugs.ALL, ids=lambda bug: bug.name)
def test_what_a_bug_takes_the_place_of_is_there(bug: bugs.Bug) -> None:
    """A guard that moved to another module takes its planted bug along."""
    assert [] == [patch.name for patch in bug.patches if patch.name not in vars(patch.owner)]


def test_a_planted_bug_is_caught_made_small_and_taken_out_again(bench: Bench) -> None:
    """A key that is sent before it is on disk is seen at once; after that the code is as it was."""
    bug = next(bug for bug in bugs.ALL if bug.name == "sent before it is stored")
    before = vars(charge)["save_many"]
    found = hunt(bug, bench)
    assert ["key"] == [one.by for one in found.caught]
    assert before is vars(charge)["save_many"]
    assert () == live(plan_for(SEEDS[0]), bench).violations


def test_a_failing_history_is_shrunk_and_told(bench: Bench) -> None:
    """What isn't needed for the failure is left out, and the report names seed and faults."""
    bug = next(bug for bug in bugs.ALL if bug.name == "invoices aren't booked")
    with bug.planted():
        small = shrunk(live(Plan(seed=4, faults=(Fault.KILL, Fault.PEOPLE_PAY), days=12), bench), bench)
    assert () == small.plan.faults
    told = "\n".join(report.failure(small))
    assert "Seed 4 broke something" in told
    assert "invariant 3" in told


def test_the_scoreboard_adds_up(bench: Bench) -> None:
    """Seeds, attempts and situations of the parts are those of the whole."""
    whole, parts = play(SEEDS, bench), Tally()
    for seed in SEEDS:
        parts.merge(play([seed], bench))
    assert whole == parts
    lines = list(report.scoreboard(whole, all_points=True))
    assert any(line.split() == ["seeds", "2"] for line in lines)
    assert "Violations: 0" == lines[-1]


def test_a_run_plays_the_seeds_that_were_asked_for() -> None:
    """Processes share the seeds, and nothing is counted twice."""
    told: list[int] = []
    tally = run(Options(seeds=12, first=40, with_bugs=False), lambda total: told.append(total.seeds))
    assert 12 == tally.seeds == told[-1]
    assert [] == tally.failures
