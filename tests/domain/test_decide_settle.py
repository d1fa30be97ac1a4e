"""Money that comes, comes late, comes another way, or goes back (behaviour §5): invoice, recovery and books agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.decide import dispute, person
from purring.domain.errors import IllegalTransition, InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.journal import Account
from purring.domain.money import Money
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from purring.domain.recovery import Cause, RecoveryStatus
from purring.domain.subscription import SubscriptionStatus
from tests.domain import make
from tests.domain.make import PRICE, SILENCE, day, no, settles, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")


def _declined() -> Story:
    """The first charge was declined."""
    return Story(make.facts(A, B)).work(no()).send()


def _refusal(action: Callable[[], object]) -> RefusalCode:
    """The code with which an action is refused."""
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.code


@pytest.mark.parametrize("receipts", [True, False])
def test_an_ordinary_payment_is_confirmed_where_the_policy_says_so(receipts: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Once, and without a recovery there are no other thanks."""
    policy = Policy(notices=NoticeTerms(receipts=receipts))
    story = Story(make.facts(A, policy=policy)).work(yes())
    assert [NoticeKind.RECEIPT] * receipts == [notice.kind for notice in story.notices()]


def test_5_a_payment_made_elsewhere_can_be_recorded() -> None:
    """Invoice, recovery and subscription follow; the open notices are withdrawn."""
    story = Story(make.facts()).work(no()).decide(person.record_payment, PRICE, "transfer 1001")
    assert (InvoiceStatus.PAID, Cause.OUTSIDE) == (story.invoice.status, story.recovery.cause)
    assert "active" == story.subscription.status
    assert PRICE.minor == story.balance_minor(Account.CASH)


def test_an_invoice_of_no_subscription_is_paid_like_any_other() -> None:
    """There is nobody to bring back."""
    facts = make.facts(subscription=None, invoice=make.invoice(subscription_id=None, method_id=A.id))
    story = Story(facts).work(no()).at(day(2)).work(yes())
    assert (InvoiceStatus.PAID, RecoveryStatus.RECOVERED) == (story.invoice.status, story.recovery.status)


def test_only_what_is_owed_can_be_recorded() -> None:
    """Once, in full, and not while a charge is open."""
    story = _declined()
    assert RefusalCode.AMOUNT_MISMATCH is _refusal(
        lambda: story.decide(person.record_payment, Money(1, "NOK"), "transfer")
    )

    def record(of: Story) -> Story:
        return of.decide(person.record_payment, PRICE, "transfer")

    assert RefusalCode.CHARGE_IN_FLIGHT is _refusal(lambda: record(_declined().pay("pm_b")))
    assert RefusalCode.ALREADY_PAID is _refusal(lambda: record(record(story)))
    void = Story(make.facts(invoice=make.invoice(status=InvoiceStatus.VOID)))
    assert RefusalCode.INVOICE_NOT_OPEN is _refusal(lambda: record(void))


def test_a_payment_for_an_invoice_that_was_given_up_revives_it() -> None:
    """The write-off is reversed, the recovery recovered."""
    story = _declined().decide(person.give_up).decide(person.record_payment, PRICE, "late transfer")
    assert (InvoiceStatus.PAID, RecoveryStatus.RECOVERED) == (story.invoice.status, story.recovery.status)
    assert [0, 0] == [story.balance_minor(Account.BAD_DEBT), story.balance_minor(Account.RECEIVABLE)]


def test_giving_up_books_the_loss_and_lets_the_subscription_go_on() -> None:
    """No notice that is still owed goes out."""
    story = Story(make.facts()).work(no()).decide(person.give_up)
    assert (InvoiceStatus.UNCOLLECTIBLE, RecoveryStatus.WRITTEN_OFF) == (story.invoice.status, story.recovery.status)
    assert PRICE.minor == story.balance_minor(Account.BAD_DEBT)
    assert "active" == story.subscription.status
    assert {NoticeStatus.WITHDRAWN} == {notice.status for notice in story.facts.notices}


def test_giving_up_a_lost_dispute_lets_the_subscription_go_on() -> None:
    """Though its recovery, if there was one, is closed already."""
    story = Story(make.facts()).work(yes()).decide(dispute.charged_back, PRICE).decide(dispute.dispute_lost)
    assert "past_due" == story.subscription.status
    assert SubscriptionStatus.ACTIVE is story.decide(person.give_up).subscription.status


def test_an_operator_settles_what_the_gateway_could_not_say() -> None:
    """To succeeded or to declined; to nothing else."""
    paid = (
        _declined().pay("pm_b", SILENCE).decide(person.correct, "att_2", AttemptStatus.SUCCEEDED, "seen on statement")
    )
    assert InvoiceStatus.PAID is paid.invoice.status
    story = Story(make.facts()).work(SILENCE).decide(person.correct, "att_1", AttemptStatus.DECLINED, "not there")
    assert (AttemptStatus.DECLINED, RecoveryStatus.OPEN) == (story.attempt.status, story.recovery.status)
    assert 1 == len(story.notices())
    with pytest.raises(InvalidInput):
        story.decide(person.correct, "att_1", AttemptStatus.FAILED, "x")
    with pytest.raises(IllegalTransition):
        story.decide(person.correct, "att_1", AttemptStatus.DECLINED, "again")


def test_a_correction_to_declined_charges_nothing_by_itself() -> None:
    """A person decides what follows, also where a backup was agreed."""
    story = Story(make.facts(A, B)).back_up(B).work(SILENCE)
    story.decide(person.correct, "att_1", AttemptStatus.DECLINED, "not there")
    assert (None, 1) == (story.plan.next_charge, len(story.facts.attempts))
    assert "paid" == story.at(day(1)).retry(yes()).invoice.status


def test_a_payment_that_proved_to_be_none_opens_the_invoice_again() -> None:
    """With a recovery, whose warning must be given anew before access ends; an old pause says nothing any more."""
    policy = Policy(retry="fixed", offsets_days=(2, 24), warn_days_before_close=10)
    story = Story(make.facts(policy=policy)).work(no()).send().at(day(2)).work(no()).send()
    story.at(day(19)).work().send()
    assert 1 == len(story.notices(NoticeKind.LAST_NOTICE))
    story.decide(person.pause, day(40)).at(day(24)).pay("pm_a", yes())
    assert (RecoveryStatus.RECOVERED, InvoiceStatus.PAID) == (story.recovery.status, story.invoice.status)
    story.send().at(day(27)).decide(person.correct, story.attempt.id, AttemptStatus.DECLINED, "bounced")
    assert (RecoveryStatus.OPEN, InvoiceStatus.OPEN) == (story.recovery.status, story.invoice.status)
    assert "past_due" == story.subscription.status
    assert 1 == story.said(EventKind.RECOVERY_REOPENED)
    story.work().send()
    assert day(27) + timedelta(days=3) == story.plan.access_ends_at


def test_a_payment_without_recovery_that_proved_to_be_none_opens_one() -> None:
    """As if it had been declined on the first day."""
    story = Story(make.facts()).work(yes()).at(day(3))
    story.decide(person.correct, "att_1", AttemptStatus.DECLINED, "bounced")
    assert (RecoveryStatus.OPEN, None) == (story.recovery.status, story.plan.next_charge)
    assert (0, 0) == (story.balance_minor(Account.CASH), story.invoice.paid_minor)
    assert 1 == len(story.notices())


def _paid_twice() -> Story:
    """Both the first and the second attempt brought the money."""
    story = Story(make.facts()).work(no()).at(day(2)).work(yes()).at(day(3))
    story.answer("att_1", yes())
    return story


@pytest.mark.parametrize("order", [("att_1", "att_2"), ("att_2", "att_1")])
def test_money_that_goes_back_is_taken_from_the_surplus_first(order: tuple[str, str]) -> None:
    """The invoice stays paid as long as one payment is left, whichever it is."""
    story = _paid_twice().at(day(4)).decide(person.correct, order[0], AttemptStatus.DECLINED, "bounced")
    assert (InvoiceStatus.PAID, 0) == (story.invoice.status, story.balance_minor(Account.OVERPAYMENTS))
    story.at(day(5)).decide(person.correct, order[1], AttemptStatus.DECLINED, "bounced too")
    assert (InvoiceStatus.OPEN, 0, 0) == (
        story.invoice.status,
        story.invoice.paid_minor,
        story.balance_minor(Account.CASH),
    )


def test_money_beside_a_recorded_payment_is_all_surplus() -> None:
    """The transfer had paid; the late charge can go back without opening anything."""
    story = Story(make.facts()).work(no()).at(day(2)).decide(person.record_payment, PRICE, "transfer").at(day(3))
    story.answer("att_1", yes())
    story.at(day(4)).decide(person.correct, "att_1", AttemptStatus.DECLINED, "bounced")
    assert (InvoiceStatus.PAID, PRICE.minor) == (story.invoice.status, story.balance_minor(Account.CASH))


def test_a_disputed_payment_is_not_corrected() -> None:
    """The bank has the money already."""
    story = Story(make.facts()).work(yes()).decide(dispute.charged_back, PRICE)
    assert RefusalCode.INVOICE_DISPUTED is _refusal(
        lambda: story.decide(person.correct, "att_1", AttemptStatus.DECLINED, "bounced")
    )


def test_money_that_goes_back_from_an_invoice_given_up_is_lost_too() -> None:
    """Partly paid, then written off, then the part goes back: all of it is bad debt."""
    story = Story(make.facts()).work(yes(Money(10000, "NOK"))).decide(person.give_up)
    assert 14900 == story.balance_minor(Account.BAD_DEBT)
    story.at(day(3)).decide(person.correct, "att_1", AttemptStatus.DECLINED, "bounced")
    assert (PRICE.minor, 0) == (story.balance_minor(Account.BAD_DEBT), story.balance_minor(Account.RECEIVABLE))


def test_a_debit_under_way_is_left_alone_by_giving_up() -> None:
    """The money may still come."""
    story = Story(make.facts()).work(settles(day(4)))
    assert RefusalCode.CHARGE_IN_FLIGHT is _refusal(lambda: story.decide(person.give_up))
    assert DisputeStatus.NONE is story.invoice.dispute
