"""An explanation as plain values, as JSON has them: figures by name, instants in UTC, each sentence in one language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import assert_never

from purring.domain.attempt import Attempt
from purring.domain.calendar import zone
from purring.domain.clause import Clause
from purring.domain.facts import Facts
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.step import Charge, Close, Notify, Resolve, SetStatus, Step
from purring.domain.subscription import SubscriptionStatus
from purring.i18n.reader import Reader
from purring.operations.explain import ExplainedAttempt, Explanation, method_of
from purring.operations.letters_text import book_objects

Object = Mapping[str, object]


def explained_object(explanation: Explanation, locale: str) -> Object:
    """The explanation as an object for JSON; `text` is in the language asked for, everything else is for programs."""
    facts = explanation.facts
    reader = Reader(locale, zone(facts.merchant.timezone))
    plan = explanation.schedule
    return {
        "locale": locale,
        "timezone": facts.merchant.timezone,
        "now": _at(explanation.now),
        "invoice": {
            "id": facts.invoice.id,
            "number": facts.invoice.number,
            "status": facts.invoice.status.value,
            "total": str(facts.invoice.total),
            "owed": str(facts.invoice.owed),
        },
        "recovery": _recovery(facts.recovery),
        "attempts": [_attempt(one, reader) for one in explanation.attempts],
        "steps": [_step(step, facts, reader) for step in plan.steps],
        "barrier": _clause(plan.barrier, reader),
        "letters": book_objects(explanation.book, reader),
        "claimed": str(explanation.book.claimed),
    }


def _recovery(recovery: Recovery | None) -> Object | None:
    if recovery is None:
        return None
    return {
        "id": recovery.id,
        "status": recovery.status.value,
        "cause": recovery.cause.value or None,
        "policy": recovery.policy.retry,
        "policy_version": recovery.policy.version,
        "opened_at": _at(recovery.opened_at),
        "window_ends_at": _at(recovery.window_ends_at),
        "closed_at": _at(recovery.closed_at),
    }


def _attempt(one: ExplainedAttempt, reader: Reader) -> Object:
    own = one.attempt
    return {
        "id": own.id,
        "number": own.number,
        "at": _at(own.started_at),
        "amount": str(own.amount),
        "method": _method(one.method),
        "is_backup": own.is_backup,
        "initiator": own.initiator.value,
        "clause": _clause(one.clause, reader),
        "limits": [{**note.plain(), "text": f"{note.said(reader)}."} for note in own.notes],
        "outcome": _outcome(one),
    }


def _outcome(one: ExplainedAttempt) -> Object:
    own = one.attempt
    return {
        "status": own.status.value,
        "at": _at(own.ended_at),
        "reason": own.reason.value if own.reason else None,
        "decline_class": own.decline_class.value if own.decline_class else None,
        "rules": [{"id": rule.id, "edition": rule.edition} for rule in one.rules],
        "stop": one.stop.value if one.stop else None,
        "retry_not_before": _at(own.retry_not_before),
        "answer": _answer(own),
        "detail": own.detail or None,
    }


def _answer(own: Attempt) -> Object | None:
    """The codes as they came; never the gateway's message, which may name people."""
    answer = own.answer
    if answer is None:
        return None
    return {
        "gateway": answer.gateway,
        "network": answer.network or None,
        "raw_code": answer.raw_code,
        "advice_code": answer.advice_code,
        "gateway_code": answer.gateway_code,
    }


def _step(step: Step, facts: Facts, reader: Reader) -> Object:
    return {"at": _at(step.at), **_action(step, facts), "clause": _clause(step.clause, reader)}


def _action(step: Step, facts: Facts) -> Object:
    match step.action:
        case Charge(method_id, backup):
            return {"action": "charge", "method": _method(method_of(facts, method_id)), "is_backup": backup}
        case Notify(kind):
            return {"action": "notify", "notice": kind.value}
        case SetStatus(status):
            noun = "subscription" if isinstance(status, SubscriptionStatus) else "invoice"
            return {"action": "set_status", "of": noun, "status": status.value}
        case Resolve(attempt_id):
            return {"action": "resolve", "attempt_id": attempt_id}
        case Close(status):
            return {"action": "close", "status": status.value}
        case _:
            assert_never(step.action)


def _clause(clause: Clause | None, reader: Reader) -> Object | None:
    return {"id": clause.id, "figures": clause.plain(), "text": clause.said(reader)} if clause else None


def _method(method: PaymentMethod) -> Object:
    return {"id": method.id, "scheme": method.scheme, "last4": method.last4}


def _at(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
