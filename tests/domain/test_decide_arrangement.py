"""Methods and subscriptions arranged outside one invoice (behaviour §4), and invoices handed over (behaviour §1.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from purring.domain.changes import Changes
from purring.domain.decide import arrangement
from purring.domain.decide.hand_over import handed_over
from purring.domain.errors import InvalidInput, PurringError, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.invoice import Invoice
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodStatus, PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.subscription import Subscription, SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT, day

A, B = make.method("a"), make.method("b")
STRANGERS = make.method("x", customer_id="cus_2")
GONE = make.method("g", status=MethodStatus.REMOVED)
CANCELED = make.subscription(status=SubscriptionStatus.CANCELED)


def _only(changes: Changes) -> object:
    """The one noun that was changed."""
    (noun,) = changes.changed
    return noun


def _refusal(action: Callable[[], object]) -> str:
    with pytest.raises(PurringError) as refused:
        action()
    return refused.value.code


def test_4_a_new_method_is_tied_to_nothing() -> None:
    """It is only there."""
    changes = arrangement.added(A)
    assert ((A,), ()) == (changes.created, changes.changed)


def test_4_a_person_edits_what_the_bank_compares() -> None:
    """The method is worth a new try."""
    after = _only(arrangement.edited(A, day(1), exp_year=2030, holder_name="Kari"))
    assert replace(A, exp_year=2030, holder_name="Kari", edited_at=day(1)) == after


@pytest.mark.parametrize("fields", [{"phone": "+47 22 00 00 00"}, {"phone": "1", "holder_name": A.holder_name}])
def test_4_a_new_telephone_number_is_no_reason_to_charge_again(fields: dict[str, str]) -> None:
    """Banks don't compare it."""
    after = _only(arrangement.edited(A, day(1), **fields))
    assert isinstance(after, PaymentMethod)
    assert None is after.edited_at


def test_4_an_edit_that_changes_nothing_is_none() -> None:
    """Saving the form as it is doesn't lift a stop."""
    assert not arrangement.edited(A, day(1), exp_year=A.exp_year, phone=A.phone)


@pytest.mark.parametrize(
    ("method", "field"), [(A, "last4"), (A, "token"), (A, "fingerprint"), (make.method("a", "sepa"), "exp_year")]
)
def test_4_the_number_is_never_editable_and_an_account_has_no_expiry(method: PaymentMethod, field: str) -> None:
    """The form leads to *Replace*."""
    with pytest.raises(InvalidInput) as refused:
        arrangement.edited(method, day(1), **{field: 1})
    assert field == refused.value.field
    assert "replace" in refused.value.message


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (make.method(exp_month=3, exp_year=2026), False),
        (make.method(exp_month=2, exp_year=2026), True),
        (make.method(exp_month=12, exp_year=2025), True),
        (make.method(scheme="sepa"), False),
    ],
    ids=["to the end of its month", "the month after", "last year", "an account"],
)
def test_4_a_card_is_good_to_the_end_of_its_month(method: PaymentMethod, expected: bool) -> None:  # noqa: FBT001 - what is expected
    """Only shown: issuers may still approve."""
    assert expected is method.has_expired(ISSUED_AT + timedelta(hours=2))


def test_4_tying_touches_this_subscription_only_and_tells_the_customer() -> None:
    """One notice about the change."""
    changes = arrangement.tied(make.subscription_facts(), B, day(1))
    after = _only(changes)
    assert isinstance(after, Subscription)
    assert (B.id, day(1)) == (after.method_id, after.method_tied_at)
    assert [NoticeKind.METHOD_CHANGED] == [notice.kind for notice in changes.created if hasattr(notice, "kind")]


def test_4_tying_what_is_tied_changes_nothing() -> None:
    """It is no new try, either."""
    assert not arrangement.tied(make.subscription_facts(), A, day(1))


def test_4_what_can_not_be_tied() -> None:
    """Another customer's method, one that was removed, anything to a subscription that has ended."""
    facts = make.subscription_facts()
    assert RefusalCode.NOT_YOUR_METHOD == _refusal(lambda: arrangement.tied(facts, STRANGERS, day(1)))
    assert RefusalCode.METHOD_NOT_USABLE == _refusal(lambda: arrangement.tied(facts, GONE, day(1)))
    ended = make.subscription_facts(CANCELED)
    assert RefusalCode.ALREADY_CANCELED == _refusal(lambda: arrangement.tied(ended, B, day(1)))


def test_4_asking_for_a_backup_is_agreeing_to_it() -> None:
    """The consent is kept with its day, and not renewed by asking again."""
    first = arrangement.backed_up(make.subscription(), B, day(1))
    consented = replace(B, backup_consent_at=day(1))
    assert (make.subscription(backup_method_id=B.id), consented) == first.changed
    again = arrangement.backed_up(make.subscription(), consented, day(2))
    assert (make.subscription(backup_method_id=B.id),) == again.changed


def test_4_what_can_not_be_a_backup() -> None:
    """The method that pays, a stranger's, a removed one, and none for what has ended."""
    for subscription, method, code in (
        (make.subscription(), A, "invalid_input"),
        (make.subscription(), STRANGERS, RefusalCode.NOT_YOUR_METHOD),
        (make.subscription(), GONE, RefusalCode.METHOD_NOT_USABLE),
        (CANCELED, B, RefusalCode.ALREADY_CANCELED),
    ):
        assert code == _refusal(partial(arrangement.backed_up, subscription, method, day(1)))


def test_4_a_backup_can_be_given_up() -> None:
    """Then the method can be removed."""
    backed = make.subscription(backup_method_id=B.id)
    after = _only(arrangement.without_backup(backed, day(1)))
    assert make.subscription() == after
    assert not arrangement.without_backup(make.subscription(), day(1))


def test_4_replacing_everywhere_moves_what_the_old_one_pays() -> None:
    """And nothing else; the old method stays on file."""
    subscriptions = [
        make.subscription(),
        make.subscription(id="sub_2", method_id="pm_c"),
        make.subscription(id="sub_3", status=SubscriptionStatus.CANCELED),
        make.subscription(id="sub_4", status=SubscriptionStatus.SUSPENDED, suspended_at=ISSUED_AT),
    ]
    everything = [make.subscription_facts(one) for one in subscriptions]
    changes = arrangement.replaced_everywhere(everything, A, B, day(1))
    assert ["sub_1", "sub_4"] == [noun.id for noun in changes.changed]


def test_4_a_method_in_use_can_not_be_removed() -> None:
    """The reply lists what uses it: subscriptions that aren't canceled, as main or backup, and money in flight."""
    users = [
        make.subscription(),
        make.subscription(id="sub_2", method_id="pm_b", backup_method_id="pm_a"),
        make.subscription(id="sub_3", status=SubscriptionStatus.CANCELED),
    ]
    with pytest.raises(Refused) as refused:
        arrangement.removed(A, users, ["att_9"], day(1))
    assert (RefusalCode.METHOD_IN_USE, ("sub_1", "sub_2", "att_9")) == (refused.value.code, refused.value.details)


def test_4_a_method_that_nothing_uses_is_removed_once() -> None:
    """It is kept for the record and never charged again."""
    after = _only(arrangement.removed(A, [CANCELED], [], day(1)))
    assert replace(A, status=MethodStatus.REMOVED, removed_at=day(1)) == after
    assert RefusalCode.METHOD_NOT_USABLE == _refusal(lambda: arrangement.removed(GONE, [], [], day(1)))


def test_4_remove_and_replace_does_both_or_neither() -> None:
    """Everything moves, then the old one goes."""
    facts = [make.subscription_facts()]
    changes = arrangement.removed_and_replaced(A, B, facts, [], day(1))
    assert ["sub_1", "pm_a"] == [noun.id for noun in changes.changed]
    backed = [make.subscription_facts(make.subscription(method_id="pm_b", backup_method_id="pm_a"))]
    for old, new, everything, in_flight, code in (
        (A, B, facts, ["att_1"], RefusalCode.METHOD_IN_USE),
        (A, B, backed, [], RefusalCode.METHOD_IN_USE),
        (A, GONE, facts, [], RefusalCode.METHOD_NOT_USABLE),
        (GONE, B, facts, [], RefusalCode.METHOD_NOT_USABLE),
        (A, STRANGERS, facts, [], RefusalCode.NOT_YOUR_METHOD),
        (A, A, facts, [], "invalid_input"),
    ):
        assert code == _refusal(partial(arrangement.removed_and_replaced, old, new, everything, in_flight, day(1)))


def test_a_quantity_changes_with_the_next_period() -> None:
    """The running one is paid for."""
    after = _only(arrangement.quantity_changed(make.subscription(), 5, day(1)))
    assert make.subscription(pending_quantity=5) == after
    assert RefusalCode.ALREADY_CANCELED == _refusal(lambda: arrangement.quantity_changed(CANCELED, 5, day(1)))
    assert "invalid_quantity" == _refusal(lambda: arrangement.quantity_changed(make.subscription(), 0, day(1)))


def test_a_subscription_may_end_with_its_period() -> None:
    """The day is in the event."""
    changes = arrangement.cancel_at_period_end(make.subscription(), day(1))
    assert make.subscription(cancel_at_period_end=True) == _only(changes)
    assert {"period_end_on": "2026-04-02"} == dict(changes.events[0].data)
    assert RefusalCode.ALREADY_CANCELED == _refusal(lambda: arrangement.cancel_at_period_end(CANCELED, day(1)))


# ---------------------------------------------------------------------------------------------------------------------
# §1.1 An invoice made elsewhere


def test_1_1_an_invoice_handed_over_before_any_charge_is_charged() -> None:
    """At once, like one of ours."""
    changes = handed_over(make.facts(), ISSUED_AT, declined=False)
    (invoice,) = changes.created
    assert isinstance(invoice, Invoice)
    assert ISSUED_AT == invoice.next_step_at
    assert [EventKind.INVOICE_HANDED_OVER] == [event.kind for event in changes.events]


def test_1_1_an_invoice_handed_over_after_a_decline_is_in_recovery() -> None:
    """Without a notice, which the other biller has sent; the policy's next day is next."""
    changes = handed_over(make.facts(), day(3), declined=True)
    kinds = [type(noun) for noun in changes.created]
    assert [Invoice, Recovery] == kinds
    assert isinstance(changes.created[0], Invoice)
    assert day(5) == changes.created[0].next_step_at


def test_1_1_an_invoice_whose_window_is_over_is_not_taken() -> None:
    """Nothing could be done for it."""
    with pytest.raises(InvalidInput) as refused:
        handed_over(make.facts(), day(28) + timedelta(hours=3), declined=True)
    assert "invoice_on" == refused.value.field
