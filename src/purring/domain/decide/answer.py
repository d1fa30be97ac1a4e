"""A gateway's answer, applied to the facts: the one way in which an attempt's outcome becomes state."""

from __future__ import annotations

from typing import Any, assert_never

from purring.domain.attempt import (
    Absent,
    ActionRequired,
    Approved,
    Attempt,
    AttemptEvent,
    AttemptStatus,
    Declined,
    Outcome,
    Pending,
    Unavailable,
    Unknown,
)
from purring.domain.changes import Draft
from purring.domain.decide.begin import recounted
from purring.domain.decide.owing import is_told, owe, owe_for_decline
from purring.domain.decide.settle import cause_of, open_recovery, pay
from purring.domain.decline import classify
from purring.domain.event import EventKind
from purring.domain.notice import NoticeKind
from purring.domain.noun import replace
from purring.domain.schedule import resolving
from purring.domain.transitions import ATTEMPT, moved


def after_charge(draft: Draft, attempt_id: str, outcome: Outcome) -> None:
    """Write down what the gateway said of an attempt, and everything that follows from it.

    An answer that comes again changes nothing. An approval that comes after the attempt was given up is money found
    late: it is booked, as a correction. Any other late answer to a final attempt is left alone.
    """
    attempt = draft.facts.attempt(attempt_id)
    draft.now = max(draft.now, attempt.started_at)  # no attempt ends before it began, whatever was done to the clock
    if not attempt.is_open:
        if isinstance(outcome, Approved) and attempt.status is not AttemptStatus.SUCCEEDED:
            correct_to_succeeded(draft, attempt, outcome, "the gateway reported the money late")
        return
    match outcome:
        case Approved():
            _approved(draft, attempt, outcome)
        case Declined():
            _declined(draft, attempt, outcome)
        case ActionRequired():
            _action_required(draft, attempt, outcome)
        case Pending():
            _pending(draft, attempt, outcome)
        case Unknown():
            _unknown(draft, attempt, outcome)
        case Unavailable() | Absent():
            _failed(draft, attempt, outcome)
        case _:
            assert_never(outcome)


def _approved(draft: Draft, attempt: Attempt, outcome: Approved) -> None:
    """The money moved."""
    cause = cause_of(draft.facts, attempt)
    _end(draft, attempt, AttemptEvent.APPROVED, gateway_ref=outcome.gateway_ref, captured_minor=outcome.captured.minor)
    draft.say(EventKind.ATTEMPT_SUCCEEDED, attempt.id, captured=str(outcome.captured), number=attempt.number)
    pay(draft, outcome.captured, cause, draft.facts.attempt(attempt.id))


def _declined(draft: Draft, attempt: Attempt, outcome: Declined) -> None:
    """The bank said no: say why, open the recovery, owe one notice; neither if the invoice was settled meanwhile."""
    verdict = classify(outcome.answer, draft.now.date())
    ended = _end(
        draft,
        attempt,
        AttemptEvent.DECLINED,
        answer=outcome.answer,
        reason=verdict.reason,
        decline_class=verdict.decline_class,
        hard_stop=verdict.hard_stop,
        retry_not_before=draft.now + verdict.retry_after if verdict.retry_after else None,
        rules=verdict.rules,
        gateway_ref=outcome.gateway_ref or attempt.gateway_ref,
    )
    if not verdict.known:
        draft.count_unlisted(outcome.answer)
    draft.say(
        EventKind.ATTEMPT_DECLINED,
        attempt.id,
        reason=verdict.reason.value,
        decline_class=verdict.decline_class.value,
        rules=list(verdict.rules),
        known=verdict.known,
        number=attempt.number,
    )
    if draft.facts.invoice.is_open:
        open_recovery(draft)
        owe_for_decline(draft, ended)


def _end(draft: Draft, attempt: Attempt, event: AttemptEvent, **fields: Any) -> Attempt:
    """Give an attempt its final state. One that isn't declined leaves room on its card, for another invoice too.

    Whatever the answer, it may lift a stop that others wait for.
    """
    status = moved(ATTEMPT, attempt.status, event)
    ended = replace(attempt, status=status, ended_at=draft.now, **fields)
    draft.put_attempt(ended)
    draft.facts = recounted(draft.facts, ended)
    if attempt.fingerprint in draft.facts.stops:
        draft.wake(attempt.fingerprint)
    elif status is not AttemptStatus.DECLINED:
        draft.free(attempt.fingerprint)
    return ended


def _action_required(draft: Draft, attempt: Attempt, outcome: ActionRequired) -> None:
    """The bank wants the customer's confirmation: ask for it once."""
    if attempt.status is AttemptStatus.ACTION_REQUIRED:
        _asked(draft, attempt)
        return
    waiting = replace(
        attempt,
        status=moved(ATTEMPT, attempt.status, AttemptEvent.ACTION_REQUIRED),
        gateway_ref=outcome.gateway_ref,
        expected_at=outcome.expires_at,
        detail=outcome.url or "",
    )
    draft.put_attempt(waiting)
    draft.say(EventKind.ATTEMPT_ACTION_REQUIRED, attempt.id, expires_at=outcome.expires_at.isoformat())
    if draft.facts.invoice.is_open and not is_told(draft.facts, attempt):
        open_recovery(draft)
        owe(draft, NoticeKind.ACTION_NEEDED, waiting)


def _pending(draft: Draft, attempt: Attempt, outcome: Pending) -> None:
    """The debit is under way; nobody has to do anything."""
    if attempt.status is AttemptStatus.PENDING:
        _asked(draft, attempt)
        return
    status = moved(ATTEMPT, attempt.status, AttemptEvent.PENDING)
    draft.put_attempt(replace(attempt, status=status, gateway_ref=outcome.gateway_ref, expected_at=outcome.expected_at))
    draft.say(EventKind.ATTEMPT_PENDING, attempt.id, expected_at=outcome.expected_at.isoformat())


def _unknown(draft: Draft, attempt: Attempt, outcome: Unknown) -> None:
    """Nobody can say: wait for the gateway, and when the questions run out, for an operator."""
    status = moved(ATTEMPT, attempt.status, AttemptEvent.UNKNOWN)
    if attempt.status is AttemptStatus.STARTED:
        draft.put_attempt(replace(attempt, status=status, detail=outcome.detail))
        draft.say(EventKind.ATTEMPT_UNKNOWN, attempt.id, detail=outcome.detail)
        return
    _asked(draft, replace(attempt, status=status, detail=outcome.detail))


def _asked(draft: Draft, attempt: Attempt) -> None:
    """Count one question that brought no answer; say so when it was the last."""
    asked = replace(attempt, asked_count=attempt.asked_count + 1, asked_at=draft.now)
    draft.put_attempt(asked)
    if not resolving(asked, draft.now).steps:
        draft.say(EventKind.ATTEMPT_NEEDS_OPERATOR, attempt.id, asked_count=asked.asked_count)


def _failed(draft: Draft, attempt: Attempt, outcome: Unavailable | Absent) -> None:
    """Certainly nothing happened: this costs no attempt and sends no notice."""
    if isinstance(outcome, Absent):
        _end(draft, attempt, AttemptEvent.ABSENT, detail="the gateway never got it")
        draft.say(EventKind.ATTEMPT_FAILED, attempt.id, detail="the gateway never got it")
        return
    if attempt.status is not AttemptStatus.STARTED:
        _asked(draft, attempt)
        return
    until = draft.now + outcome.retry_after if outcome.retry_after else None
    _end(draft, attempt, AttemptEvent.UNAVAILABLE, detail=outcome.detail, retry_not_before=until)
    draft.say(EventKind.ATTEMPT_FAILED, attempt.id, detail=outcome.detail)


def correct_to_succeeded(draft: Draft, attempt: Attempt, outcome: Approved, note: str) -> None:
    """A final state proved wrong: the money did come. Book it; what is too much is booked as too much."""
    cause = cause_of(draft.facts, attempt)
    _end(
        draft,
        attempt,
        AttemptEvent.CORRECTED_TO_SUCCEEDED,
        gateway_ref=outcome.gateway_ref,
        captured_minor=outcome.captured.minor,
        reason=None,
        decline_class=None,
        hard_stop=False,
    )
    draft.say(EventKind.ATTEMPT_CORRECTED, attempt.id, was=attempt.status.value, to="succeeded", note=note)
    pay(draft, outcome.captured, cause, draft.facts.attempt(attempt.id))
