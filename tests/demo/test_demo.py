"""The demo played small: everything that must hold does, the figures add up, and the same seed tells the same story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from purring.demo import Options, main, provider
from purring.demo.figures import Figures, figures_of, middle_and_p90
from purring.demo.play import play
from purring.demo.report import lines, sections
from purring.demo.run import BROKEN, INTERRUPTED, database_url, playing
from purring.demo.showing import cast
from purring.demo.showing import lines as links_of
from purring.demo.world import STARTS_AT, World
from purring.domain.attempt import AttemptStatus
from purring.domain.errors import GatewayUnavailable, InvalidInput
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.money import Money, total
from purring.domain.recovery import Cause
from purring.domain.standing import Standing
from purring.gateways.sandbox import oracle
from purring.operations.sign_in import enter
from purring.store.engine import open_store


@contextmanager
def played(directory: Path, *, customers: int, weeks: int, seed: int = 1, url: str | None = None) -> Iterator[World]:
    """A world whose weeks are over, with the sandbox in this process."""
    directory.mkdir(exist_ok=True)
    options = Options(customers=customers, weeks=weeks, seed=seed)
    with playing(options, directory, provider.in_process, url) as world:
        play(world, STARTS_AT + timedelta(weeks=weeks), on_tick=lambda _: None)
        yield world


def figures(directory: Path, *, seed: int) -> Figures:
    """The figures of a few weeks of a few customers."""
    with played(directory, customers=30, weeks=4, seed=seed) as world:
        return figures_of(world)


def test_everything_holds_and_adds_up(database_url: str, tmp_path: Path) -> None:
    """After six weeks every invariant holds, and what is counted one way is what is counted another way."""
    with played(tmp_path, customers=60, weeks=6, url=database_url) as world:
        found = figures_of(world)
        captured = oracle.captured_by_invoice(world.provider.ledger_path)
        _check_cast(world)
    assert [] == [result for result in found.invariants if not result.holds]
    assert {1, 2, 3, 5, 12, 19} <= {result.number for result in found.invariants}
    _check_counts(found)
    _check_recoveries(found)
    assert found.summary.invoices[InvoiceStatus.PAID] <= len(captured) + _transfers(found)


def _check_cast(world: World) -> None:
    """Each state and language has one customer to look at, whose link leads in."""
    roles = cast(world)
    assert len(roles) == len({(role.standing, role.locale) for role in roles})
    assert {Standing.FINE, Standing.RECOVERED} <= {role.standing for role in roles}
    links = [line.split()[-1] for line in links_of(world.services, world) if "/enter/" in line]
    assert len(roles) == len([link for link in links if enter(world.services, link.rpartition("/")[2])])


def _check_counts(found: Figures) -> None:
    """Invoices, tries and declines."""
    summary = found.summary
    assert 60 == summary.customers == sum(summary.subscriptions.values())
    assert sum(summary.first_tries.values()) <= sum(summary.invoices.values())
    assert summary.attempts[AttemptStatus.DECLINED] == sum(found.declines.values())
    assert summary.first_tries[AttemptStatus.DECLINED] <= len(found.cases)


def _check_recoveries(found: Figures) -> None:
    """Recoveries one by one are the recoveries in sum."""
    summary = found.summary
    assert dict(summary.recoveries) == Counter(case.status for case in found.cases)
    assert dict(summary.recovered_by_cause) == Counter(case.cause for case in found.recovered)
    assert dict(summary.attempts_of_recovered) == Counter(case.tries for case in found.recovered)
    for currency, money in found.amounts().items():
        assert summary.recovered.get(currency, Money.zero(currency)) == money.recovered
        parts = (case.owed for case in found.cases if case.total.currency == currency)
        assert total(parts, currency) == money.at_risk + money.lost
    assert all(case.owed.minor == 0 or case.dispute is DisputeStatus.OPEN for case in found.recovered)


def _transfers(found: Figures) -> int:
    return sum(case.cause is Cause.OUTSIDE for case in found.recovered)


def test_the_same_seed_tells_the_same_story(tmp_path: Path) -> None:
    """Threads may interleave as they like: one seed gives the same figures down to the ids, another one others."""
    first = figures(tmp_path / "first", seed=3)
    assert first == figures(tmp_path / "again", seed=3)
    assert first != figures(tmp_path / "other", seed=4)


def test_the_program_prints_every_section_and_leaves_its_files(tmp_path: Path) -> None:
    """Over real HTTP, from options to text: figures, wall time, and how to look at what is left."""
    out = StringIO()
    assert 0 == main(Options(customers=12, weeks=3, seed=2, keep=tmp_path / "kept"), out)
    text = out.getvalue()
    for wanted in ("Invoices", "Declines", "What brought the money", "23/23", "Wall time", "purring show"):
        assert wanted in text
    assert text.index("week 1 of 3") < text.index("week 3 of 3")
    store = open_store(database_url(tmp_path / "kept"))
    store.check()
    store.close()
    assert {} != oracle.captured_by_invoice(tmp_path / "kept" / "sandbox.db")


class _Impatient(StringIO):
    """A terminal whose user presses Ctrl-C when a week is over."""

    has_pressed = False

    def write(self, text: str) -> int:
        """Interrupt once."""
        if "is over" in text and not self.has_pressed:
            self.has_pressed = True
            raise KeyboardInterrupt
        return super().write(text)


def test_an_interrupted_demo_says_where_its_files_are(tmp_path: Path) -> None:
    """Ctrl-C ends the sandbox and the demo, with the exit code of an interrupt."""
    out = _Impatient()
    assert INTERRUPTED == main(Options(customers=5, weeks=2, keep=tmp_path), out)
    assert f"Stopped. What there is so far lies in {tmp_path}." in out.getvalue()


def test_a_broken_invariant_is_told(tmp_path: Path) -> None:
    """An invoice that is said to be paid without money is found, printed, and named by its number."""
    with played(tmp_path, customers=20, weeks=4) as world:
        with world.services.store.transaction() as conn:
            conn.exec_driver_sql("UPDATE invoice SET paid_minor = paid_minor + 1")
        found = figures_of(world)
    text = "\n".join(line for section in sections(found) for line in lines(section))
    assert "BROKEN 2: " in text
    assert 0 != BROKEN


@pytest.mark.parametrize(("name", "value"), [("customers", 0), ("customers", 100_001), ("weeks", 0), ("weeks", 27)])
def test_options_out_of_range_are_refused(name: str, value: int) -> None:
    """The message names the option and its range."""
    with pytest.raises(InvalidInput, match=rf"{name}: {value} is out of range; use 1 to"):
        Options(customers=value) if name == "customers" else Options(weeks=value)


def test_an_older_demo_is_not_overwritten(tmp_path: Path) -> None:
    """A directory that holds a demo already is refused, and left as it is."""
    (tmp_path / "purring.db").write_bytes(b"older")
    with pytest.raises(InvalidInput, match="is there already; remove it or name another directory"):
        main(Options(keep=tmp_path), StringIO())
    assert b"older" == (tmp_path / "purring.db").read_bytes()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """The message names the directory and the reason."""
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="can't be made"):
        main(Options(keep=tmp_path / "file" / "below"), StringIO())


def test_a_sandbox_that_does_not_start_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a place for its ledger the sandbox says so, and the demo ends with a message."""
    missing = tmp_path / "missing"
    with (
        pytest.raises(GatewayUnavailable, match="did not start"),
        provider.over_http(missing, lambda: STARTS_AT),
    ):
        pass
    assert "can't start" in capfd.readouterr().err


def test_few_values_have_a_middle_too() -> None:
    """The median and the nine-in-ten value of none, one and several."""
    assert (0.0, 0.0) == middle_and_p90([])
    assert (2.0, 2.0) == middle_and_p90([2.0])
    assert (6.0, 10.0) == middle_and_p90([float(n) for n in range(1, 12)])
