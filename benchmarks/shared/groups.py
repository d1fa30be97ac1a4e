"""What each benchmark claims: its figures, and the bar that their ratio must keep."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.shared.results import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A ratio that figures whose names match `pattern` must reach, or must not pass."""

    pattern: str
    ratio: float
    is_least: bool = True

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.ratio:g}"

    def is_met(self, one: Figure) -> bool:
        """Whether a figure keeps it."""
        return one["ratio"] >= self.ratio if self.is_least else one["ratio"] <= self.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of one script whose names match `pattern`, and what they are to show."""

    name: str
    script: str
    pattern: str
    claim: str
    bars: tuple[Bar, ...] = ()

    def own(self, figures: Iterable[Figure]) -> list[Figure]:
        """Its figures, in the order of their names with numbers as numbers."""
        return sorted((one for one in figures if re.match(self.pattern, one["figure"])), key=_by_number)

    def bar(self, one: Figure) -> Bar | None:
        """The bar that a figure must keep, if there is one."""
        return next((bar for bar in self.bars if re.match(bar.pattern, one["figure"])), None)


def _by_number(one: Figure) -> list[str]:
    return [part.replace(",", "").zfill(12) if part[0].isdigit() else part for part in _PARTS.findall(one["figure"])]


_PARTS = re.compile(r"[\d,]*\d|\D+")

GROUPS = (
    Group(
        name="Charging beside a hand-written floor",
        script="pipeline",
        pattern=r"charges a second, (PostgreSQL|SQLite)",
        claim="Our pipeline beside bare driver code that writes the same rows in as many durable commits, and does "
        "nothing else: no look at history, no limits, no locks. Both start from copies of one database.",
        bars=(
            Bar(pattern=r".*PostgreSQL, batches of (100|1,000),", ratio=0.6),
            Bar(pattern=r".*SQLite, batches of (100|1,000),", ratio=0.5),
        ),
    ),
    Group(
        name="Charging beside task queues",
        script="rivals",
        pattern=r"charges a second beside",
        claim="The same job as most teams write it: one task per charge, four rows written (attempt, invoice, recovery "
        "and event), on the same PostgreSQL. Celery's broker there is kombu's SQLAlchemy transport, Dramatiq's is "
        "dramatiq-postgres. Everybody has as many processes as there are cores. Threads without any queue show what "
        "no queue can pass.",
        bars=(Bar(pattern=r".*(Procrastinate|Celery)", ratio=8), Bar(pattern=r".*Dramatiq", ratio=3)),
    ),
    Group(
        name="Growth",
        script="growth",
        pattern=r"(CPU|wall time) per attempt,",
        claim="What an attempt costs with ten thousand, a million and ten million recoveries in the tables: CPU of the "
        "worker and of its PostgreSQL backend, and wall time, which also holds waits for the disk. The first attempts "
        "look at customers whose rows are in no memory, 40 pages each; those with *rows read before* are on the same "
        "invoices some days later, and show what the size itself costs.",
        bars=(Bar(pattern=r"CPU per attempt, 10,000,000", ratio=1.3, is_least=False),),
    ),
    Group(
        name="Lateness",
        script="lateness",
        pattern=r"lateness ",
        claim="Seconds from the instant at which a retry is due until the gateway's answer is on disk, while retries "
        "keep arriving at half and at nine tenths of what one worker can do.",
    ),
    Group(
        name="Charges in flight",
        script="in_flight",
        pattern=r"memory per charge in flight|charges a second, [\d,]+ .*in flight",
        claim="Memory that each charge in flight takes beyond the first hundred, whole pipeline, with a gateway that "
        "takes 300 ms and 2 s; and what ways of having many in flight carry, side by side. "
        "[Decision 7](../decisions/0007-threads-and-a-synchronous-driver.md) rests on these.",
        bars=(Bar(pattern=r"memory per charge in flight", ratio=1, is_least=False),),
    ),
    Group(
        name="One midnight",
        script="renewals",
        pattern=r"[\d,]+ renewals at one midnight",
        claim="A million subscriptions that are all due at one midnight, the first 20,000 of them worked by one "
        "worker: invoices issued, charged, one in ten declined and its notice sent; beside a tenth as many due in the "
        "same run.",
    ),
    Group(
        name="Notices",
        script="notices",
        pattern=r"notices a minute, ",
        claim="Notices that one core renders as text and HTML, each with values of its own, and composes to mails: "
        "10,000 a minute or more; beside formatting fixed texts of the same length, and composing those.",
    ),
    Group(
        name="Notices handed over",
        script="handing_over",
        pattern=r"notices a minute (on one core, handed|over \d+ connections)|CPU per notice handed over",
        claim="Notices claimed, rendered, composed, handed over to a mail server and written down, by one worker on "
        "PostgreSQL: what the worker's own CPU allows, beside what we promise, and beside the standard library sending "
        "one fixed mail; then several connections beside one, where each answer takes its time.",
        bars=(Bar(pattern=r"notices a minute on one core, handed", ratio=1),),
    ),
    Group(
        name="The API with a million invoices",
        script="api",
        pattern=r"server time of API",
        claim="What passes between the moment that the application is handed a request and the end of its answer, at "
        "50 requests a second, seven in ten of them reads: beside what we promise, and beside a bare `select 1` that "
        "is asked for in the same run, in the same process.",
        bars=(Bar(pattern=r"server time of API (reads|writes), p99, 1,000,000", ratio=1, is_least=False),),
    ),
    Group(
        name="The portal with a million invoices",
        script="portal",
        pattern=r"server time of the portal's pages",
        claim="The same for the pages of the portal, opened one after the other by people who owe something.",
        bars=(Bar(pattern=r"server time of the portal's pages, p99, 1,000,000", ratio=1, is_least=False),),
    ),
)
