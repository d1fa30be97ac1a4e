"""In what form a bank debit is presented: what its scheme demands of the n-th time, and what the payer agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from purring.domain.attempt import AttemptStatus
from purring.domain.facts import Facts
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.rulebook.presentment import Presentment, presentment_terms


def presentment(facts: Facts, method: PaymentMethod, now: datetime) -> Presentment | None:
    """The form of a debit of this account for this invoice now; none for a card, of whose form nothing is demanded.

    A debit is presented again once it came back from the same account for the same invoice.
    """
    if method.kind is not MethodKind.BANK_ACCOUNT:
        return None
    returned = sum(
        attempt.status is AttemptStatus.DECLINED and attempt.fingerprint == method.fingerprint
        for attempt in facts.attempts
    )
    terms = presentment_terms(method.scheme, returned + 1, now.date())
    demanded = Presentment(
        rule_id=terms.id,
        number=returned + 1,
        entry_description=terms.entry_description,
        transaction_code=terms.transaction_code,
        sequence_type=terms.sequence_type,
        prenotification_days=terms.prenotification_days,
        in_working_days=terms.in_working_days,
    )
    agreed_days = facts.policy.prenotification_days
    if agreed_days is None or terms.prenotification_days is None:
        return demanded
    return replace(demanded, prenotification_days=agreed_days)
