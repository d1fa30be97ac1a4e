"""The issuer model: what each card and account will answer, charge by charge, written before anything is charged.

A method is well until a charge opens a failing spell, for one reason. Some reasons pass by themselves, at one of the
next charges; the others stay until the customer does something. The sandbox plays the answers back in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from purring.demo import shares
from purring.demo.dice import Dice
from purring.domain.decline import DeclineReason
from purring.gateways.sandbox.script import BANK_SCHEMES

CHARGES_MAX = 40
"""More charges than any method of the demo can see."""

APPROVE = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The answers to come, in the sandbox's words, and what it says when they are used up ("": the last one again)."""

    answers: tuple[str, ...]
    afterwards: str = ""

    @property
    def is_needed(self) -> bool:
        """Whether the method ever says anything but what the sandbox says without a script."""
        return any(answer != APPROVE and not answer.endswith(f"then {APPROVE}") for answer in self.answers)


def script_for(dice: Dice, scheme: str, trouble: float) -> Script:
    """What a method of this scheme answers; `trouble` is the chance that a charge opens a failing spell."""
    if scheme in BANK_SCHEMES:
        return _of_account(dice, scheme, trouble)
    answers: list[str] = []
    for reason in _spells(dice, trouble, shares.CARD_DECLINES):
        if reason is None and dice.happens(shares.FAULT_SHARE):
            fault = dice.pick(shares.FAULTS)
            answers += fault
        elif reason is None:
            answers.append(APPROVE)
        else:
            answers.append(_declined(dice, scheme, reason))
            if reason not in _PASSES:
                return Script(answers=tuple(answers), afterwards=answers[-1])
    return Script(answers=tuple(answers), afterwards=APPROVE)


_PASSES = frozenset({*shares.RETRY_WORKS, DeclineReason.AUTHENTICATION_REQUIRED})


def _of_account(dice: Dice, scheme: str, trouble: float) -> Script:
    """A bank's answers: always accepted first, settled or returned days later."""
    answers: list[str] = []
    for reason in _spells(dice, trouble, shares.BANK_DECLINES):
        pending = f"pending {dice.between(*shares.BANK_DAYS[scheme])} days"
        answers.append(f"{pending} then {APPROVE if reason is None else f'decline {reason}'}")
        if reason is not None and reason not in _PASSES:
            return Script(answers=tuple(answers), afterwards=f"decline {reason}")
    return Script(answers=tuple(answers))


def _spells(dice: Dice, trouble: float, mix: dict[DeclineReason, float]) -> Iterator[DeclineReason | None]:
    """For each charge to come, the reason why it fails, or None."""
    reason: DeclineReason | None = None
    for _ in range(CHARGES_MAX):
        if reason is None:
            reason = dice.pick(mix) if dice.happens(trouble) else None
        elif dice.happens(shares.RETRY_WORKS.get(reason, 1.0)):
            reason = None
        yield reason


def _declined(dice: Dice, scheme: str, reason: DeclineReason) -> str:
    """A decline in the sandbox's words."""
    if reason is DeclineReason.AUTHENTICATION_REQUIRED:
        return "action required"
    says_when = scheme == "mastercard" and dice.happens(shares.MASTERCARD_ADVICE_SHARE)
    if reason is DeclineReason.INSUFFICIENT_FUNDS and says_when:
        return f"mastercard 51 advice {dice.pick(shares.MASTERCARD_ADVICE)}"
    return f"decline {reason}"
