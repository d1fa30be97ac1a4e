"""Random lives of an invoice: a late worker, late mail, every answer, and people who act at the worst moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from purring.domain.attempt import Absent, AttemptStatus, Initiator, Outcome
from purring.domain.customer import Role
from purring.domain.decide import dispute, person
from purring.domain.decide.begin import Ask, Wait, replan
from purring.domain.decline import DeclineClass
from purring.domain.errors import IllegalTransition, Refused
from purring.domain.money import Money
from purring.domain.policies import POLICIES
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import RecoveryStatus
from purring.domain.rulebook.limits import Use
from purring.domain.subscription import StatusReason, SubscriptionStatus
from tests.domain import make
from tests.domain.make import OUTAGE, SILENCE, confirm, no, settles, yes
from tests.domain.story import Story
from tests.domain.truths import check, check_automatic, check_end_of_access, check_move, check_planned

STEPS_TO_THE_END_MAX = 40
"""More than six retries, seven questions, a warning and an end can't be left."""

POLICY = st.builds(
    Policy,
    retry=st.sampled_from(sorted(POLICIES)),
    offsets_days=st.sets(st.integers(1, 14), max_size=5).map(lambda days: tuple(sorted(days))),
    window_days=st.sampled_from([14, 21, 28]),
    warn_days_before_close=st.sampled_from([3, 4, 7]),
    end_action=st.sampled_from(EndAction),
)
TIMEZONES = st.sampled_from(["Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"])
SCHEMES = st.sampled_from(["visa", "mastercard", "amex", "sepa", "ach", "bacs"])
HOURS = st.one_of(st.integers(1, 30), st.integers(1, 30 * 24), st.sampled_from([24, 48, 72, 120, 168]))
NAMES = st.sampled_from(["a", "b", "c"])
CLASSES = st.one_of(st.just(DeclineClass.RETRY_LATER), st.sampled_from(DeclineClass))
ADVICE = st.sampled_from([None, None, None, "24", "30"])
MINOR = st.sampled_from([make.PRICE.minor, make.PRICE.minor, 10000, 30000])


class History(RuleBasedStateMachine):
    """One invoice from its issue on."""

    story: Story

    @initialize(
        policy=POLICY,
        timezone=TIMEZONES,
        schemes=st.tuples(SCHEMES, SCHEMES),
        shares_card=st.booleans(),
        more=st.fixed_dictionaries(
            {
                "alone": st.sampled_from([False, False, False, True]),
                "is_read": st.sampled_from([True, True, True, False]),
                "sibling": st.sampled_from([None, None, RecoveryStatus.OPEN, RecoveryStatus.EXHAUSTED]),
                "crowd": st.integers(0, 16),
            }
        ),
    )
    def issued(
        self,
        policy: Policy,
        timezone: str,
        schemes: tuple[str, str],
        shares_card: bool,  # noqa: FBT001 - drawn
        more: dict[str, Any],
    ) -> None:
        """An invoice is issued; `a` is tied. Now and then nobody reads mail, or the card was used a lot elsewhere."""
        first, second = make.method("a", schemes[0]), make.method("b", schemes[1])
        third = make.method("c", schemes[0], fingerprint="fp_a" if shares_card else "fp_c")
        people = (make.person(role=Role.BILLING_ADMIN if more["is_read"] else Role.READER),)
        alone, sibling = more["alone"], more["sibling"]
        facts = make.facts(
            first,
            second,
            third,
            policy=policy,
            customer=make.customer(timezone=timezone, people=people),
            invoice=make.invoice(subscription_id=None, method_id=first.id) if alone else make.invoice(),
            subscription=None if alone else make.subscription(),
            uses={"fp_a": crowd_of(more["crowd"])},
            siblings=(make.sibling(sibling),) if sibling else (),
        )
        self.story = Story(facts).decide(replan)

    # -----------------------------------------------------------------------------------------------------------------
    # Time, the worker, the mail

    @rule(hours=HOURS, minutes=st.integers(0, 59))
    def time_passes(self, hours: int, minutes: int) -> None:
        """The worker sleeps for hours or weeks."""
        self.story.at(self.story.now + timedelta(hours=hours, minutes=minutes))

    @rule()
    def time_passes_until_something_is_due(self) -> None:
        """The worker is exactly in time."""
        self.story.at(max(self.story.now, self.story.plan.next_step_at or self.story.now))

    @rule(data=st.data())
    def the_worker_works(self, data: st.DataObject) -> None:
        """Everything that is due is done; the gateway answers as it likes."""
        for _ in range(30):
            before = self.story.counted()
            move = self.story.begin()
            check_move(before, move, self.story.now)
            if isinstance(move, Wait):
                check_planned(self.story)
                return
            self.story.answer(move.attempt.id, data.draw(self.answers(asked=isinstance(move, Ask))))
            check(self.story)
            check_planned(self.story)
        raise AssertionError("the worker never comes to an end")

    @rule(data=st.data(), steps=st.integers(1, 4), late_hours=st.sampled_from([0, 0, 0, 1, 30, 200]))
    def life_goes_on(self, data: st.DataObject, steps: int, late_hours: int) -> None:
        """The worker does the next steps, each somewhat late, and mail goes out."""
        for _ in range(steps):
            self.time_passes_until_something_is_due()
            self.story.at(self.story.now + timedelta(hours=late_hours))
            self.the_worker_works(data)
            self.mail_goes_out()

    @rule(data=st.data(), steps=st.integers(1, 4))
    def life_goes_on_in_time(self, data: st.DataObject, steps: int) -> None:
        """The same, in time: this is what mostly happens."""
        self.life_goes_on(data, steps, 0)

    def answers(self, *, asked: bool) -> st.SearchStrategy[Outcome]:
        """What a gateway may say to a charge, or when asked about one."""
        attempt = self.story.facts.open_attempt
        assert attempt
        method, now = self.story.own(attempt.method_id), self.story.now
        declines = st.builds(no, st.just(method), CLASSES, ADVICE)
        rare = st.sampled_from(
            [
                SILENCE,
                OUTAGE,
                OUTAGE,
                confirm(now + timedelta(hours=1)),
                settles(now + timedelta(days=3)),
                yes(Money(10000, "NOK")),
                *([Absent()] if asked else []),
            ]
        )
        return st.one_of(declines, declines, rare, st.just(yes(attempt.amount)))

    @rule()
    def the_worker_stops_after_it_began(self) -> None:
        """A crash between the two transactions."""
        before = self.story.counted()
        check_move(before, self.story.begin(), self.story.now)

    @rule()
    def mail_goes_out(self) -> None:
        """Whatever is owed is sent."""
        self.story.send()
        self.story.decide(replan)

    # -----------------------------------------------------------------------------------------------------------------
    # Gateways that speak late

    @precondition(lambda self: self.story.facts.attempts)
    @rule(data=st.data())
    def a_gateway_speaks_late(self, data: st.DataObject) -> None:
        """Some answer to any attempt, the open one or one long settled."""
        attempt = data.draw(st.sampled_from(self.story.facts.attempts))
        method = self.story.own(attempt.method_id)
        if attempt.status is AttemptStatus.SUCCEEDED:
            answers: list[Outcome] = [yes(Money(attempt.captured_minor, "NOK"))]
        else:
            answers = [yes(attempt.amount), no(method), Absent(), SILENCE]
        self.story.answer(attempt.id, data.draw(st.sampled_from(answers)))

    @rule(minor=MINOR)
    def the_bank_takes_money_back(self, minor: int) -> None:
        """A chargeback of what was paid, or of some of it."""
        if self.story.invoice.paid_minor - self.story.invoice.refunded_minor >= minor:
            self.story.decide(dispute.charged_back, Money(minor, "NOK"))
            self.disputed_minor = minor

    @precondition(lambda self: self.story.invoice.dispute == "open")
    @rule(won=st.booleans())
    def the_bank_decides(self, won: bool) -> None:  # noqa: FBT001 - drawn
        """The dispute ends."""
        if won:
            self.story.decide(dispute.dispute_won, Money(self.disputed_minor, "NOK"))
        else:
            self.story.decide(dispute.dispute_lost)

    @precondition(lambda self: self.story.invoice.dispute == "none")
    @rule(minor=MINOR)
    def the_merchant_refunds(self, minor: int) -> None:
        """Money goes back, as far as there is any."""
        self.attempted(lambda: self.story.decide(dispute.refunded, Money(minor, "NOK")).decide(replan))

    # -----------------------------------------------------------------------------------------------------------------
    # People

    def attempted(self, action: Callable[[], object]) -> bool:
        """Do something that may be refused; a refusal changes nothing."""
        before = self.story.counted()
        try:
            action()
        except (Refused, IllegalTransition):
            assert before == self.story.counted()
            return False
        check_planned(self.story)
        return True

    @rule(name=NAMES, data=st.data())
    def the_customer_pays(self, name: str, data: st.DataObject) -> None:
        """With any method on file."""
        if self.attempted(lambda: self.story.pay(f"pm_{name}")):
            self.story.answer(self.story.attempt.id, data.draw(self.answers(asked=False)))

    @rule(data=st.data())
    def an_operator_retries(self, data: st.DataObject) -> None:
        """As far as the rules leave room: it is held to them like the worker."""
        before = self.story.counted()
        if self.attempted(self.story.retry):
            attempt = self.story.attempt
            assert attempt.initiator is Initiator.OPERATOR
            if not any(one.decline_class is DeclineClass.UNKNOWN for one in before.attempts):
                check_automatic(self.story.facts, before, attempt, self.story.now)
            self.story.answer(attempt.id, data.draw(self.answers(asked=False)))

    @precondition(lambda self: self.story.facts.subscription)
    @rule(name=NAMES)
    def the_customer_ties(self, name: str) -> None:
        """Another method pays from now on."""
        self.attempted(lambda: self.story.tie(self.story.own(f"pm_{name}")))

    @precondition(lambda self: self.story.facts.subscription)
    @rule(name=NAMES)
    def the_customer_agrees_to_a_backup(self, name: str) -> None:
        """Another method steps in."""
        if self.story.subscription.method_id != f"pm_{name}":
            self.attempted(lambda: self.story.back_up(self.story.own(f"pm_{name}")))

    @precondition(lambda self: self.story.facts.subscription)
    @rule(name=NAMES, holder=st.sampled_from(["Kari", "Ola"]))
    def the_customer_edits(self, name: str, holder: str) -> None:
        """New data, or the same again."""
        self.attempted(lambda: self.story.edit(f"pm_{name}", holder_name=holder))

    @rule(hours=st.one_of(st.none(), HOURS))
    def an_operator_pauses(self, hours: int | None) -> None:
        """For a while, or until somebody resumes."""
        until = None if hours is None else self.story.now + timedelta(hours=hours)
        self.attempted(lambda: self.story.decide(person.pause, until))

    @rule(action=st.sampled_from([person.resume, person.skip_next, person.declare_transfer]))
    def somebody_rearranges(self, action: Callable[..., None]) -> None:
        """Resume, skip, or say that a transfer is on its way."""
        self.attempted(lambda: self.story.decide(action))

    @rule(hours=HOURS)
    def an_operator_moves_the_next_charge(self, hours: int) -> None:
        """To some time in the window."""
        recovery, to = self.story.facts.recovery, self.story.now + timedelta(hours=hours)
        if recovery is not None and to <= recovery.window_ends_at:
            self.attempted(lambda: self.story.decide(person.move_next, to))

    @rule()
    def an_operator_gives_up(self) -> None:
        """The invoice is written off."""
        self.attempted(lambda: self.story.decide(person.give_up))

    @rule()
    def a_transfer_arrives(self) -> None:
        """Money from outside."""
        self.attempted(lambda: self.story.decide(person.record_payment, self.story.invoice.owed, "transfer"))

    @precondition(lambda self: self.story.facts.attempts)
    @rule(data=st.data(), to=st.sampled_from([AttemptStatus.SUCCEEDED, AttemptStatus.DECLINED]))
    def an_operator_corrects(self, data: st.DataObject, to: AttemptStatus) -> None:
        """What a gateway said was wrong."""
        attempt = data.draw(st.sampled_from(self.story.facts.attempts))
        self.attempted(lambda: self.story.decide(person.correct, attempt.id, to, "statement"))

    @precondition(lambda self: self.story.facts.subscription and not self.story.facts.open_attempt)
    @rule()
    def the_merchant_cancels(self) -> None:
        """The subscription ends."""
        ended = replace(
            self.story.subscription,
            status=SubscriptionStatus.CANCELED,
            reason=StatusReason.MERCHANT_REQUEST,
            canceled_at=self.story.now,
        )
        self.story.facts = replace(self.story.facts, subscription=ended)
        self.story.decide(replan)

    # -----------------------------------------------------------------------------------------------------------------
    # What holds

    @invariant()
    def what_must_hold_holds(self) -> None:
        """Whatever has happened, and whenever one looks."""
        check(self.story)
        self.story.at(self.story.now + timedelta(seconds=1))

    def teardown(self) -> None:
        """Once nobody does anything any more and mail goes out, it comes to an end, or waits for a person."""
        if hasattr(self, "story"):
            come_to_an_end(self.story)
            check(self.story)


def crowd_of(count: int) -> tuple[Use, ...]:
    """Earlier uses of a card for other invoices of the same amount, one every thirty hours."""
    times = [make.ISSUED_AT - n * timedelta(hours=30) for n in range(count, 0, -1)]
    return tuple(
        Use(at=at, amount_minor=make.PRICE.minor, currency="NOK", invoice_id=f"inv_{n}") for n, at in enumerate(times)
    )


def come_to_an_end(story: Story) -> None:
    """Follow the schedule: every charge is declined, every question is answered with a decline."""
    for _ in range(STEPS_TO_THE_END_MAX):
        before = story.counted()
        story.work_with(lambda attempt: no(story.own(attempt.method_id)))
        check_end_of_access(before, story.facts, story.now)
        story.send()
        if story.plan.next_step_at is None:
            return
        story.at(max(story.now, story.plan.next_step_at))
    raise AssertionError(f"no end: {story.plan}")


def test_histories() -> None:
    """Every history keeps what must always hold."""
    run_state_machine_as_test(History, settings=settings(stateful_step_count=40))
