"""Nouns and events in the words that an operator reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.clause import kept_clause, named_clause
from purring.domain.facts import Facts
from purring.domain.payment_method import PaymentMethod
from purring.domain.step import Action, Charge, Close, Notify, Resolve, SetStatus
from purring.domain.subscription import Subscription


def moment(at: datetime, tz: ZoneInfo) -> str:
    """An instant as the clocks of a zone show it."""
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M}"


def words(name: str) -> str:
    """A name from the code as words."""
    return name.replace("_", " ")


def method_label(method: PaymentMethod | None) -> str:
    """What may be shown of a method."""
    if method is None:
        return "no method"
    gone = "" if method.is_active else " (removed)"
    return f"{method.scheme} {method.last4}{gone}"


def attempt_text(attempt: Attempt, facts: Facts) -> str:
    """What was tried, on what, by whom, and what came of it."""
    backup = "backup " if attempt.is_backup else ""
    what = f"attempt {attempt.number} of {attempt.amount} on {backup}{method_label(facts.method(attempt.method_id))}"
    return f"{what}, {attempt.initiator}: {words(attempt.status)}{_came_of_it(attempt)}"


def _came_of_it(attempt: Attempt) -> str:
    match attempt.status:
        case AttemptStatus.DECLINED if attempt.reason and attempt.decline_class:
            return f", {words(attempt.reason)} ({words(attempt.decline_class)})"
        case AttemptStatus.UNKNOWN | AttemptStatus.FAILED if attempt.detail:
            return f", {attempt.detail}"
        case _:
            return ""


def attempt_reasons(attempt: Attempt) -> list[str]:
    """Why it was made, what the gateway said in its own codes, and by which rules that was read."""
    why = kept_clause(attempt.why)
    reasons = [f"why: {why.text} [{why.id}]"] if why else []
    reasons += [f"limit: {note.describe()} [{note.rule_id}]" for note in attempt.notes if note.is_full]
    answer = attempt.answer
    if answer is not None:
        codes = {
            "network": answer.network,
            "code": answer.raw_code,
            "advice": answer.advice_code,
            "gateway code": answer.gateway_code,
        }
        said = ", ".join(f"{name} {code}" for name, code in codes.items() if code)
        reasons.append(f"answer: {answer.gateway}{f', {said}' if said else ''}")
    if attempt.rules:
        reasons.append(f"rules: {', '.join(attempt.rules)}")
    return reasons


def action_text(action: Action, facts: Facts) -> str:
    """What a step does."""
    match action:
        case Charge():
            return f"charge {'backup ' if action.backup else ''}{method_label(facts.method(action.method_id))}"
        case Notify():
            return f"notify: {words(action.kind)}"
        case SetStatus():
            return f"set status: {words(action.status)}"
        case Resolve():
            return f"ask the gateway about attempt {facts.attempt(action.attempt_id).number}"
        case Close():
            return f"close the recovery: {words(action.status)}"
        case _:
            assert_never(action)


def event_text(kind: str, data: Mapping[str, Any], tz: ZoneInfo) -> str:
    """What happened, with its figures."""
    noun, _, what = kind.partition(".")
    data = _with_sentence(data) if "clause" in data else data
    figures = ", ".join(f"{words(name)} {_figure(value, tz)}" for name, value in data.items() if value not in _NOTHING)
    return f"{words(noun)} {words(what)}{f': {figures}' if figures else ''}"


def _with_sentence(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts of an attempt's start, with its reason as a sentence in place of clause and numbers."""
    rest = {name: value for name, value in data.items() if name not in {"clause", "figures", "limits"}}
    return {**rest, "why": named_clause(data["clause"], data["figures"]).text}


_NOTHING: tuple[object, ...] = (None, "", [])
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def _figure(value: object, tz: ZoneInfo) -> str:
    """A value of an event; instants are stored in UTC and shown as all others."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return moment(datetime.fromisoformat(value), tz)
    return str(value)


def subscription_text(subscription: Subscription) -> str:
    """What is sold, how often, in which state and why."""
    reason = f" ({words(subscription.reason)})" if subscription.reason else ""
    return f"{words(subscription.status)}{reason}, {subscription.amount} every {subscription.price.interval}"
