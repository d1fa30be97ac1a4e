"""Why an invoice was charged when it was, what was made of each answer, and what is to come: the facts of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.attempt import Attempt
from purring.domain.clause import Clause, kept_clause
from purring.domain.facts import Facts
from purring.domain.ids import MerchantId, MethodId
from purring.domain.norway.letters import LetterBook
from purring.domain.payment_method import PaymentMethod
from purring.domain.rulebook.codes import Stop
from purring.domain.rulebook.tables import rule_named
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.operations import lookup
from purring.operations.services import Services
from purring.operations.test_clocks import now_for
from purring.store import letters
from purring.store.facts import load_many


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSeen:
    """A row of the rulebook that had a say in reading an answer; without edition, no table has it any more."""

    id: str
    edition: str | None
    stop: Stop | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedAttempt:
    """An attempt with what decided that it was made, and what decided how its answer was read.

    The limits that were looked at are the attempt's own `notes`. `rules` stand strictest first.
    """

    attempt: Attempt
    method: PaymentMethod
    clause: Clause | None
    rules: tuple[RuleSeen, ...]

    @property
    def stop(self) -> Stop | None:
        """How far the network's "never again" reaches, if it said so."""
        stops = {rule.stop for rule in self.rules}
        return next((stop for stop in (Stop.CARD, Stop.PAYMENT) if stop in stops), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every decision about an invoice as it was made, and at `now` what is to come."""

    facts: Facts
    attempts: tuple[ExplainedAttempt, ...]
    schedule: Schedule
    now: datetime
    book: LetterBook


def explain(services: Services, merchant_id: MerchantId, name: str) -> Explanation:
    """Explain the invoice with this id, number or external id, or whose recovery has this id.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        invoice_id = lookup.recovery_named(conn, merchant_id, name)
        now = now_for(conn, services, merchant_id, invoice_id)
        facts = load_many(conn, [(merchant_id, invoice_id)], now, lock=False)[merchant_id, invoice_id]
        written = tuple(letters.of_invoice(conn, merchant_id, invoice_id))
    return Explanation(
        facts=facts,
        attempts=tuple(_explained(facts, attempt) for attempt in facts.attempts),
        schedule=schedule(facts, now),
        now=now,
        book=LetterBook(due_on=written[-1].due_on if written else facts.invoice.invoice_on, entries=written),
    )


def _explained(facts: Facts, attempt: Attempt) -> ExplainedAttempt:
    return ExplainedAttempt(
        attempt=attempt,
        method=method_of(facts, attempt.method_id),
        clause=kept_clause(attempt.why),
        rules=tuple(map(_rule, attempt.rules)),
    )


def method_of(facts: Facts, method_id: MethodId) -> PaymentMethod:
    """A method that an attempt or a step names; it is one of the customer's, removed or not."""
    method = facts.method(method_id)
    assert method, f"{method_id} is no method of {facts.customer.id}"
    return method


def _rule(rule_id: str) -> RuleSeen:
    found = rule_named(rule_id)
    row = found[1] if found else None
    return RuleSeen(id=rule_id, edition=row.edition if row else None, stop=row.stop if row else None)
