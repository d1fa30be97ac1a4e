"""One invoice's life without a database or a gateway: decisions are applied to facts as the store would, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from purring.domain.attempt import Absent, Attempt, AttemptStatus, Outcome
from purring.domain.changes import Changes, Draft, Noun
from purring.domain.decide import arrangement, person
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import Ask, Go, Move, NewAttempt, Resend, Wait, next_move, replan
from purring.domain.event import EventDraft, EventKind
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, MethodId
from purring.domain.invoice import Invoice
from purring.domain.journal import DEBIT_CREDIT, Account, EntryDraft, EntryKind
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.rulebook.limits import Use
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.domain.subscription import Subscription, SubscriptionStatus
from tests.domain.make import ISSUED_AT, KEY_LIFETIME, subscription_facts

MOVES_MAX = 50
USES_KEPT = timedelta(days=180)

Gateway = Callable[[Attempt], Outcome]


class Story:
    """The facts as they are at `now`, and everything that happened so far."""

    def __init__(self, facts: Facts, now: datetime = ISSUED_AT) -> None:
        """Begin with these facts; the invoice's total is owed."""
        self.facts = facts
        self.now = now
        self.elsewhere = facts.uses
        self.events: list[EventDraft] = []
        self.entries = [_invoiced(facts.invoice)]
        self.moves: list[Move] = []

    # -----------------------------------------------------------------------------------------------------------------
    # What can be asked

    @property
    def plan(self) -> Schedule:
        """The schedule now."""
        return schedule(self.counted(), self.now)

    @property
    def invoice(self) -> Invoice:
        """The invoice."""
        return self.facts.invoice

    @property
    def recovery(self) -> Recovery:
        """The recovery; there must be one."""
        assert self.facts.recovery
        return self.facts.recovery

    @property
    def subscription(self) -> Subscription:
        """The subscription; there must be one."""
        assert self.facts.subscription
        return self.facts.subscription

    @property
    def attempt(self) -> Attempt:
        """The newest attempt."""
        return self.facts.attempts[-1]

    @property
    def charge_times(self) -> list[datetime]:
        """When the automatic attempts so far were started."""
        return [attempt.started_at for attempt in self.facts.attempts if attempt.initiator == "automatic"]

    def notices(self, *kinds: NoticeKind) -> list[Notice]:
        """The notices of some kinds, or all; withdrawn ones are left out."""
        return [
            notice
            for notice in self.facts.notices
            if notice.status is not NoticeStatus.WITHDRAWN and (not kinds or notice.kind in kinds)
        ]

    def said(self, kind: EventKind) -> int:
        """How often an event was appended."""
        return Counter(event.kind for event in self.events)[kind]

    def balance_minor(self, account: Account) -> int:
        """What the journal says an account holds: debits less credits."""
        sides = [(DEBIT_CREDIT[entry.kind], entry.amount.minor) for entry in self.entries]
        return sum(minor * ((debit is account) - (credit is account)) for (debit, credit), minor in sides)

    # -----------------------------------------------------------------------------------------------------------------
    # What the worker does

    def at(self, now: datetime) -> Story:
        """Let time pass."""
        assert now >= self.now, "time runs forward"
        self.now = now
        return self

    def begin(self) -> Move:
        """Make the next move, without calling the gateway yet."""
        move = next_move(self.counted(), self.now, self.new())
        self.keep(move.changes, move.facts)
        self.moves.append(move)
        return move

    def answer(self, attempt_id: str, outcome: Outcome) -> None:
        """Write down what the gateway said, as `record` does."""
        draft = Draft(self.counted(), self.now)
        after_charge(draft, attempt_id, outcome)
        assert schedule(draft.facts, draft.now) == draft.plan, "what was computed before still holds"
        replan(draft)
        self.keep(draft.done(), draft.facts)

    def work(self, *answers: Outcome) -> Story:
        """Do everything that is due now. Each call to the gateway takes the next answer; then it knows of no charge."""
        left = list(answers)
        self.work_with(lambda _attempt: left.pop(0) if left else Absent())
        assert not left, f"nobody asked for {left}"
        return self

    def work_with(self, gateway: Gateway) -> None:
        """Do everything that is due now, with a gateway that answers each call."""
        for _ in range(MOVES_MAX):
            match self.begin():
                case Wait():
                    return
                case Go(attempt=attempt) | Resend(attempt=attempt) | Ask(attempt=attempt):
                    self.answer(attempt.id, gateway(attempt))
        raise AssertionError(f"still something due after {MOVES_MAX} moves at {self.now}")

    def send(self) -> Story:
        """Send every notice that is due."""
        sent = [
            replace(notice, status=NoticeStatus.SENT, sent_at=self.now)
            if notice.status is NoticeStatus.OWED and notice.due_at <= self.now
            else notice
            for notice in self.facts.notices
        ]
        self.facts = replace(self.facts, notices=tuple(sent))
        return self

    def until_quiet(self, *answers: Outcome, steps_max: int = 40) -> Story:
        """Follow the schedule to its end, notices going out at once; the last answer is given for ever."""
        left = list(answers)
        for _ in range(steps_max):
            self.work_with(lambda _attempt: left.pop(0) if len(left) > 1 else left[0])
            self.send()
            if self.plan.next_step_at is None:
                return self
            self.at(max(self.plan.next_step_at, self.now))
        raise AssertionError(f"not at its end after {steps_max} steps: {self.plan}")

    # -----------------------------------------------------------------------------------------------------------------
    # What people do

    def decide(self, action: Callable[..., None], *args: Any, **options: Any) -> Story:
        """Carry out an action of `decide.person` or `decide.dispute`."""
        draft = Draft(self.counted(), self.now)
        action(draft, *args, **options)
        self.keep(draft.done(), draft.facts)
        return self

    def pay(self, method_id: str, *answers: Outcome) -> Story:
        """The customer pays now; without an answer, the worker stops before it has one."""
        return self._go(person.pay_now(self.counted(), MethodId(method_id), self.now, self.new()), *answers)

    def retry(self, *answers: Outcome) -> Story:
        """An operator retries now."""
        return self._go(person.retry_now(self.counted(), self.now, self.new()), *answers)

    def _go(self, move: Go, *answers: Outcome) -> Story:
        self.keep(move.changes, move.facts)
        self.moves.append(move)
        for outcome in answers:
            self.answer(move.attempt.id, outcome)
        return self

    def add(self, method: PaymentMethod) -> Story:
        """A method is added, tied to nothing."""
        self.facts = replace(self.facts, methods=(*self.facts.methods, method))
        return self

    def tie(self, method: PaymentMethod) -> Story:
        """The subscription gets another method, added if it isn't on file; its invoice is planned anew."""
        if self.facts.method(method.id) is None:
            self.add(method)
        facts = subscription_facts(self.subscription)
        return self.arrange(arrangement.tied(facts, self.own(method.id), self.now))

    def edit(self, method_id: str, **values: Any) -> Story:
        """A person edits a method."""
        return self.arrange(arrangement.edited(self.own(method_id), self.now, **values))

    def back_up(self, method: PaymentMethod) -> Story:
        """The customer agrees to a backup."""
        if self.facts.method(method.id) is None:
            self.add(method)
        return self.arrange(arrangement.backed_up(self.subscription, self.own(method.id), self.now))

    def own(self, method_id: str) -> PaymentMethod:
        """A method as it is now."""
        found = self.facts.method(MethodId(method_id))
        assert found, f"{method_id} is not on file"
        return found

    def arrange(self, changes: Changes) -> Story:
        """Apply changes from outside the invoice and plan it anew."""
        self.keep(changes)
        self.facts = replace(self.facts, tied=_tied(self.subscription))
        return self.decide(replan)

    def new(self) -> NewAttempt:
        """The id of the next attempt: `att_1`, `att_2`, ..."""
        return NewAttempt(id=AttemptId(f"att_{len(self.facts.attempts) + 1}"), key_lifetime=KEY_LIFETIME)

    # -----------------------------------------------------------------------------------------------------------------
    # What the store does

    def keep(self, changes: Changes, expected: Facts | None = None) -> None:
        """Write changes as the store would; they must amount to what the decision saw in the end."""
        for noun in changes.created:
            assert noun.id not in self._known(), f"{noun.id} was created before"
            self._put(noun)
        for noun in changes.changed:
            assert noun.id in self._known(), f"{noun.id} isn't there to be changed"
            self._put(noun)
        if expected is not None:
            assert _without_uses(expected) == _without_uses(self.facts), "the changes are not what was decided"
        self.events += changes.events
        self.entries += changes.entries

    def _known(self) -> set[str]:
        single = (self.facts.invoice, self.facts.recovery, self.facts.subscription)
        many: tuple[Noun, ...] = (*self.facts.attempts, *self.facts.methods, *self.facts.notices)
        return {noun.id for noun in (*many, *single) if noun is not None}

    def _put(self, noun: Noun) -> None:
        facts = self.facts
        match noun:
            case Invoice():
                self.facts = replace(facts, invoice=noun)
            case Recovery():
                self.facts = replace(facts, recovery=noun)
            case Subscription():
                self.facts = replace(facts, subscription=noun)
            case Attempt():
                self.facts = replace(facts, attempts=_with(facts.attempts, noun))
            case Notice():
                if noun.invoice_id:
                    self.facts = replace(facts, notices=_with(facts.notices, noun))
            case PaymentMethod():
                self.facts = replace(facts, methods=_with(facts.methods, noun))

    def counted(self) -> Facts:
        """The facts with what the store counts under each card: declined and open attempts, oldest first."""
        uses: dict[str, list[Use]] = {card: list(known) for card, known in self.elsewhere.items()}
        for attempt in self.facts.attempts:
            if attempt.is_open or attempt.status is AttemptStatus.DECLINED:
                uses.setdefault(attempt.fingerprint, []).append(use_of(attempt))
        recent = {
            card: tuple(sorted((use for use in known if use.at > self.now - USES_KEPT), key=lambda use: use.at))
            for card, known in uses.items()
        }
        self.facts = replace(self.facts, uses=recent)
        return self.facts


def _invoiced(invoice: Invoice) -> EntryDraft:
    """The entry that was made when the invoice was issued."""
    return EntryDraft(
        kind=EntryKind.INVOICED, invoice_id=invoice.id, attempt_id=None, amount=invoice.total, at=invoice.issued_at
    )


def use_of(attempt: Attempt) -> Use:
    """An attempt as it is counted under its card."""
    amount = attempt.amount
    return Use(
        at=attempt.started_at,
        amount_minor=amount.minor,
        currency=amount.currency,
        invoice_id=attempt.invoice_id,
    )


def _with(nouns: tuple[Any, ...], noun: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any noun that has an id
    """The nouns with one replaced, or added at the end."""
    if noun.id in {old.id for old in nouns}:
        return tuple(noun if old.id == noun.id else old for old in nouns)
    return (*nouns, noun)


def _without_uses(facts: Facts) -> dict[str, object]:
    return {field.name: getattr(facts, field.name) for field in fields(facts) if field.name != "uses"}


def _tied(subscription: Subscription) -> frozenset[MethodId]:
    if subscription.status is SubscriptionStatus.CANCELED:
        return frozenset()
    return frozenset(
        method_id for method_id in (subscription.method_id, subscription.backup_method_id) if method_id is not None
    )
