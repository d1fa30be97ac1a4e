"""Random lives of an invoice: a late worker, late mail, every answer, and people who act at the worst moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Absent, AttemptStatus, Initiator, Outcome
from purring.domain.customer import Role
from purring.domain.decide import dispute, person
from purring.domain.decide.begin import Ask, Wait, replan
from purring.domain.decline import DeclineClass
from purring.domain.errors import IllegalTransition, Refused
from purring.domain.facts import Facts
from purring.domain.money import Money
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policies import POLICIES
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import RecoveryStatus
from purring.domain.rulebook.limits import Use
from purring.domain.subscription import StatusReason, SubscriptionStatus
from tests.domain import make
from tests.domain.make import OUTAGE, SILENCE, confirm, no, settles, yes
from tests.domain.story import Story
from tests.domain.truths import check, check_automatic, check_end_of_access, check_move, check_planned

T = TypeVar("T")

STEPS_TO_THE_END_MAX = 40
"""More than six retries, seven questions, a warning and an end can't be left."""

POLICY = st.builds(
    Policy,
    retry=st.sampled_from(["steady", "steady", "steady", *sorted(POLICIES)]),
    offsets_days=st.sets(st.integers(1, 14), max_size=5).map(lambda days: tuple(sorted(days))),
    window_days=st.sampled_from([28, 28, 14, 21]),
    warn_days_before_close=st.sampled_from([4, 3, 7]),
    end_action=st.sampled_from(EndAction),
    notices=st.sampled_from(
        [
            NoticeTerms(),
            NoticeTerms(hold_back_max=2, hold_back_days=7, receipts=True),
            NoticeTerms(combine_at=time(9)),
            NoticeTerms(hold_back_max=1, quiet_from=time(8), quiet_until=time(20)),
        ]
    ),
)
TIMEZONES = st.sampled_from(["Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"])
SCHEMES = st.sampled_from(["visa", "mastercard", "amex", "sepa", "ach", "bacs"])
SOME_HOURS = st.sampled_from([1, 5, 24, 30, 72, 100])
NAMES = st.sampled_from(["a", "b", "c"])
CLASSES = st.sampled_from([*[DeclineClass.RETRY_LATER] * 8, *DeclineClass])
ADVICE = st.sampled_from([None, None, None, None, "24", "30"])
AMOUNTS = st.sampled_from([make.PRICE, Money(10000, "NOK"), Money(30000, "NOK")])


def crowd_of(count: int) -> tuple[Use, ...]:
    """Earlier uses of a card for other invoices of the same amount, one every thirty hours."""
    times = [make.ISSUED_AT - n * timedelta(hours=30) for n in range(count, 0, -1)]
    return tuple(
        Use(at=at, amount_minor=make.PRICE.minor, currency="NOK", invoice_id=f"inv_{n}") for n, at in enumerate(times)
    )


@st.composite
def issued(draw: st.DrawFn) -> Facts:
    """An invoice; `a` is tied. Now and then nobody reads mail, or the card was used a lot elsewhere."""
    schemes = draw(SCHEMES), draw(SCHEMES)
    shares_card, alone = draw(st.booleans()), draw(st.sampled_from([False, False, False, True]))
    role = draw(st.sampled_from([Role.BILLING_ADMIN, Role.BILLING_ADMIN, Role.READER]))
    behind = draw(st.sampled_from([None, None, RecoveryStatus.OPEN, RecoveryStatus.EXHAUSTED]))
    first = make.method("a", schemes[0])
    return make.facts(
        first,
        make.method("b", schemes[1]),
        make.method("c", schemes[0], fingerprint="fp_a" if shares_card else "fp_c"),
        policy=draw(POLICY),
        customer=make.customer(timezone=draw(TIMEZONES), people=(make.person(role=role),)),
        invoice=make.invoice(subscription_id=None, method_id=first.id) if alone else make.invoice(),
        subscription=None if alone else make.subscription(),
        uses={"fp_a": crowd_of(draw(st.sampled_from([0, 0, 0, 2, 14, 16])))},
        siblings=(make.sibling(behind),) if behind else (),
    )


class History:
    """One invoice from its issue on. `luck`: how many of ten charges are approved."""

    def __init__(self, data: st.DataObject) -> None:
        """Draw the invoice and how lucky it is; each history knows only a few disturbances (see `DISTURBANCES`)."""
        self.data = data
        self.story = Story(self.draw(issued())).decide(replan)
        self.luck = self.draw(st.sampled_from([0, 0, 0, 1, 4]))
        known = st.lists(st.sampled_from(DISTURBANCES), max_size=4, unique=True)
        self.may: list[Callable[[History], None]] = self.draw(known)
        self.disputed = make.PRICE

    def draw(self, strategy: st.SearchStrategy[T]) -> T:
        """The next thing that happens to be so."""
        return self.data.draw(strategy)

    def lives(self) -> None:
        """The worker does what is due next, in time or late; mail goes out, as a rule; then perhaps somebody acts."""
        story = self.story
        story.at(max(story.now, story.plan.next_step_at or story.now))
        story.at(story.now + self.draw(st.sampled_from([0, 0, 0, 1, 30, 300])) * timedelta(hours=1))
        self.works()
        if self.draw(st.sampled_from([True, True, True, False])):
            story.send().decide(replan)
        somebody_acts = self.draw(st.booleans())
        if self.may and somebody_acts:
            story.at(story.now + self.draw(st.sampled_from([1, 60, 3000])) * timedelta(minutes=1))
            self.draw(st.sampled_from(self.may))(self)
            check(story)

    def works(self) -> None:
        """Everything that is due is done; the gateway answers as it likes."""
        for _ in range(30):
            before = self.story.counted()
            move = self.story.begin()
            check_move(before, move, self.story.now)
            if isinstance(move, Wait):
                check_planned(self.story)
                return
            if self.draw(st.integers(0, 19)) == 13:
                return  # the worker stops between the two transactions
            self.story.at(self.story.now + timedelta(seconds=1))
            self.story.answer(move.attempt.id, self.draw(self.answers(asked=isinstance(move, Ask))))
            check(self.story)
            check_planned(self.story)
        raise AssertionError("the worker never comes to an end")

    def answers(self, *, asked: bool = False) -> st.SearchStrategy[Outcome]:
        """What a gateway may say to a charge, or when asked about one."""
        attempt, now = self.story.facts.open_attempt, self.story.now
        assert attempt
        declines = st.builds(no, st.just(self.story.own(attempt.method_id)), CLASSES, ADVICE)
        confirmed_by, settled_by = now + timedelta(hours=1), now + timedelta(days=3)
        rare: list[Outcome] = [OUTAGE, OUTAGE, SILENCE, confirm(confirmed_by), settles(settled_by)]
        if asked:
            rare.append(Absent())
        good = [*[attempt.amount] * 4, Money(min(10000, attempt.amount.minor), "NOK")]
        kinds: list[st.SearchStrategy[Any]] = [declines] * (7 - self.luck)
        kinds += [st.sampled_from(rare)] * 3 + [st.sampled_from(good).map(yes)] * self.luck
        return st.one_of(kinds)

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

    def comes_to_an_end(self) -> None:
        """Once nobody acts any more and mail goes out: each charge and each question ends in a decline."""
        story = self.story
        for _ in range(STEPS_TO_THE_END_MAX):
            before = story.counted()
            story.work_with(lambda attempt: no(story.own(attempt.method_id)))
            # A debit that was open before may have come back within this work; one that still is open may not be.
            check_end_of_access(replace(before, attempts=story.facts.attempts), story.facts, story.now)
            story.send()
            if story.plan.next_step_at is None:
                return
            story.at(max(story.now, story.plan.next_step_at))
        raise AssertionError(f"no end: {story.plan}")


# ---------------------------------------------------------------------------------------------------------------------
# Disturbances: gateways that speak late, banks that change their mind, people


def a_gateway_speaks_late(history: History) -> None:
    """Some answer to any attempt, the open one or one long settled."""
    story, draw = history.story, history.draw
    if story.facts.attempts:
        attempt = draw(st.sampled_from(story.facts.attempts))
        answers: list[Outcome] = [yes(attempt.amount), no(story.own(attempt.method_id)), Absent(), SILENCE]
        story.answer(attempt.id, draw(st.sampled_from(answers)))


def a_bank_takes_money_back(history: History) -> None:
    """A chargeback of what was paid or of some of it, or its end; or a refund."""
    story, draw, invoice = history.story, history.draw, history.story.invoice
    if invoice.dispute == "open":
        if draw(st.booleans()):
            story.decide(dispute.dispute_won, history.disputed)
        else:
            story.decide(dispute.dispute_lost)
        return
    amount = draw(AMOUNTS)
    if invoice.dispute == "none" and draw(st.booleans()):
        history.attempted(lambda: story.decide(dispute.refunded, amount).decide(replan))
    elif amount.minor <= invoice.paid_minor - invoice.refunded_minor:
        story.decide(dispute.charged_back, amount)
        history.disputed = amount


def a_customer_pays(history: History) -> None:
    """With any method on file."""
    name = history.draw(NAMES)
    if history.attempted(lambda: history.story.pay(f"pm_{name}")):
        history.story.answer(history.story.attempt.id, history.draw(history.answers()))


def an_operator_retries(history: History) -> None:
    """As far as the rules leave room: held to them like the worker, but for what nobody understands."""
    story = history.story
    before = story.counted()
    if history.attempted(story.retry):
        assert Initiator.OPERATOR is story.attempt.initiator
        if not any(one.decline_class is DeclineClass.UNKNOWN for one in before.attempts):
            check_automatic(story.facts, before, story.attempt, story.now)
        story.answer(story.attempt.id, history.draw(history.answers()))


def a_customer_changes_methods(history: History) -> None:
    """Ties another, agrees to a backup, or edits one."""
    story, draw, method = history.story, history.draw, history.story.own(f"pm_{history.draw(NAMES)}")
    if story.facts.subscription is None:
        return
    kind = draw(st.sampled_from(["tie", "back up", "edit"]))
    if kind == "tie":
        history.attempted(lambda: story.tie(method))
    elif kind == "edit":
        history.attempted(lambda: story.edit(method.id, holder_name=draw(st.sampled_from(["Kari", "Ola"]))))
    elif story.subscription.method_id != method.id:
        history.attempted(lambda: story.back_up(method))


def somebody_rearranges(history: History) -> None:
    """Pauses, resumes, skips, moves, or says that a transfer is on its way."""
    story, draw = history.story, history.draw
    until = story.now + draw(SOME_HOURS) * timedelta(hours=1)
    recovery = story.facts.recovery
    actions: list[Callable[..., None]] = [person.resume, person.skip_next, person.declare_transfer]
    actions.append(lambda draft: person.pause(draft, until))
    actions.append(lambda draft: person.pause(draft, None))
    if recovery and until <= recovery.window_ends_at:
        actions.append(lambda draft: person.move_next(draft, until))
    history.attempted(lambda: story.decide(draw(st.sampled_from(actions))))


def an_operator_corrects(history: History) -> None:
    """What a gateway said was wrong."""
    if history.story.facts.attempts:
        attempt = history.draw(st.sampled_from(history.story.facts.attempts))
        to = history.draw(st.sampled_from([AttemptStatus.SUCCEEDED, AttemptStatus.DECLINED]))
        history.attempted(lambda: history.story.decide(person.correct, attempt.id, to, "statement"))


def it_ends_early(history: History) -> None:
    """A transfer arrives, the invoice is given up, or the subscription is canceled."""
    story = history.story
    kind = history.draw(st.sampled_from(["transfer", "give up", "cancel"]))
    if kind == "transfer":
        history.attempted(lambda: story.decide(person.record_payment, story.invoice.owed, "transfer"))
    elif kind == "give up":
        history.attempted(lambda: story.decide(person.give_up))
    elif story.facts.subscription and not story.facts.open_attempt:
        canceled, why = SubscriptionStatus.CANCELED, StatusReason.MERCHANT_REQUEST
        ended = replace(story.subscription, status=canceled, reason=why, canceled_at=story.now)
        story.facts = replace(story.facts, subscription=ended)
        story.decide(replan)


DISTURBANCES: list[Callable[[History], None]] = [
    a_gateway_speaks_late,
    a_bank_takes_money_back,
    a_customer_pays,
    an_operator_retries,
    a_customer_changes_methods,
    somebody_rearranges,
    an_operator_corrects,
    it_ends_early,
]


@given(data=st.data())
def test_histories(data: st.DataObject) -> None:
    """Every history keeps what must always hold, and comes to an end or waits for a person."""
    history = History(data)
    for _ in range(data.draw(st.integers(3, 25))):
        history.lives()
    history.comes_to_an_end()
    check(history.story)
