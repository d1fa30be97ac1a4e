"""What earlier declines of a card or account forbid: charging it for the same debt, for any debt, or before a day.

A stop of the network and wrong data belong to the card, so they hold for every invoice that it would pay
(docs/decisions/0012). All other declines belong to the debt for which they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.clause import Clause
from purring.domain.decline import STRICTNESS, DeclineClass, DeclineReason, classify
from purring.domain.ids import AttemptId, InvoiceId
from purring.domain.noun import replace
from purring.domain.payment_method import PaymentMethod

if TYPE_CHECKING:
    from purring.domain.facts import Facts

WRONG_DATA = frozenset({DeclineReason.INCORRECT_PIN})
"""Reasons of other classes than `update_method` that a network counts among wrong data (Visa's category 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A decline that stands in the way of another charge of the same card or account.

    `at` is when the declined attempt began, `delayed_to` until when the network asked to wait. `hard_stop`: the network
    forbids the card for good. `rules` are the ids of the rows that said so.
    """

    attempt_id: AttemptId
    invoice_id: InvoiceId
    at: datetime
    reason: DeclineReason
    decline_class: DeclineClass
    hard_stop: bool = False
    delayed_to: datetime | None = None
    rules: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether neither new data nor the customer's own wish lifts it."""
        return self.hard_stop or self.decline_class is DeclineClass.NEVER_RETRY


def stopped_by(facts: Facts, method: PaymentMethod, on: date) -> Stop | None:
    """The decline that forbids charging this card or account again for this debt on a day: the strictest, if any."""
    return next(iter(standing_stops(facts, method, on)), None)


def standing_stops(facts: Facts, method: PaymentMethod, on: date) -> list[Stop]:
    """Every decline that forbids charging this card or account for this debt: those that nothing lifts come first.

    Cards are told apart by fingerprint, so a card that was removed and added again is still the same one. New data
    lifts every stop but `never_retry`; so does a later decline on the same card that merely says "later" (after
    somebody's own attempt).
    """
    own = _for_this_debt(facts, method, on)
    if not facts.stops:
        return own
    return sorted([*own, *_for_every_debt(facts, method)], key=lambda stop: not stop.is_final)


def _for_this_debt(facts: Facts, method: PaymentMethod, on: date) -> list[Stop]:
    """The latest decline of this invoice's attempts on the card that is `never_retry`, or else the latest of all."""
    declined = [
        _as_read_on(on, attempt)
        for attempt in reversed(facts.attempts)
        if attempt.status is AttemptStatus.DECLINED and attempt.fingerprint == method.fingerprint
    ]
    for attempt in declined:
        if attempt.decline_class is DeclineClass.NEVER_RETRY:
            return [_stop(attempt)]
    if not declined or declined[0].decline_class is DeclineClass.RETRY_LATER:
        return []
    return [_stop(declined[0])] if method.fresh_at <= declined[0].started_at else []


def _as_read_on(on: date, attempt: Attempt) -> Attempt:
    """The declined attempt under the rules of a day, where they are stricter than those of the day of its answer.

    So a recovery in flight obeys a row that came into force since; one that is looser changes nothing that was decided.
    """
    decided = attempt.decline_class
    if attempt.answer is None or decided is None:
        return attempt
    verdict = classify(attempt.answer, on)
    delayed_to = (attempt.ended_at or attempt.started_at) + (verdict.retry_after or timedelta())
    if verdict.retry_after and (attempt.retry_not_before is None or attempt.retry_not_before < delayed_to):
        attempt = replace(attempt, retry_not_before=delayed_to)
    is_stricter = STRICTNESS[verdict.decline_class] > STRICTNESS[decided] or verdict.hard_stop > attempt.hard_stop
    if not is_stricter:
        return attempt
    return replace(
        attempt,
        reason=verdict.reason,
        decline_class=verdict.decline_class,
        hard_stop=verdict.hard_stop,
        rules=verdict.rules,
    )


def _stop(attempt: Attempt) -> Stop:
    assert attempt.reason, f"declined attempt {attempt.id} has no reason"
    assert attempt.decline_class, f"declined attempt {attempt.id} has no class"
    return Stop(
        attempt_id=attempt.id,
        invoice_id=attempt.invoice_id,
        at=attempt.started_at,
        reason=attempt.reason,
        decline_class=attempt.decline_class,
        hard_stop=attempt.hard_stop,
        delayed_to=attempt.retry_not_before,
        rules=attempt.rules,
    )


def _for_every_debt(facts: Facts, method: PaymentMethod) -> list[Stop]:
    """What other invoices' attempts taught about the card: the network's stops, and data that are still wrong."""
    return [stop for stop in _elsewhere(facts, method) if stop.hard_stop or _says_wrong_data(facts, method, stop)]


def _says_wrong_data(facts: Facts, method: PaymentMethod, stop: Stop) -> bool:
    """Whether the method still has the data that the network called wrong, and no answer since has said otherwise."""
    wrong = stop.decline_class is DeclineClass.UPDATE_METHOD or stop.reason in WRONG_DATA
    if not wrong or method.fresh_at > stop.at:
        return False
    return not any(
        attempt.started_at > stop.at and attempt.fingerprint == method.fingerprint and _accepts_data(attempt)
        for attempt in facts.attempts
    )


def _accepts_data(attempt: Attempt) -> bool:
    """Whether the answer shows that the card's data are good: money came, or nothing but the moment was wrong."""
    later = attempt.decline_class is DeclineClass.RETRY_LATER and attempt.status is AttemptStatus.DECLINED
    return later or attempt.status is AttemptStatus.SUCCEEDED


def _elsewhere(facts: Facts, method: PaymentMethod) -> list[Stop]:
    """The card's stops that came from other invoices; this one's own attempts are known better."""
    stops = facts.stops.get(method.fingerprint, ())
    return [stop for stop in stops if stop.invoice_id != facts.invoice.id]


def network_delay(facts: Facts, method: PaymentMethod, on: date) -> datetime | None:
    """Until when the network asks to wait with this card, under the rules of a day, for whichever invoice."""
    delays = [
        delayed_to
        for attempt in facts.attempts
        if attempt.fingerprint == method.fingerprint
        and attempt.status is AttemptStatus.DECLINED
        and (delayed_to := _as_read_on(on, attempt).retry_not_before)
    ]
    if facts.stops:
        delays += [stop.delayed_to for stop in _elsewhere(facts, method) if stop.delayed_to]
    return max(delays, default=None)


def stop_clause(facts: Facts, stop: Stop) -> Clause:
    """Why the method isn't charged; a stop from another invoice names its rule and that invoice."""
    if stop.invoice_id == facts.invoice.id:
        return Clause("method.stopped", (stop.reason.value, stop.decline_class.value))
    clause = "card.forbidden" if stop.hard_stop else "card.unchanged"
    return Clause(clause, (stop.reason.value, ", ".join(stop.rules), stop.invoice_id))
