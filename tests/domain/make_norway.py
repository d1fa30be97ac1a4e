"""Overdue Norwegian invoices and their letters, for the tests of what may be added to one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from purring.domain.customer import CustomerKind
from purring.domain.money import Money
from purring.domain.norway.charges import Claim, Decision, Letter, charges_allowed
from purring.domain.norway.dunning_rows import NORWAY
from purring.domain.norway.law import Law, LetterKind
from purring.domain.norway.terms import Charge, DunningTerms

DAY = timedelta(days=1)
DUE_ON = date(2026, 2, 1)
EVERYTHING = DunningTerms(charges=frozenset(Charge))
FEES = [Charge.REMINDER_FEE, Charge.COLLECTION_NOTICE_FEE, Charge.PAYMENT_DEMAND_FEE]


def kr(kroner: int) -> Money:
    """Whole kroner."""
    return Money(kroner * 100, "NOK")


def overdue(*letters: Letter, **fields: Any) -> Claim:
    """An invoice of 1 000 kroner to a business, due on 1 February 2026."""
    given: dict[str, Any] = {"owed": kr(1000), "due_on": DUE_ON, "debtor": CustomerKind.BUSINESS, "letters": letters}
    return Claim(**(given | fields))


def sent(sent_on: date, kind: LetterKind = LetterKind.REMINDER, *, days: int | None = 14, fee: int = 38) -> Letter:
    """A letter with a deadline so many days later."""
    deadline_on = None if days is None else sent_on + days * DAY
    return Letter(kind=kind, sent_on=sent_on, deadline_on=deadline_on, fee=kr(fee))


def ask(charge: Charge, claim: Claim, on: date, law: Law = NORWAY) -> Decision:
    """Whether a charge may be added by a merchant who wants them all."""
    return charges_allowed(charge, claim, EVERYTHING, on, law=law)
