"""One simulated installation: merchants, customers, a provider, processes on one database, and one clock for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from purring.clock import SeededIds
from purring.domain.errors import StoreUnavailable
from purring.domain.ids import InvoiceId
from purring.domain.merchant import Merchant
from purring.domain.payment_method import PaymentMethod
from purring.engine.loop import Worker
from purring.gateways.sandbox.local import LocalSandbox
from purring.operations.services import Services
from purring.simulator import checks
from purring.simulator.buyer import Buyer
from purring.simulator.clockwork import Agenda, SimulatedClock
from purring.simulator.dice import Dice
from purring.simulator.disaster import Disaster
from purring.simulator.faults import Fault, Plan
from purring.simulator.gateway import WatchedGateway
from purring.simulator.mailbox import Mailbox
from purring.simulator.moments import Killed, Moments
from purring.simulator.people import People
from purring.simulator.post import Post
from purring.simulator.store import WatchedStore
from purring.simulator.trace import Trace
from purring.simulator.vault import Vault
from purring.simulator.violations import Violation
from purring.store import leases
from purring.store.engine import Store
from purring.store.leases import Work

TURNS_MAX = 300
"""More turns than this at one instant can only be a bug."""

STARTS = (
    datetime(2026, 3, 9, 6, tzinfo=UTC),
    datetime(2026, 1, 19, 6, tzinfo=UTC),
    datetime(2026, 10, 5, 6, tzinfo=UTC),
    datetime(2028, 2, 14, 6, tzinfo=UTC),
)
"""Before summer time begins, before a short month, before summer time ends, before a leap day."""


class Livelock(Exception):
    """The history can't go on: work never ends."""


class World:
    """Everything that a history plays in. `calm`: all trouble is over, only the consequences are left."""

    def __init__(self, plan: Plan, store: Store, directory: Path, vault: Vault) -> None:
        self.plan, self.dice = plan, Dice(plan.seed)
        self.clock = SimulatedClock(self.dice.pick("starts", STARTS))
        self.starts_at = self.clock.now()
        self.trace = Trace(self.clock)
        self.agenda = Agenda()
        self.violations: list[Violation] = []
        self.calm = False
        self.down_until = self.away_until = self.starts_at
        self.moments = Moments(self)
        self.inner_store = store
        self.store = WatchedStore(store, self.moments)
        self.sandbox = LocalSandbox(directory / "sandbox.sqlite3", self.clock.now)
        self.gateway = WatchedGateway(self, self.sandbox.gateway)
        self.mailbox, self.post, self.people = Mailbox(self), Post(self), People(self)
        self.disaster = Disaster(self, vault)
        self._ids = SeededIds(self.clock, plan.seed)
        self._processes: dict[str, int] = {}
        self.merchants: list[Merchant] = []
        self.buyers: list[Buyer] = []
        self.card_names: dict[str, str] = {}
        self.edits: list[tuple[PaymentMethod, datetime]] = []
        self.misjudged: set[InvoiceId] = set()
        self._busy: list[Worker] = []
        self.start_anew()

    def close(self) -> None:
        """Close what belongs to this history; the database is the caller's."""
        self.sandbox.close()

    # Trouble

    def happens(self, fault: Fault, probability: float, about: str = "") -> bool:
        """Whether trouble of this kind, if the history knows it at all, comes now; counts it."""
        if not self.may_happen(fault, probability, about):
            return False
        self.trace.count(fault.value)
        return True

    def may_happen(self, fault: Fault, probability: float, about: str = "") -> bool:
        """Whether the dice want trouble of this kind now; whoever lets it come counts it."""
        return not self.calm and self.plan.has(fault) and self.dice.chance(f"{fault}/{about}", probability)

    def is_up(self) -> bool:
        """Whether workers run and the database answers."""
        return self.clock.now() >= max(self.down_until, self.away_until)

    def broken(self, check: str, detail: str) -> None:
        """Note something that must never happen."""
        self.violations.append(Violation(check=check, detail=detail))
        self.trace.say(f"BROKEN {check}: {detail}")

    def buyer_of(self, token: str) -> Buyer | None:
        """Who holds the method behind a token."""
        return next((buyer for buyer in self.buyers if any(one.token == token for one in buyer.methods)), None)

    def nothing_was_open_since(self, at: datetime) -> bool:
        """Whether no attempt is under way or ended, and no mail went out, later than the clock may be set back to.

        An attempt that ended before it began or after the next one had begun would look wrong, and so would a mail on
        a failure that went out after the money came, whoever is to blame.
        """
        if self.mailbox.last_sent_at > at:
            return False
        ends = [attempt.ended_at for facts in checks.all_facts(self) for attempt in facts.attempts]
        return all(ended_at is not None and ended_at <= at for ended_at in ends)

    # Work

    def next_due_at(self) -> datetime | None:
        """When the next work of any kind can be claimed; after a restore, when a worker next looks how far it is."""
        if self.disaster.looks_at is not None:
            return self.disaster.looks_at
        now = self.clock.now()
        with self.inner_store.reading() as conn:
            due = [leases.next_due_at(conn, work, now) for work in Work]
        return min((at for at in due if at is not None), default=None)

    def work_until_idle(self) -> datetime | None:
        """Let workers take turns until nothing is due; gives when the next thing is."""
        for _ in range(TURNS_MAX):
            due_at = self.next_due_at()
            if due_at is None or due_at > self.clock.now() or not self.is_up():
                return due_at
            self.turn(self.dice.pick("whose turn", self.rivals()))
            self.post.collect()
        self.broken("livelock", f"work is still due after {TURNS_MAX} turns")
        raise Livelock

    def rivals(self) -> list[Worker]:
        """The workers that aren't in the middle of something."""
        return [worker for worker in self.workers if worker not in self._busy]

    # Processes

    def process(self, kind: str) -> Services:
        """The services of a new process on the same data, named `web-3` or so."""
        number = self._processes[kind] = self._processes.get(kind, 0) + 1
        return Services(
            store=self.store,
            gateways={"sandbox": self.gateway},
            clock=self.clock,
            ids=self._ids,
            sender=self.mailbox,
            owner=f"{kind}-{number}",
            from_email="billing@purring.example",
            in_flight_max=1,
            batch_max=self.dice.pick("batch", (1, 2, 200, 200)),
        )

    def new_worker(self) -> Worker:
        """A worker process that has just started; in an emergency it compares the database with the gateways first."""
        compares = self.disaster.looks_at is not None
        return Worker(self.process("worker"), self.moments.interrupt, compares_first=compares)

    def start_anew(self) -> None:
        """All workers are others from now on."""
        self.workers = [self.new_worker(), self.new_worker()]

    def run_as(self, name: str, act: Callable[[], None]) -> bool:
        """Let a process do something; whether it lived to the end of it."""
        try:
            act()
        except Killed as killed:
            self.trace.count("crashes")
            self.trace.say(f"{name} is killed {killed.point}")
            return False
        except StoreUnavailable:
            self.trace.say(f"{name} loses the database")
        return True

    def turn(self, worker: Worker) -> None:
        """One turn of a worker; one that dies comes back as another process, perhaps much later."""
        name = worker.services.owner
        if not self._busy:
            self._maybe_step_back()

        def act() -> None:
            turn = worker.turn()
            if not turn.is_idle:
                self.trace.say(f"{name} worked {turn.inbound}/{turn.renewed}/{turn.charged}/{turn.sent}/{turn.checked}")
            self.disaster.look(worker, turn)

        self._busy.append(worker)
        lived = self.run_as(name, act)
        self._busy.remove(worker)
        if not lived:
            self.workers[self.workers.index(worker)] = self.new_worker()
            self._maybe_stay_down()

    def _maybe_step_back(self) -> None:
        """Set the clock back a little, now and then, while nobody has looked at it."""
        if self.may_happen(Fault.CLOCK_STEPS_BACK, 0.15):
            by = timedelta(seconds=self.dice.between("step back", 1, 90))
            if self.nothing_was_open_since(self.clock.now() - by):
                self.trace.count(Fault.CLOCK_STEPS_BACK.value)
                self.trace.say("the clock steps back")
                self.trace.saw("the clock stepped back")
                self.clock.advance(-by)

    def _maybe_stay_down(self) -> None:
        if self.happens(Fault.WORKERS_DOWN, 0.4, "after a kill"):
            self.down_for(self.dice.between("down", 1, 60))

    def down_for(self, hours: int) -> None:
        """No worker runs for so many hours."""
        self.down_until = max(self.down_until, self.clock.now() + timedelta(hours=hours))
        self.trace.say(f"no worker for {hours} hours")
