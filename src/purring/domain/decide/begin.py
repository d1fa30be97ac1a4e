"""What to do about an invoice now: carry out the steps that need nobody else, until one does, or until none is due."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import assert_never

from purring.domain.attempt import Attempt, AttemptEvent, AttemptStatus, Initiator
from purring.domain.changes import Changes, Draft
from purring.domain.charge_plan import first_planned, permit_for, window_ends_at
from purring.domain.clause import Clause
from purring.domain.decide.carry_out import carry_out
from purring.domain.event import EventKind
from purring.domain.facts import Facts, counts, use_of
from purring.domain.ids import AttemptId
from purring.domain.invoice import DisputeStatus, Invoice
from purring.domain.noun import replace
from purring.domain.payment_method import PaymentMethod
from purring.domain.presented import presentment
from purring.domain.rulebook.limits import Note, usage
from purring.domain.schedule import schedule
from purring.domain.step import Charge, Close, Notify, Resolve, SetStatus, Step
from purring.domain.stops import network_delay, stopped_by
from purring.domain.subscription import SubscriptionStatus
from purring.domain.transitions import ATTEMPT, moved

KEY_MARGIN = timedelta(minutes=10)
"""A key isn't sent again this close to the end of the gateway's stated lifetime."""

INTERRUPTED = "the worker stopped while it was being sent"

RESEND_WITHIN = timedelta(minutes=10)
"""Later than this after its beginning an interrupted charge is asked about, not repeated: limits count from there."""

STEPS_MAX = 20
"""More steps than this at one instant can only be a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Charge, once `changes` are committed."""

    changes: Changes
    facts: Facts
    attempt: Attempt
    method: PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Send the open attempt's own key again, once: its worker stopped before the answer was written down."""

    changes: Changes
    facts: Facts
    attempt: Attempt
    method: PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask the gateway what became of the open attempt."""

    changes: Changes
    facts: Facts
    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do before `until`; None: until something happens."""

    changes: Changes
    facts: Facts
    until: datetime | None


Move = Go | Resend | Ask | Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """What a new attempt needs from outside: its id, which is the key, and how long the gateway remembers keys."""

    id: AttemptId
    key_lifetime: timedelta


def next_move(facts: Facts, now: datetime, new: NewAttempt) -> Move:
    """The first thing that needs a gateway, with everything that had to be written before it."""
    draft, taken = Draft(facts, now), 0
    while True:
        taken += 1
        assert taken <= STEPS_MAX, f"invoice {facts.invoice.id} has more than {STEPS_MAX} steps due at once"
        plan = schedule(draft.facts, now)
        step = plan.steps[0] if plan.steps else None
        if step is None or step.at > now:
            return _wait(draft, plan.next_step_at)
        match step.action:
            case Charge():
                return _go(draft, step, step.action, new)
            case Resolve():
                return _resolve(draft, draft.facts.attempt(step.action.attempt_id))
            case Notify() | SetStatus() | Close():
                carry_out(draft, step)
            case _:
                assert_never(step.action)


def _wait(draft: Draft, until: datetime | None) -> Wait:
    """Note when to look again."""
    plan_next(draft, until)
    return Wait(changes=draft.done(), facts=draft.facts, until=until)


def plan_next(draft: Draft, until: datetime | None) -> None:
    """Keep the due time of the schedule's first step on the invoice's row, where work is claimed from."""
    if draft.facts.invoice.next_step_at != until:
        draft.put_invoice(next_step_at=until)


def _go(draft: Draft, step: Step, charge: Charge, new: NewAttempt) -> Go:
    """Start an automatic attempt."""
    method = draft.facts.usable(charge.method_id)
    assert method, f"the schedule charges {charge.method_id}, which can't be used"
    clause = _held_back(draft.facts, method, step.clause, draft.now)
    return start(draft, method, new, Initiator.AUTOMATIC, clause, is_backup=charge.backup)


def _held_back(facts: Facts, method: PaymentMethod, clause: Clause, now: datetime) -> Clause:
    """The rule that kept a charge from its planned time, which the schedule no longer shows by now; else the clause."""
    match clause:
        case Clause("late", (datetime() as planned_at,)):
            pass
        case Clause("invoice.first_charge" | "invoice.spread"):
            planned_at, _ = first_planned(facts)
        case _:
            return clause
    delayed_to = network_delay(facts, method, now.date())
    if delayed_to and delayed_to > planned_at:
        return Clause("network.delay", (planned_at,))
    seen = tuple(use for use in facts.uses.get(method.fingerprint, ()) if use.at <= planned_at)
    then = replace(facts, uses={**facts.uses, method.fingerprint: seen})
    notes = permit_for(then, method, Initiator.AUTOMATIC, planned_at).notes
    return Clause("rule.delay", (planned_at, notes)) if notes else clause


def replan(draft: Draft) -> None:
    """Note when to look again, after something else than the schedule's own steps changed the facts."""
    plan_next(draft, schedule(draft.facts, draft.now).next_step_at)


def start(
    draft: Draft,
    method: PaymentMethod,
    new: NewAttempt,
    initiator: Initiator,
    clause: Clause,
    *,
    is_backup: bool = False,
) -> Go:
    """Write a new attempt down, before anything is sent."""
    facts, invoice = draft.facts, draft.facts.invoice
    attempt = Attempt(
        id=new.id,
        invoice_id=invoice.id,
        method_id=method.id,
        gateway=method.gateway,
        fingerprint=method.fingerprint,
        amount=invoice.owed,
        number=len(facts.attempts) + 1,
        initiator=initiator,
        status=AttemptStatus.STARTED,
        started_at=draft.now,
        key_expires_at=draft.now + new.key_lifetime - KEY_MARGIN,
        is_backup=is_backup,
        why=clause.kept,
        presentment=presentment(facts, method, draft.now),
        notes=_limits_seen(facts, method, draft.now),
    )
    draft.put_attempt(attempt)
    draft.facts = recounted(draft.facts, attempt)
    draft.say(
        EventKind.ATTEMPT_STARTED,
        attempt.id,
        invoice_id=invoice.id,
        clause=clause.id,
        figures=clause.plain(),
        limits=[_numbers(note) for note in attempt.notes],
    )
    if not _is_due(invoice, draft.now):
        plan_next(draft, draft.now)  # so that somebody looks, should whoever sends it stop
    return Go(changes=draft.done(), facts=draft.facts, attempt=attempt, method=method)


def _is_due(invoice: Invoice, now: datetime) -> bool:
    """Whether somebody will look at the invoice at once anyway."""
    return invoice.next_step_at is not None and invoice.next_step_at <= now


def _limits_seen(facts: Facts, method: PaymentMethod, now: datetime) -> tuple[Note, ...]:
    """What each limit of the method's scheme has used; the attempt that is about to start isn't counted."""
    amount, uses = facts.invoice.owed, facts.uses_of(method, now)
    return usage(
        facts.limits_on(now.date(), method.scheme),
        uses,
        amount_minor=amount.minor,
        currency=amount.currency,
        invoice_id=facts.invoice.id,
        at=now,
    )


def _numbers(note: Note) -> dict[str, object]:
    """A note's numbers for an event; the attempt keeps the rest."""
    return {"rule_id": note.rule_id, "edition": note.edition, "used": note.used, "allowed": note.allowed}


def recounted(facts: Facts, attempt: Attempt) -> Facts:
    """Count an attempt under its card's ceilings as it stands now."""
    own = use_of(attempt)
    uses = list(facts.uses.get(attempt.fingerprint, ()))
    if own in uses:
        uses.remove(own)
    if counts(attempt):
        insort(uses, own, key=attrgetter("at"))
    return replace(facts, uses={**facts.uses, attempt.fingerprint: tuple(uses)})


def _resolve(draft: Draft, attempt: Attempt) -> Resend | Ask:
    """Send the same key again where that is still right and safe, else ask.

    An interrupted charge is unknown from then on (behaviour §7): if the gateway turns its repetition away, that says
    nothing about the first time it was sent.
    """
    if attempt.status is not AttemptStatus.STARTED:
        return Ask(changes=draft.done(), facts=draft.facts, attempt=attempt)
    unknown = replace(attempt, status=moved(ATTEMPT, attempt.status, AttemptEvent.UNKNOWN), detail=INTERRUPTED)
    draft.put_attempt(unknown)
    draft.say(EventKind.ATTEMPT_UNKNOWN, attempt.id, detail=INTERRUPTED)
    method = draft.facts.usable(attempt.method_id)
    if method and may_resend(draft.facts, attempt, method, draft.now):
        return Resend(changes=draft.done(), facts=draft.facts, attempt=unknown, method=method)
    return Ask(changes=draft.done(), facts=draft.facts, attempt=unknown)


def may_resend(facts: Facts, attempt: Attempt, method: PaymentMethod, now: datetime) -> bool:
    """Whether the interrupted charge may be repeated: it began just now, its key lives, nothing forbids it since."""
    if now >= min(attempt.key_expires_at, attempt.started_at + RESEND_WITHIN) or now > window_ends_at(facts):
        return False
    if stopped_by(facts, method, now.date()):
        return False
    invoice, recovery = facts.invoice, facts.recovery
    if (
        not invoice.is_open
        or invoice.unchecked
        or attempt.amount != invoice.owed
        or (recovery is not None and not recovery.is_open)
    ):
        return False
    return attempt.initiator is not Initiator.AUTOMATIC or _still_planned(facts, attempt, now)


def _still_planned(facts: Facts, attempt: Attempt, now: datetime) -> bool:
    """Whether nothing has come up since that keeps automatic charges from this method."""
    subscription, recovery = facts.subscription, facts.recovery
    canceled = subscription is not None and subscription.status is SubscriptionStatus.CANCELED
    held = recovery is not None and recovery.is_held(now)
    backup_id = subscription.backup_method_id if subscription else None
    wanted = attempt.method_id == (backup_id if attempt.is_backup else facts.tied_method_id)
    return wanted and not held and not canceled and facts.invoice.dispute is DisputeStatus.NONE
