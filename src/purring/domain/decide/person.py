"""What a person does about one open invoice: a customer who pays, an operator who steps in.

Every action raises `Refused` with a code and what stands in the way, before anything is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from purring.domain.attempt import Approved, Attempt, AttemptEvent, AttemptStatus, Initiator
from purring.domain.calendar import add_business_days, holidays, local_date, start_of_day, zone
from purring.domain.changes import Draft
from purring.domain.charge_plan import permit_for, window_ends_at
from purring.domain.clause import Clause
from purring.domain.decide.answer import correct_to_succeeded
from purring.domain.decide.begin import Go, NewAttempt, recounted, replan, start
from purring.domain.decide.carry_out import close, write_off
from purring.domain.decide.owing import owe_for_decline
from purring.domain.decide.settle import hold, pay, reopen_recovery, restore_subscription, take_back
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.ids import MethodId
from purring.domain.invoice import DisputeStatus, Invoice, InvoiceEvent, InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Cause, HoldReason, Recovery, RecoveryStatus
from purring.domain.schedule import schedule
from purring.domain.step import Step
from purring.domain.stops import network_delay, standing_stops, stopped_by
from purring.domain.subscription import SubscriptionStatus
from purring.domain.transitions import ATTEMPT, moved


def pay_now(facts: Facts, method_id: MethodId, now: datetime, new: NewAttempt) -> Go:
    """The customer pays the open invoice with one of their methods. It doesn't use up an automatic attempt."""
    draft = Draft(facts, now)
    _require_payable(facts)
    method = _own_method(facts, method_id)
    stopped = stopped_by(facts, method, now.date())
    if stopped is not None and stopped.is_final:
        raise Refused(RefusalCode.METHOD_NOT_USABLE, details=(method.id, *stopped.rules))
    _require_room(facts, method, Initiator.CUSTOMER, now)
    return start(draft, method, new, Initiator.CUSTOMER, Clause("customer.pay_now"))


def retry_now(facts: Facts, now: datetime, new: NewAttempt) -> Go:
    """An operator charges the tied method at once, as far as hold, window, network and rulebook leave room."""
    draft = Draft(facts, now)
    _require_payable(facts)
    _require_in_recovery(facts, now)
    method = facts.tied_method
    if method is None:
        raise Refused(RefusalCode.NO_METHOD_TIED)
    for stopped in standing_stops(facts, method, now.date()):
        if stopped.decline_class is not DeclineClass.UNKNOWN:
            raise Refused(RefusalCode.METHOD_NOT_USABLE, details=(method.id, stopped.attempt_id, *stopped.rules))
    delayed_to = network_delay(facts, method, now.date())
    if delayed_to and delayed_to > now:
        raise Refused(RefusalCode.LIMIT_REACHED, details=(Clause("network.until", (delayed_to,)).text,))
    _require_room(facts, method, Initiator.OPERATOR, now)
    return start(draft, method, new, Initiator.OPERATOR, Clause("operator.retry_now"))


def _require_in_recovery(facts: Facts, now: datetime) -> None:
    """Refuse what only the customer may do: pay after the window, cancellation or dispute, or while retries pause."""
    recovery, subscription = facts.recovery, facts.subscription
    if subscription is not None and subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.ALREADY_CANCELED, details=(subscription.id,))
    if now > window_ends_at(facts) or (recovery is not None and not recovery.is_open):
        raise Refused(RefusalCode.RECOVERY_CLOSED, details=(facts.invoice.id,))
    if facts.invoice.dispute is not DisputeStatus.NONE:
        raise Refused(RefusalCode.INVOICE_DISPUTED, details=(facts.invoice.id,))
    if recovery is not None and recovery.is_held(now):
        raise Refused(RefusalCode.ON_HOLD, details=(recovery.id,))


def _require_payable(facts: Facts) -> None:
    """Refuse while the invoice isn't open, or while nobody knows whether it is paid already."""
    invoice, attempt = facts.invoice, facts.open_attempt
    if invoice.status is InvoiceStatus.PAID:
        raise Refused(RefusalCode.ALREADY_PAID, details=(invoice.id,))
    if invoice.status is not InvoiceStatus.OPEN:
        raise Refused(RefusalCode.INVOICE_NOT_OPEN, details=(invoice.id,))
    if attempt is not None:
        unknown = attempt.status is AttemptStatus.UNKNOWN
        raise Refused(RefusalCode.OUTCOME_UNKNOWN if unknown else RefusalCode.CHARGE_IN_FLIGHT, details=(attempt.id,))
    if invoice.dispute is DisputeStatus.OPEN:
        raise Refused(RefusalCode.INVOICE_DISPUTED, details=(invoice.id,))
    if invoice.unchecked:
        raise Refused(RefusalCode.INVOICE_UNCHECKED, details=(invoice.id,))


def _own_method(facts: Facts, method_id: MethodId) -> PaymentMethod:
    """One of the customer's own usable methods."""
    method = facts.method(method_id)
    if method is None:
        raise Refused(RefusalCode.NOT_YOUR_METHOD, field="method_id", details=(method_id,))
    if not method.is_active:
        raise Refused(RefusalCode.METHOD_NOT_USABLE, field="method_id", details=(method_id,))
    return method


def _require_room(facts: Facts, method: PaymentMethod, initiator: Initiator, now: datetime) -> None:
    """Refuse a charge that the rulebook has no room for now; the details say when it opens."""
    allowed = permit_for(facts, method, initiator, now)
    if allowed.at > now:
        raise Refused(RefusalCode.LIMIT_REACHED, details=tuple(note.describe() for note in allowed.notes))


def declare_transfer(draft: Draft) -> None:
    """The customer says a bank transfer is on its way: retries pause for some business days, once per invoice."""
    _require_payable(draft.facts)
    recovery = _open_recovery(draft.facts)
    if recovery.transfer_declared_at is not None:
        raise Refused(RefusalCode.TRANSFER_ALREADY_DECLARED, details=(recovery.id,))
    facts, policy = draft.facts, recovery.policy
    tz = zone(facts.customer.timezone)
    today = local_date(draft.now, tz)
    free = holidays(facts.customer.country, today.year, today.year + 1)
    until = start_of_day(add_business_days(today, policy.transfer_hold_business_days, free), tz)
    draft.put_recovery(replace(recovery, transfer_declared_at=draft.now))
    draft.say(EventKind.RECOVERY_TRANSFER_DECLARED, recovery.id, invoice_number=facts.invoice.number)
    if not recovery.is_held(until):
        hold(draft, HoldReason.BANK_TRANSFER, until)
    replan(draft)


def pause(draft: Draft, until: datetime | None) -> None:
    """An operator pauses automatic charges, and with them the end of the window."""
    if until is not None and until <= draft.now:
        raise InvalidInput("a pause must end in the future; give a later time or none", field="until")
    _open_recovery(draft.facts)
    hold(draft, HoldReason.OPERATOR, until)
    replan(draft)


def resume(draft: Draft) -> None:
    """Lift a pause, whoever set it."""
    recovery = _open_recovery(draft.facts)
    if recovery.hold is HoldReason.NONE:
        raise Refused(RefusalCode.NOT_ON_HOLD, details=(recovery.id,))
    draft.put_recovery(replace(recovery, hold=HoldReason.NONE, held_until=None))
    draft.say(EventKind.RECOVERY_RESUMED, recovery.id)
    replan(draft)


def skip_next(draft: Draft) -> None:
    """Leave the next planned charge out: also the planned time of one that was moved."""
    recovery = _open_recovery(draft.facts)
    charge = _next_charge(draft.facts, draft.now)
    unmoved = replace(draft.facts, recovery=replace(recovery, moved_to=None))
    replaced = schedule(unmoved, draft.now).next_charge if recovery.moved_to else None
    until = max(charge.at, replaced.at) if replaced else charge.at
    draft.put_recovery(replace(recovery, skipped_until=until, moved_to=None))
    draft.say(EventKind.RECOVERY_SKIPPED, recovery.id, charge_at=charge.at.isoformat())
    replan(draft)


def move_next(draft: Draft, to: datetime) -> None:
    """Move the next planned charge to another instant within the window; the rulebook may still delay it."""
    recovery = _open_recovery(draft.facts)
    if not draft.now <= to <= recovery.window_ends_at:
        message = f"the charge can be moved to between now and {recovery.window_ends_at:%Y-%m-%d %H:%M} UTC"
        raise InvalidInput(message, field="to")
    charge = _next_charge(draft.facts, draft.now)
    draft.put_recovery(replace(recovery, moved_to=to))
    draft.say(EventKind.RECOVERY_MOVED, recovery.id, charge_at=charge.at.isoformat(), to=to.isoformat())
    replan(draft)


def _next_charge(facts: Facts, now: datetime) -> Step:
    """The next planned charge; there must be one."""
    charge = schedule(facts, now).next_charge
    if charge is None:
        raise Refused(RefusalCode.NOTHING_PLANNED, details=(facts.invoice.id,))
    return charge


def give_up(draft: Draft) -> None:
    """An operator writes the invoice off."""
    _require_payable(draft.facts)
    recovery = draft.facts.recovery
    write_off(draft)
    if recovery is not None and recovery.status in {RecoveryStatus.OPEN, RecoveryStatus.EXHAUSTED}:
        close(draft, RecoveryStatus.WRITTEN_OFF)
    else:
        restore_subscription(draft)
    replan(draft)


def record_payment(draft: Draft, amount: Money, reference: str) -> None:
    """Book money that came another way, such as a bank transfer matched by invoice number."""
    invoice, attempt = draft.facts.invoice, draft.facts.open_attempt
    if attempt is not None:
        raise Refused(RefusalCode.CHARGE_IN_FLIGHT, details=(attempt.id,))
    if invoice.status is InvoiceStatus.PAID:
        raise Refused(RefusalCode.ALREADY_PAID, details=(invoice.id,))
    if invoice.status is InvoiceStatus.VOID:
        raise Refused(RefusalCode.INVOICE_NOT_OPEN, details=(invoice.id,))
    if amount != invoice.owed:
        raise Refused(RefusalCode.AMOUNT_MISMATCH, field="amount", details=(str(invoice.owed),))
    draft.say(EventKind.INVOICE_PAYMENT_RECORDED, invoice.id, amount=str(amount), reference=reference)
    pay(draft, amount, Cause.OUTSIDE)
    replan(draft)


def correct(draft: Draft, attempt_id: str, to: AttemptStatus, note: str) -> None:
    """An operator settles what a gateway could not say, or puts a wrong final state right."""
    attempt = draft.facts.attempt(attempt_id)
    if to is AttemptStatus.SUCCEEDED:
        approved = Approved(gateway_ref=attempt.gateway_ref or "", captured=attempt.amount)
        moved(ATTEMPT, attempt.status, AttemptEvent.CORRECTED_TO_SUCCEEDED)
        correct_to_succeeded(draft, attempt, approved, note)
    elif to is AttemptStatus.DECLINED:
        _correct_to_declined(draft, attempt, note)
    else:
        raise InvalidInput("an outcome can be corrected to succeeded or declined", field="to")
    replan(draft)


def _correct_to_declined(draft: Draft, attempt: Attempt, note: str) -> None:
    """The money didn't come after all. The card isn't charged again by itself: a person decides what follows."""
    status = moved(ATTEMPT, attempt.status, AttemptEvent.CORRECTED_TO_DECLINED)
    if attempt.status is AttemptStatus.SUCCEEDED:
        _reverse(draft, attempt)
    corrected = replace(
        attempt,
        status=status,
        ended_at=draft.now,
        captured_minor=0,
        answer=None,
        reason=DeclineReason.UNKNOWN,
        decline_class=DeclineClass.UNKNOWN,
        hard_stop=False,
    )
    draft.put_attempt(corrected)
    draft.facts = recounted(draft.facts, corrected)
    draft.say(EventKind.ATTEMPT_CORRECTED, attempt.id, was=attempt.status.value, to="declined", note=note)
    if draft.facts.invoice.is_open:
        reopen_recovery(draft)
        owe_for_decline(draft, corrected)


def _reverse(draft: Draft, attempt: Attempt) -> None:
    """Book an attempt's money out again: first what was too much, then what had paid the invoice."""
    invoice, captured = draft.facts.invoice, Money(attempt.captured_minor, attempt.amount.currency)
    if invoice.dispute in {DisputeStatus.OPEN, DisputeStatus.LOST}:
        raise Refused(RefusalCode.INVOICE_DISPUTED, details=(invoice.id,))
    succeeded = [one for one in draft.facts.attempts if one.status is AttemptStatus.SUCCEEDED]
    surplus = min(captured, _surplus(invoice, succeeded))
    if surplus:
        draft.book(EntryKind.OVERPAYMENT_REVERSED, surplus, attempt.id)
    if surplus < captured:
        take_back(draft, EntryKind.PAYMENT_REVERSED, InvoiceEvent.PAYMENT_REVERSED, captured - surplus)
    elif attempt.ended_at == invoice.closed_at:
        draft.put_invoice(closed_at=max(one.ended_at for one in succeeded if one.ended_at and one is not attempt))


def _surplus(invoice: Invoice, succeeded: Sequence[Attempt]) -> Money:
    """How much more has come in than paid the invoice."""
    received_minor = sum(attempt.captured_minor for attempt in succeeded) + _outside_minor(invoice, succeeded)
    return Money(max(received_minor - invoice.paid_minor, 0), invoice.total.currency)


def _outside_minor(invoice: Invoice, succeeded: Sequence[Attempt]) -> int:
    """What came another way. It always pays all that is left: then it, and no attempt, closed the invoice."""
    closed_at = invoice.closed_at
    paid = invoice.status is InvoiceStatus.PAID and closed_at is not None
    if not paid or any(attempt.ended_at == closed_at for attempt in succeeded):
        return 0
    before = [one for one in succeeded if one.ended_at and closed_at and one.ended_at < closed_at]
    return max(invoice.total.minor - sum(attempt.captured_minor for attempt in before), 0)


def _open_recovery(facts: Facts) -> Recovery:
    """The invoice's recovery, which must be open."""
    recovery = facts.recovery
    if recovery is None or not recovery.is_open:
        raise Refused(RefusalCode.RECOVERY_CLOSED, details=(recovery.id,) if recovery else (facts.invoice.id,))
    return recovery
