"""A short torture of real processes: kills, a server stop, cut connections; then no charge is doubled or lost."""

from __future__ import annotations

from threading import Event

from tools.torture.run import Options, torture
from tools.torture.tormentor import KILLED, STOPPED, Score

KILLS = 8
STOPS = 1


def test_nothing_is_charged_twice_or_lost() -> None:
    """Workers are killed and the server is stopped; then each invoice has ended as its card says, charged once."""
    enough = Event()

    def watch(score: Score) -> None:
        if score.faults[KILLED] >= KILLS and score.faults[STOPPED] >= STOPS:
            enough.set()

    calm = {"own_disk": False, "nights": False, "steps_back": False}
    options = Options(minutes=2, seed="short", speed=30, server_every_s=2, stops_max=STOPS, arrive_s=2, **calm)
    report = torture(options, enough, watch)
    assert [] == report.problems
    assert enough.is_set()
    assert report.verdict
    assert 0 < report.verdict.captures == report.verdict.ends["paid"]
