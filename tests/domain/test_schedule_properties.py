"""Whatever the facts, also those no history leads to, the schedule keeps its promises (behaviour §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.decline import DeclineClass
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.notice import Notice, NoticeStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.policies import POLICIES
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import HoldReason, Recovery, RecoveryStatus
from purring.domain.rulebook.limits import Use, limits_for
from purring.domain.schedule import schedule
from purring.domain.step import Charge, SetStatus
from purring.domain.subscription import Subscription, SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT
from tests.domain.story import use_of
from tests.domain.truths import HARSH, check_schedule, is_stopped, used

SCHEMES = st.sampled_from(["visa", "mastercard", "amex", "sepa", "ach", "bacs", ""])
INSTANTS = st.integers(0, 60 * 24 * 40).map(lambda minutes: ISSUED_AT + timedelta(minutes=minutes))
FINAL = [*[AttemptStatus.DECLINED] * 9, *[AttemptStatus.FAILED] * 3]
OPEN = [AttemptStatus.UNKNOWN, AttemptStatus.PENDING, AttemptStatus.ACTION_REQUIRED, AttemptStatus.STARTED]


@st.composite
def all_facts(draw: st.DrawFn) -> Facts:
    """Any facts about one invoice: methods, attempts, notices, holds and uses drawn apart from each other."""
    methods = (
        make.method("a", draw(SCHEMES)),
        make.method("b", draw(SCHEMES), created_at=draw(INSTANTS)),
        make.method("c", "visa", backup_consent_at=make.YEAR_BEFORE, edited_at=draw(st.none() | INSTANTS)),
    )
    policy = draw(POLICY)
    return make.facts(
        *methods,
        policy=policy,
        customer=make.customer(timezone=draw(st.sampled_from(["Europe/Oslo", "America/Los_Angeles", "Asia/Kolkata"]))),
        subscription=draw(subscriptions()),
        invoice=make.invoice(
            status=draw(st.sampled_from([InvoiceStatus.OPEN] * 9 + list(InvoiceStatus))),
            dispute=draw(st.sampled_from([DisputeStatus.NONE] * 9 + list(DisputeStatus))),
            method_id="pm_a",
        ),
        recovery=draw(st.one_of(st.none(), recoveries(policy), recoveries(policy), recoveries(policy))),
        attempts=tuple(draw(attempts(methods))),
        notices=tuple(draw(st.lists(warnings(), max_size=2))),
        uses={"fp_a": tuple(draw(uses())), "fp_c": tuple(draw(uses()))},
    )


POLICY = st.builds(
    Policy,
    retry=st.sampled_from(sorted(POLICIES)),
    offsets_days=st.sets(st.integers(1, 28), max_size=9).map(lambda offsets: tuple(sorted(offsets))),
    warn_days_before_close=st.sampled_from([3, 4, 10, 28]),
    end_action=st.sampled_from(EndAction),
)


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription | None:
    """None, or one in any state, paid by any method or none, with or without a backup."""
    status = draw(
        st.sampled_from([None, SubscriptionStatus.PAST_DUE, SubscriptionStatus.PAST_DUE, *SubscriptionStatus])
    )
    return status and make.subscription(
        status=status,
        method_id=draw(st.sampled_from(["pm_a", "pm_a", "pm_b", None])),
        method_tied_at=draw(st.just(make.YEAR_BEFORE) | INSTANTS),
        backup_method_id=draw(st.sampled_from([None, "pm_c"])),
        suspended_at=ISSUED_AT,
    )


def recoveries(policy: Policy) -> st.SearchStrategy[Recovery]:
    """Open or closed, held or not, with a charge skipped or moved."""
    held = st.tuples(st.sampled_from([HoldReason.OPERATOR, HoldReason.BANK_TRANSFER]), st.none() | INSTANTS)
    return st.builds(
        lambda hold, **fields: make.recovery(policy, hold=hold[0], held_until=hold[1], **fields),
        hold=st.just((HoldReason.NONE, None)) | held,
        status=st.sampled_from([RecoveryStatus.OPEN] * 5 + list(RecoveryStatus)),
        skipped_until=st.none() | INSTANTS,
        moved_to=st.none() | INSTANTS,
    )


@st.composite
def attempts(draw: st.DrawFn, methods: tuple[PaymentMethod, ...]) -> list[Attempt]:
    """Up to nine in order of time, whoever made them; only the last one may be open."""
    times = sorted(draw(st.lists(INSTANTS, max_size=9)))
    made = []
    for n, at in enumerate(times, start=1):
        status = draw(st.sampled_from(FINAL + (OPEN if n == len(times) else [])))
        declined = status is AttemptStatus.DECLINED
        one = make.attempt(n, at, status, draw(st.sampled_from(methods)), initiator=draw(st.sampled_from(Initiator)))
        late = timedelta(hours=draw(st.sampled_from([0, 0, 1, 100])))
        made.append(
            replace(
                one,
                decline_class=draw(st.sampled_from([DeclineClass.RETRY_LATER, *DeclineClass])) if declined else None,
                retry_not_before=draw(st.none() | st.just(at + timedelta(days=10))) if declined else None,
                ended_at=one.ended_at and at + late,
                is_backup=one.method_id == "pm_c" and one.initiator is Initiator.AUTOMATIC,
            )
        )
    return made


def warnings() -> st.SearchStrategy[Notice]:
    """Last notices in any status."""
    return st.builds(
        lambda at, status: make.notice(at, status=status, sent_at=at if status is NoticeStatus.SENT else None),
        INSTANTS,
        st.sampled_from(NoticeStatus),
    )


@st.composite
def uses(draw: st.DrawFn) -> list[Use]:
    """Earlier attempts of other invoices, oldest first."""
    hours = sorted(draw(st.lists(st.integers(1, 24 * 40), max_size=17)), reverse=True)
    return [
        Use(at=ISSUED_AT - timedelta(hours=n), amount_minor=make.PRICE.minor, currency="NOK", invoice_id="inv_0")
        for n in hours
    ]


@given(facts=all_facts(), now=INSTANTS)
def test_the_schedule_keeps_its_promises(facts: Facts, now: datetime) -> None:
    """Nothing before now, nothing after its end, each step with its reason, and the same twice."""
    check_schedule(facts, now)


@given(facts=all_facts(), now=INSTANTS)
def test_no_planned_charge_breaks_a_rule(facts: Facts, now: datetime) -> None:
    """Each is of a usable method that nothing stopped, after every hold, and within each limit when its turn comes."""
    known = {card: list(those) for card, those in facts.uses.items()}
    for step in schedule(facts, now).steps:
        if not isinstance(step.action, Charge):
            continue
        method = facts.usable(step.action.method_id)
        assert method
        assert facts.recovery is None or not is_stopped(facts, method)
        assert facts.recovery is None or not facts.recovery.is_held(step.at)
        counted = known.setdefault(method.fingerprint, [])
        planned = make.attempt(99, step.at, AttemptStatus.STARTED, method)
        for limit in limits_for(method.scheme, now.date()):
            assert used(limit, tuple(counted), planned, step.at) < limit.attempts_max, limit.id
        if not step.action.backup:
            counted.append(use_of(planned))


@given(facts=all_facts(), now=INSTANTS, minutes=st.integers(1, 10_000))
def test_waiting_never_brings_the_end_forward(facts: Facts, now: datetime, minutes: int) -> None:
    """Seen later, with nothing else changed, access ends no earlier than it was said to."""
    later = now + timedelta(minutes=minutes)
    first, second = schedule(facts, now).access_ends_at, schedule(facts, later).access_ends_at
    assert first is None or second is None or second >= min(first, later)
    assert (first is None) == (second is None)


@given(facts=all_facts(), now=INSTANTS)
def test_the_harsher_status_comes_last(facts: Facts, now: datetime) -> None:
    """After every charge and after the warning; only the close stands beside it."""
    steps = schedule(facts, now).steps
    for n, step in enumerate(steps):
        if isinstance(step.action, SetStatus) and step.action.status in HARSH:
            assert n == len(steps) - 2
            assert step.at == steps[-1].at


@given(facts=all_facts(), now=INSTANTS)
def test_until_the_next_step_nothing_changes(facts: Facts, now: datetime) -> None:
    """A schedule computed at any time before its first step is the same: nothing has to be computed in between."""
    plan = schedule(facts, now)
    if plan.next_step_at is None or plan.next_step_at <= now:
        return
    halfway = now + (plan.next_step_at - now) / 2
    first, second = plan.steps[0], schedule(facts, halfway).steps[0]
    assert (first.at, first.action) == (second.at, second.action)
