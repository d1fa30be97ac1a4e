"""What a person does about one open invoice: a customer who pays, an operator who steps in.

Every action raises `Refused` with a code and what stands in the way, before anything is changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from purring.domain.attempt import Approved, Attempt, AttemptEvent, AttemptStatus, Initiator
from purring.domain.calendar import add_business_days, holidays, local_date, start_of_day, zone
from purring.domain.changes import Draft
from purring.domain.charge_plan import permit_for, stopped_by
from purring.domain.clause import Clause
from purring.domain.decide.answer import correct_to_succeeded
from purring.domain.decide.begin import Go, NewAttempt, plan_next, start
from purring.domain.decide.carry_out import close, write_off
from purring.domain.decide.owing import withdraw_declines
from purring.domain.decide.settle import fall_due, hold, pay, take_back
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.ids import MethodId
from purring.domain.invoice import DisputeStatus, InvoiceEvent, InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Cause, HoldReason, Recovery, RecoveryStatus
from purring.domain.schedule import schedule
from purring.domain.subscription import StatusReason
from purring.domain.transitions import ATTEMPT, moved


def pay_now(facts: Facts, method_id: MethodId, now: datetime, new: NewAttempt) -> Go:
    """The customer pays the open invoice with one of their methods. It doesn't use up an automatic attempt."""
    draft = Draft(facts, now)
    _require_payable(facts)
    method = _own_method(facts, method_id)
    stopped = stopped_by(facts, method)
    if stopped is not None and stopped.decline_class is DeclineClass.NEVER_RETRY:
        raise Refused(RefusalCode.METHOD_NOT_USABLE, details=(method.id,))
    _require_room(facts, method, Initiator.CUSTOMER, now)
    return start(draft, method, new, Initiator.CUSTOMER, Clause("customer.pay_now"))


def retry_now(facts: Facts, now: datetime, new: NewAttempt) -> Go:
    """An operator charges the tied method at once, as far as the rulebook leaves room."""
    draft = Draft(facts, now)
    _require_payable(facts)
    recovery = facts.recovery
    if recovery is not None and now > recovery.window_ends_at:
        raise Refused(RefusalCode.RECOVERY_CLOSED)
    method = facts.tied_method
    if method is None:
        raise Refused(RefusalCode.NO_METHOD_TIED)
    stopped = stopped_by(facts, method)
    if stopped is not None and stopped.decline_class is not DeclineClass.UNKNOWN:
        raise Refused(RefusalCode.METHOD_NOT_USABLE, details=(method.id, stopped.id))
    _require_room(facts, method, Initiator.OPERATOR, now)
    return start(draft, method, new, Initiator.OPERATOR, Clause("operator.retry_now"))


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
    hold(draft, HoldReason.BANK_TRANSFER, until)
    _replan(draft)


def pause(draft: Draft, until: datetime | None) -> None:
    """An operator pauses automatic charges, and with them the end of the window."""
    if until is not None and until <= draft.now:
        raise InvalidInput("a pause must end in the future; give a later time or none", field="until")
    _open_recovery(draft.facts)
    hold(draft, HoldReason.OPERATOR, until)
    _replan(draft)


def resume(draft: Draft) -> None:
    """Lift a pause, whoever set it."""
    recovery = _open_recovery(draft.facts)
    if recovery.hold is HoldReason.NONE:
        raise Refused(RefusalCode.NOT_ON_HOLD, details=(recovery.id,))
    draft.put_recovery(replace(recovery, hold=HoldReason.NONE, held_until=None))
    draft.say(EventKind.RECOVERY_RESUMED, recovery.id)
    _replan(draft)


def skip_next(draft: Draft) -> None:
    """Leave the next planned charge out."""
    recovery = _open_recovery(draft.facts)
    charge = schedule(draft.facts, draft.now).next_charge
    if charge is None:
        raise Refused(RefusalCode.NOTHING_PLANNED, details=(recovery.id,))
    draft.put_recovery(replace(recovery, skipped_until=charge.at, moved_to=None))
    draft.say(EventKind.RECOVERY_SKIPPED, recovery.id, charge_at=charge.at.isoformat())
    _replan(draft)


def move_next(draft: Draft, to: datetime) -> None:
    """Move the next planned charge to another instant within the window; the rulebook may still delay it."""
    recovery = _open_recovery(draft.facts)
    if not draft.now <= to <= recovery.window_ends_at:
        message = f"the charge can be moved to between now and {recovery.window_ends_at:%Y-%m-%d %H:%M} UTC"
        raise InvalidInput(message, field="to")
    draft.put_recovery(replace(recovery, moved_to=to))
    draft.say(EventKind.RECOVERY_MOVED, recovery.id, to=to.isoformat())
    _replan(draft)


def give_up(draft: Draft) -> None:
    """An operator writes the invoice off."""
    _require_payable(draft.facts)
    recovery = draft.facts.recovery
    withdraw_declines(draft)
    write_off(draft)
    if recovery is not None and recovery.status in {RecoveryStatus.OPEN, RecoveryStatus.EXHAUSTED}:
        close(draft, RecoveryStatus.WRITTEN_OFF)
    _replan(draft)


def record_payment(draft: Draft, amount: Money, reference: str) -> None:
    """Book money that came another way, such as a bank transfer matched by invoice number."""
    invoice, attempt = draft.facts.invoice, draft.facts.open_attempt
    if attempt is not None:
        raise Refused(RefusalCode.CHARGE_IN_FLIGHT, details=(attempt.id,))
    if invoice.status is InvoiceStatus.PAID:
        raise Refused(RefusalCode.ALREADY_PAID, details=(invoice.id,))
    if amount != invoice.owed:
        raise Refused(RefusalCode.AMOUNT_MISMATCH, field="amount", details=(str(invoice.owed),))
    draft.say(EventKind.INVOICE_PAYMENT_RECORDED, invoice.id, amount=str(amount), reference=reference)
    pay(draft, amount, Cause.OUTSIDE)
    _replan(draft)


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
    _replan(draft)


def _correct_to_declined(draft: Draft, attempt: Attempt, note: str) -> None:
    """The money didn't come after all: the invoice is open again, and a person decides what follows."""
    status = moved(ATTEMPT, attempt.status, AttemptEvent.CORRECTED_TO_DECLINED)
    if attempt.status is AttemptStatus.SUCCEEDED:
        captured = Money(attempt.captured_minor, attempt.amount.currency)
        take_back(draft, EntryKind.PAYMENT_REVERSED, InvoiceEvent.PAYMENT_REVERSED, captured)
        fall_due(draft, StatusReason.PAYMENT_DECLINED)
    corrected = replace(
        attempt,
        status=status,
        ended_at=draft.now,
        captured_minor=0,
        reason=DeclineReason.UNKNOWN,
        decline_class=DeclineClass.UNKNOWN,
    )
    draft.put_attempt(corrected)
    draft.say(EventKind.ATTEMPT_CORRECTED, attempt.id, was=attempt.status.value, to="declined", note=note)


def _open_recovery(facts: Facts) -> Recovery:
    """The invoice's recovery, which must be open."""
    recovery = facts.recovery
    if recovery is None or not recovery.is_open:
        raise Refused(RefusalCode.RECOVERY_CLOSED, details=(recovery.id,) if recovery else (facts.invoice.id,))
    return recovery


def _replan(draft: Draft) -> None:
    """Keep the new schedule's first due time on the invoice's row."""
    plan_next(draft, schedule(draft.facts, draft.now).next_step_at)
