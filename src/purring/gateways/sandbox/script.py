"""What a sandbox method will answer, in words: `visa 51`, `pending 3 days then sepa AM04`, `timeout after`.

Scenarios, the control endpoint and the ledger all use the same words. `parse_answer` reads them, `answer_text` writes
them back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import assert_never

from purring.domain.decline import Answer, DeclineReason
from purring.domain.errors import InvalidInput
from purring.domain.money import Money, parse_money

SANDBOX = "sandbox"
CARD_NETWORKS = ("visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "maestro")
BANK_SCHEMES = ("ach", "sepa", "bacs")
PROFILES = ("stripe", "adyen", "braintree")
TIMES_MAX = 1_000
DAYS_MAX = 366

WORDS = (
    "approve",
    "approve 10.00 USD",
    "decline REASON",
    f"NETWORK CODE [advice CODE], NETWORK being one of {', '.join(CARD_NETWORKS)}",
    f"SCHEME CODE, SCHEME being one of {', '.join(BANK_SCHEMES)}",
    f"PROFILE CODE, PROFILE being one of {', '.join(PROFILES)}",
    "pending 3 days [then ANSWER]",
    "action required [then ANSWER]",
    "timeout before",
    "timeout after",
    "timeout then ANSWER",
    "unavailable [2 hours | 3 times]",
    "rate limited [30 seconds]",
    "find unknown 3 times",
)
"""The whole language, for messages and the reference page. ANSWER is an approval or a decline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """The money moves; only `captured` of it if that is less than what was asked for."""

    captured: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """The issuer, the bank or the provider says no, with these codes."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineFor:
    """A decline that means `reason`; the method's own network chooses the code."""

    reason: DeclineReason


Final = Approve | Decline | DeclineFor
"""An answer that ends a charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut:
    """No answer comes back. `then` is what happened nevertheless; None: the charge never arrived."""

    then: Final | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleLater:
    """A debit that is accepted now and ends as `then` after `days`."""

    days: int
    then: Final = Approve()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCustomer:
    """The bank wants the customer to confirm; a confirmed charge ends as `then`."""

    then: Final = Approve()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseWork:
    """503, not processed: so many times or, when `lasting` is set, for so long since it was first met."""

    times: int = 1
    lasting: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """429 with `Retry-After`."""

    retry_after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindUnknown:
    """Not an answer to a charge: `find` doesn't know the charge before it so many times, then tells the truth."""

    times: int


ScriptedAnswer = Final | TimeOut | SettleLater | AskCustomer | RefuseWork | Throttle | FindUnknown

FAULTS = (TimeOut, RefuseWork, Throttle, FindUnknown)
"""What passes: an exhausted script repeats its last answer that isn't one of these."""


@lru_cache(maxsize=4096)
def parse_answer(text: str) -> ScriptedAnswer:
    """Read one scripted answer.

    Raises:
        InvalidInput: the words aren't among `WORDS`.
    """
    words = " ".join(text.split())
    for pattern, read in _FORMS:
        match = pattern.fullmatch(words)
        if match is not None:
            return read(match)
    raise _not_understood(text)


def parse_final(text: str) -> Final:
    """Read an answer that ends a charge.

    Raises:
        InvalidInput: it doesn't end one, or isn't understood.
    """
    answer = parse_answer(text)
    if isinstance(answer, Final):
        return answer
    raise _not_understood(text)


def answer_text(answer: ScriptedAnswer) -> str:
    """The words for an answer; `parse_answer` reads them back."""
    match answer:
        case Approve() | Decline() | DeclineFor():
            return _final_text(answer)
        case TimeOut():
            return "timeout before" if answer.then is None else f"timeout then {_final_text(answer.then)}"
        case SettleLater(days=days, then=then):
            return f"pending {days} days then {_final_text(then)}"
        case AskCustomer(then=then):
            return f"action required then {_final_text(then)}"
        case RefuseWork():
            lasting = answer.lasting
            return f"unavailable {f'{answer.times} times' if lasting is None else f'{_seconds(lasting)} seconds'}"
        case Throttle(retry_after=retry_after):
            return f"rate limited {_seconds(retry_after)} seconds"
        case FindUnknown(times=times):
            return f"find unknown {times} times"
        case _:
            assert_never(answer)


def _final_text(answer: Final) -> str:
    match answer:
        case Approve(captured=None):
            return "approve"
        case Approve(captured=captured):
            return f"approve {captured}"
        case DeclineFor(reason=reason):
            return f"decline {reason}"
        case Decline(answer=codes) if codes.raw_code is not None:
            advice = "" if codes.advice_code is None else f" advice {codes.advice_code}"
            return f"{codes.network} {codes.raw_code}{advice}"
        case Decline(answer=codes):
            return f"{codes.gateway} {codes.gateway_code}"
        case _:
            assert_never(answer)


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


def _not_understood(text: str) -> InvalidInput:
    allowed = "; ".join(WORDS)
    return InvalidInput(f"{text[:80]!r} is not a sandbox answer; write one of: {allowed}.", field="answers")


def _approve(match: re.Match[str]) -> Approve:
    if not match["money"]:
        return Approve()
    captured = parse_money(match["money"])
    if captured.minor > 0:
        return Approve(captured=captured)
    raise InvalidInput(f"{captured} can't be approved; write a positive amount.", field="answers")


def _decline(match: re.Match[str]) -> DeclineFor:
    try:
        return DeclineFor(reason=DeclineReason(match["reason"]))
    except ValueError:
        allowed = ", ".join(DeclineReason)
        raise InvalidInput(
            f"{match['reason']!r} is not a decline reason; use one of: {allowed}.", field="answers"
        ) from None


def _network_code(match: re.Match[str]) -> Decline:
    code = match["code"].upper()
    return Decline(answer=Answer(gateway=SANDBOX, network=match["name"], raw_code=code, advice_code=match["advice"]))


def _scheme_code(match: re.Match[str]) -> Decline:
    return Decline(answer=Answer(gateway=SANDBOX, network=match["name"], raw_code=match["code"].upper()))


def _profile_code(match: re.Match[str]) -> Decline:
    return Decline(answer=Answer(gateway=match["name"], network="", gateway_code=match["code"]))


def _pending(match: re.Match[str]) -> SettleLater:
    days = _count(match["count"], DAYS_MAX, "days")
    return SettleLater(days=days, then=_then(match))


def _ask_customer(match: re.Match[str]) -> AskCustomer:
    return AskCustomer(then=_then(match))


def _time_out(match: re.Match[str]) -> TimeOut:
    if match["when"] == "before":
        return TimeOut()
    return TimeOut(then=Approve() if match["when"] == "after" else parse_final(match["then"]))


def _unavailable(match: re.Match[str]) -> RefuseWork:
    if match["unit"]:
        return RefuseWork(lasting=_duration(match))
    return RefuseWork(times=_count(match["times"] or "1", TIMES_MAX, "times"))


def _rate_limited(match: re.Match[str]) -> Throttle:
    return Throttle(retry_after=_duration(match)) if match["unit"] else Throttle()


def _find_unknown(match: re.Match[str]) -> FindUnknown:
    return FindUnknown(times=_count(match["times"] or "1", TIMES_MAX, "times"))


def _then(match: re.Match[str]) -> Final:
    return parse_final(match["then"]) if match["then"] else Approve()


def _duration(match: re.Match[str]) -> timedelta:
    unit = match["unit"]
    whole = timedelta(**{f"{unit}s": _count(match["count"], 100_000, f"{unit}s")})
    if whole <= timedelta(days=DAYS_MAX):
        return whole
    raise InvalidInput(f"{match['count']} {unit}s is too long; the longest is {DAYS_MAX} days.", field="answers")


def _count(digits: str, most: int, what: str) -> int:
    number = int(digits)
    if 1 <= number <= most:
        return number
    raise InvalidInput(f"{number} {what} is out of range; write 1 to {most}.", field="answers")


def _one_of(names: tuple[str, ...]) -> str:
    return f"(?P<name>{'|'.join(names)})"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_LENGTH = r"(?P<count>\d{1,6}) (?P<unit>second|minute|hour|day)s?"
_TIMES = r"(?P<times>\d{1,6}) times?"
_OR_THEN = r"(?: then (?P<then>.+))?"

_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], ScriptedAnswer]], ...] = (
    (_form(r"approve(?: (?P<money>\S+ [A-Z]{3}))?"), _approve),
    (_form(r"decline (?P<reason>\w+)"), _decline),
    (_form(rf"{_one_of(CARD_NETWORKS)} (?P<code>\w{{1,3}})(?: advice (?P<advice>\w{{1,3}}))?"), _network_code),
    (_form(rf"{_one_of(BANK_SCHEMES)} (?P<code>\w{{1,4}})"), _scheme_code),
    (_form(rf"{_one_of(PROFILES)} (?P<code>\w{{1,64}})"), _profile_code),
    (_form(rf"pending (?P<count>\d{{1,6}}) days?{_OR_THEN}"), _pending),
    (_form(rf"action required{_OR_THEN}"), _ask_customer),
    (_form(r"timeout (?:(?P<when>before|after)|then (?P<then>.+))"), _time_out),
    (_form(rf"unavailable(?: (?:{_TIMES}|{_LENGTH}))?"), _unavailable),
    (_form(rf"rate limited(?: {_LENGTH})?"), _rate_limited),
    (_form(rf"find unknown(?: {_TIMES})?"), _find_unknown),
)
