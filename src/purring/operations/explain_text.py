"""An explanation in sentences, as an operator reads it in their language and the merchant's zone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import assert_never

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.calendar import zone
from purring.domain.clause import Clause
from purring.domain.facts import Facts
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.rulebook.codes import Stop
from purring.domain.rulebook.limit import Note
from purring.domain.rulebook.operator_texts import operator_text
from purring.domain.step import Action, Charge, Close, Notify, Resolve, Schedule, SetStatus
from purring.domain.subscription import SubscriptionStatus
from purring.domain.words import word
from purring.i18n.catalog import mark
from purring.i18n.reader import Reader
from purring.notices.contexts import MethodLabel
from purring.notices.values import method_label
from purring.operations.explain import ExplainedAttempt, Explanation, RuleSeen, method_of
from purring.operations.letters_text import book_lines

_STOPS = {
    Stop.CARD: mark("The network forbids any further charge of this card."),
    Stop.PAYMENT: mark("The network forbids any further charge for this payment."),
}
_WHY = mark("Why: {clause}")
_LIMIT = mark("Limit: {limit}")
_OUTCOME = mark("Outcome: {outcome}.")
_NOT_FOR_CUSTOMERS = mark("It doesn't hold a customer's own payment back.")
_PAID_BY = mark("How the money came in: {cause}.")
_NOTHING_YET = mark("Nothing has been charged yet.")
_NO_CHARGE = mark("No further charge is planned. {clause}")


def explained(explanation: Explanation, locale: str) -> list[str]:
    """The explanation as lines of text; what belongs to an attempt is indented, parts stand apart."""
    facts = explanation.facts
    reader = Reader(locale, zone(facts.merchant.timezone))
    lines = [*_about(facts, reader), *book_lines(explanation.book, reader)]
    if not explanation.attempts:
        lines += ["", reader.say(_NOTHING_YET)]
    for one in explanation.attempts:
        lines += ["", *_attempt_lines(one, reader)]
    lines += ["", reader.say(mark("What comes next, seen on {now}:"), now=reader.instant(explanation.now))]
    lines += [f"  {line}" for line in _coming(facts, explanation.schedule, reader)]
    return [*lines, "", reader.say(mark("Times are those of {zone}."), zone=facts.merchant.timezone)]


def _about(facts: Facts, reader: Reader) -> Iterator[str]:
    """The invoice and its recovery as they stand."""
    own = facts.invoice
    yield reader.say(
        mark("Invoice {number} to {customer}: {amount}, {status}; {owed} is owed."),
        number=own.number,
        customer=facts.customer.name,
        amount=reader.money(own.total),
        status=_word(own.status, reader),
        owed=reader.money(own.owed),
    )
    if facts.recovery is not None:
        yield _about_recovery(facts.recovery, reader)


def _about_recovery(recovery: Recovery, reader: Reader) -> str:
    """How long the recovery goes on, or how it ended."""
    if recovery.closed_at is None:
        return reader.say(
            mark("The recovery began on {opened_at}; its window closes on {ends_at}."),
            opened_at=reader.instant(recovery.opened_at),
            ends_at=reader.instant(recovery.window_ends_at),
        )
    ended = reader.say(
        mark("The recovery began on {opened_at} and ended on {closed_at}: {status}."),
        opened_at=reader.instant(recovery.opened_at),
        closed_at=reader.instant(recovery.closed_at),
        status=_word(recovery.status, reader),
    )
    if not recovery.cause:
        return ended
    return f"{ended} {reader.say(_PAID_BY, cause=_word(recovery.cause, reader))}"


# ---------------------------------------------------------------------------------------------------------------------
# What was done


def _attempt_lines(one: ExplainedAttempt, reader: Reader) -> Iterator[str]:
    own = one.attempt
    text = mark("Attempt {number} on {at}: {amount} from {method}, {initiator}.")
    if own.is_backup:
        text = mark("Attempt {number} on {at}: {amount} from the backup {method}, {initiator}.")
    yield reader.say(
        text,
        number=own.number,
        at=reader.instant(own.started_at),
        amount=reader.money(own.amount),
        method=_label(one.method, reader),
        initiator=_word(own.initiator, reader),
    )
    if one.clause is not None:
        yield f"  {reader.say(_WHY, clause=_clause(one.clause, reader))}"
    for note in own.notes:
        yield f"  {reader.say(_LIMIT, limit=_limit(note, own.initiator, reader))}"
    yield f"  {reader.say(_OUTCOME, outcome=_outcome(own, reader))}"
    yield from (f"    {line}" for line in _reading(one, reader))


def _limit(note: Note, initiator: Initiator, reader: Reader) -> str:
    """What a limit had used; a full one doesn't hold a customer's own attempt back, or there would be none."""
    text = f"{note.said(reader)}. [{note.rule_id} {note.edition}]"
    if not note.is_full or initiator is not Initiator.CUSTOMER:
        return text
    return f"{text} {reader.say(_NOT_FOR_CUSTOMERS)}"


def _outcome(own: Attempt, reader: Reader) -> str:
    """What came of an attempt."""
    said = _word(own.status, reader)
    match own.status:
        case AttemptStatus.DECLINED if own.reason and own.decline_class:
            return f"{said}: {_word(own.reason, reader)} ({_word(own.decline_class, reader)})"
        case AttemptStatus.UNKNOWN | AttemptStatus.FAILED if own.detail:
            return f"{said} ({own.detail})"
        case _:
            return said


def _reading(one: ExplainedAttempt, reader: Reader) -> Iterator[str]:
    """How a decline was read: the codes, the rules that spoke, and what follows from it."""
    own = one.attempt
    if own.reason is not None:
        yield reader.say(operator_text(own.reason).meaning)
    if own.answer is not None:
        codes = {
            mark("network {code}"): own.answer.network,
            mark("code {code}"): own.answer.raw_code,
            mark("advice {code}"): own.answer.advice_code,
            mark("gateway code {code}"): own.answer.gateway_code,
        }
        said = ", ".join(reader.say(text, code=code) for text, code in codes.items() if code)
        yield reader.say(mark("Answer of {gateway}: {codes}."), gateway=own.answer.gateway, codes=said or "–")
    if one.rules:
        yield reader.say(mark("Read by {rules}."), rules=", ".join(_rule(rule, reader) for rule in one.rules))
    if one.stop is not None:
        yield reader.say(_STOPS[one.stop])
    if own.retry_not_before is not None:
        yield reader.say(mark("Not to be tried before {until_at}."), until_at=reader.instant(own.retry_not_before))


def _rule(rule: RuleSeen, reader: Reader) -> str:
    if rule.edition is None:
        return reader.say(mark("{rule} (in no table any more)"), rule=rule.id)
    return reader.say(mark("{rule} (edition {edition})"), rule=rule.id, edition=rule.edition)


# ---------------------------------------------------------------------------------------------------------------------
# What is to come


def _coming(facts: Facts, plan: Schedule, reader: Reader) -> Iterator[str]:
    for step in plan.steps:
        action = _action(step.action, facts, reader)
        yield f"{reader.instant(step.at)}: {action}. {_clause(step.clause, reader)}"
    if plan.barrier is not None:
        yield reader.say(_NO_CHARGE, clause=_clause(plan.barrier, reader))


def _action(action: Action, facts: Facts, reader: Reader) -> str:
    match action:
        case Charge(backup=True):
            return reader.say(mark("charge the backup {method}"), method=_charged(action, facts, reader))
        case Charge():
            return reader.say(mark("charge {method}"), method=_charged(action, facts, reader))
        case Notify(kind):
            return reader.say(mark("notice: {kind}"), kind=_word(kind, reader))
        case SetStatus(SubscriptionStatus() as status):
            return reader.say(mark("the subscription becomes: {status}"), status=_word(status, reader))
        case SetStatus(status):
            return reader.say(mark("the invoice becomes: {status}"), status=_word(status, reader))
        case Resolve(attempt_id):
            return reader.say(mark("ask about attempt {number}"), number=facts.attempt(attempt_id).number)
        case Close(status):
            return reader.say(mark("the recovery ends: {status}"), status=_word(status, reader))
        case _:
            assert_never(action)


def _charged(charge: Charge, facts: Facts, reader: Reader) -> str:
    return _label(method_of(facts, charge.method_id), reader)


# ---------------------------------------------------------------------------------------------------------------------


def _clause(clause: Clause, reader: Reader) -> str:
    return f"{clause.said(reader)} [{clause.id}]"


def _word(member: StrEnum, reader: Reader) -> str:
    return reader.gettext(word(member))


def _label(method: PaymentMethod, reader: Reader) -> str:
    """Brand and last four."""
    return method_label(MethodLabel(kind=method.kind, scheme=method.scheme, last4=method.last4), reader)
