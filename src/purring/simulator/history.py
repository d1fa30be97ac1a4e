"""One seed, one history: found, play through the trouble, let everything come to rest, judge."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from purring.domain.errors import PurringError
from purring.gateways.sandbox.oracle import next_due_at
from purring.gateways.sandbox.settings import OutageKind
from purring.operations import subscriptions
from purring.simulator import checks, founding, sometimes
from purring.simulator.bench import Bench
from purring.simulator.bugs import Bug
from purring.simulator.deeds import Case, settle_by_statement
from purring.simulator.faults import Fault, Plan
from purring.simulator.logs import heard
from purring.simulator.violations import Violation
from purring.simulator.world import Livelock, World
from purring.store import attempts
from purring.store.engine import Store

REST_DAYS = 50
"""So long after the last trouble everything has ended or waits for a person: a window, a hold, a week of questions."""
QUEUE_WORKED_ON_DAYS = (9, 25)
"""When operators look at their queue in that time."""

STEPS_MAX = 1_000
"""More instants than this in one history can only be a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What came of a plan. `days` are all that were lived through, those of rest too."""

    plan: Plan
    digest: str
    lines: tuple[str, ...]
    violations: tuple[Violation, ...]
    counts: Counter[str]
    sometimes: Counter[str]
    days: float
    invoice_days: float


def live(plan: Plan, bench: Bench, bug: Bug | None = None) -> History:
    """Play a plan from beginning to end, or to the first thing that must never happen, with a bug if one is given."""
    with bench.fresh() as (store, directory, vault), bug.planted() if bug else nullcontext():
        if bug:
            _drop_guards(store, bug)
        world = World(plan, store, directory, vault)
        with closing(world), heard(lambda name, error: checks.note_log(world, name, error)):
            try:
                _live(world)
            except Livelock:
                pass
            except Exception as error:  # noqa: BLE001 - whatever production code lets out is a finding
                world.broken("crash", f"{type(error).__name__}: {error}")
            return _told(world, sometimes.look_back(world))


def _drop_guards(store: Store, bug: Bug) -> None:
    """Take from the schema what would catch the bug too early."""
    with store.transaction() as conn:
        for statement in bug.sql:
            conn.exec_driver_sql(statement)


def _live(world: World) -> None:
    founding.found(world)
    world.people.plan()
    _plan_trouble(world)
    middle_at = world.starts_at + timedelta(days=world.dice.between("looks at day", 1, world.plan.days))
    ends_at = world.starts_at + timedelta(days=world.plan.days)
    for until, chance in ((middle_at, 0.2), (ends_at, 0.4)):
        _play(world, until)
        if world.is_up() and world.dice.chance("looks", chance):
            checks.check_now(world)
        if world.violations:
            return
    _come_to_rest(world)


def _play(world: World, until: datetime) -> None:
    """Go from one instant at which something happens to the next."""
    due_at = world.work_until_idle()
    for _ in range(STEPS_MAX):
        at = _next_at(world, due_at)
        if at is None or at > until or world.violations:
            break
        world.clock.advance_to(at)
        world.agenda.do_due(world.clock.now())
        world.post.collect()
        due_at = world.work_until_idle()
    else:
        world.broken("livelock", f"more than {STEPS_MAX} instants at which something is due")
    world.clock.advance_to(until)


def _next_at(world: World, due_at: datetime | None) -> datetime | None:
    """When our workers, the provider or somebody else next does something."""
    up_at = max(world.down_until, world.away_until)
    ours = None if due_at is None else max(due_at, up_at)
    theirs = next_due_at(world.sandbox.ledger_path)
    world.post.may_have_news |= theirs is not None
    found = [at for at in (ours, theirs, world.agenda.next_at()) if at is not None]
    return min(found, default=None)


def _plan_trouble(world: World) -> None:
    """Put what comes by itself on the agenda: outages, and workers that are stopped for a while."""
    if world.plan.has(Fault.OUTAGE):
        for _ in range(world.dice.between("outages", 1, 3)):
            world.agenda.put(_some_time(world), lambda: _go_out(world))
    if world.plan.has(Fault.WORKERS_DOWN):
        for _ in range(world.dice.between("stops", 1, 3)):
            hours = world.dice.between("stopped for", 1, 60)
            world.agenda.put(_some_time(world), partial(world.down_for, hours))
    if world.plan.has(Fault.RESTORE):
        for _ in range(world.dice.between("restores", 1, 3)):
            world.agenda.put(_some_time(world), world.disaster.back_up)


def _some_time(world: World) -> datetime:
    return world.starts_at + timedelta(minutes=world.dice.between("some time", 0, world.plan.days * 24 * 60))


def _go_out(world: World) -> None:
    kind, hours = world.dice.pick("outage", tuple(OutageKind)), world.dice.between("outage lasts", 1, 100)
    until = world.clock.now() + timedelta(hours=hours)
    world.sandbox.remote.outage(kind, until=until)
    world.agenda.put(until, world.sandbox.remote.end_outage)
    world.trace.count(Fault.OUTAGE.value)
    world.trace.say(f"outage ({kind}) for {hours} hours")
    if hours > HOURS_OF_A_DAY:
        world.trace.saw("the gateway was out for more than a day")


HOURS_OF_A_DAY = 24


def _come_to_rest(world: World) -> None:
    """Trouble is over and nobody acts any more: demand that everything due is done, and judge a last time."""
    world.calm = True
    world.trace.say("trouble is over")
    world.down_until = world.away_until = world.clock.now()
    world.sandbox.remote.end_outage()
    _let_subscriptions_end(world)
    calm_at = world.clock.now()
    for days in (*QUEUE_WORKED_ON_DAYS, REST_DAYS):
        _play(world, calm_at + timedelta(days=days))
        if world.violations:
            return
        _work_queue(world)
    facts = checks.check_now(world)
    checks.check_liveness(world, facts)
    checks.check_agreement(world, facts)
    checks.check_mails(world)
    checks.check_secrets(world)


def _work_queue(world: World) -> None:
    """Operators settle what waits for them by the provider's statement."""
    services = world.process("web")
    with world.inner_store.reading() as conn:
        waiting = {one.id for one in world.merchants if attempts.open_ones(conn, one.id)}
    for buyer in world.buyers:
        if buyer.merchant_id not in waiting:
            continue
        case = Case(world=world, services=services, buyer=buyer)
        for invoice in case.invoices():
            with suppress(PurringError):
                settle_by_statement(case, invoice)


def _let_subscriptions_end(world: World) -> None:
    """No new invoices, so that there is an end to come to."""
    services = world.process("founder")
    for buyer in world.buyers:
        for subscription_id in buyer.subscriptions:
            with suppress(PurringError):
                subscriptions.cancel_at_period_end(services, buyer.merchant_id, subscription_id)


def _told(world: World, invoice_days: float) -> History:
    days = (world.clock.now() - world.starts_at) / timedelta(days=1)
    return History(
        plan=world.plan,
        digest=world.trace.digest,
        lines=tuple(world.trace.lines),
        violations=tuple(world.violations),
        counts=world.trace.counts,
        sometimes=world.trace.sometimes,
        days=days,
        invoice_days=invoice_days,
    )
