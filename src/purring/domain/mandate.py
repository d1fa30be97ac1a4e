"""What somebody agreed to when they let a bank account be debited: the very words that they were shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from purring.domain.ids import MandateId, MethodId, PersonId
from purring.domain.text import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """One consent. `text` is what was shown: a title and paragraphs, parted by empty lines. `version` is its terms'."""

    id: MandateId
    method_id: MethodId
    person_id: PersonId
    scheme: str
    version: str
    locale: str
    text: str
    agreed_at: datetime

    @property
    def title(self) -> str:
        """What the consent is called."""
        return self.text.split("\n\n")[0]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What follows the title."""
        return tuple(self.text.split("\n\n")[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateTerms:
    """What a scheme's mandate says, with `%(merchant)s` and, where a notice is agreed, `%(notice)s` in `notice`."""

    version: str
    title: str
    paragraphs: tuple[str, ...]
    notice: str = ""
    closing: tuple[str, ...] = ()


_WITHDRAW = mark("You can take this back at any time: remove the account on these pages, or tell your bank.")

# The wording of the scheme where it prescribes one. Sources: EPC016-06, SEPA Direct Debit Core rulebook, annex VII,
# and EPC131-15 (mandate translations); Bacs, The Direct Debit Guarantee (both as known, 2026-11-28); for ACH the rule
# `nacha_reinit` of the rulebook and 12 CFR 1005.10(b)-(c) (as known, 2026-11-28).
_SEPA = MandateTerms(
    version="sepa-2026-11-28",
    title=mark("SEPA Direct Debit mandate"),
    paragraphs=(
        mark(
            "By agreeing you authorize (A) %(merchant)s to send instructions to your bank to debit your account, and "
            "(B) your bank to debit your account in accordance with the instructions from %(merchant)s."
        ),
        mark(
            "As part of your rights, you are entitled to a refund from your bank under the terms and conditions of "
            "your agreement with your bank. A refund must be claimed within 8 weeks starting from the date on which "
            "your account was debited. Your rights are explained in a statement that you can obtain from your bank."
        ),
    ),
    notice=mark("We tell you the amount and the day at least %(notice)s before each debit."),
    closing=(mark("The mandate is for recurring payments."), _WITHDRAW),
)
_BACS = MandateTerms(
    version="bacs-2026-11-28",
    title=mark("Direct Debit Instruction"),
    paragraphs=(
        mark(
            "Please pay %(merchant)s Direct Debits from the account that I have entered, subject to the safeguards "
            "assured by the Direct Debit Guarantee. I understand that this Instruction may remain with %(merchant)s "
            "and that, if so, details will be passed electronically to my bank or building society."
        ),
        mark(
            "The Direct Debit Guarantee is offered by all banks and building societies that accept instructions to "
            "pay Direct Debits."
        ),
    ),
    notice=mark(
        "If there are any changes to the amount, date or frequency of your Direct Debit, %(merchant)s will notify you "
        "%(notice)s in advance of your account being debited or as otherwise agreed. If you request %(merchant)s to "
        "collect a payment, confirmation of the amount and date will be given to you at the time of the request."
    ),
    closing=(
        mark(
            "If an error is made in the payment of your Direct Debit, by %(merchant)s or your bank or building "
            "society, you are entitled to a full and immediate refund of the amount paid from your bank or building "
            "society. If you receive a refund you are not entitled to, you must pay it back when %(merchant)s asks "
            "you to."
        ),
        mark(
            "You can cancel a Direct Debit at any time by simply contacting your bank or building society. Written "
            "confirmation may be required. Please also notify us."
        ),
    ),
)
_ACH = MandateTerms(
    version="ach-2026-11-28",
    title=mark("ACH debit authorization"),
    paragraphs=(
        mark(
            "By agreeing you authorize %(merchant)s to debit the bank account that you have entered electronically "
            "for the amounts of your invoices when they fall due, and to credit it where a debit was made in error."
        ),
        mark(
            "A debit that comes back because there was too little money on the account may be presented again, at "
            "most twice and within 180 days."
        ),
        mark(
            "The authorization holds until you take it back. Remove the account on these pages at least three "
            "business days before a debit that you don't want made."
        ),
    ),
)
_AVTALEGIRO = MandateTerms(
    version="avtalegiro-2026-11-28",
    title=mark("AvtaleGiro agreement"),
    paragraphs=(
        mark(
            "By agreeing you let your bank pay claims from %(merchant)s out of the account that you have entered, on "
            "the day they are due and up to the limit for a month that you set in your bank."
        ),
        mark("A claim that is above that limit isn't paid. You can stop a single payment in your bank."),
    ),
    notice=mark("We tell you the amount and the day at least %(notice)s before each debit."),
    closing=(_WITHDRAW,),
)
_OTHER = MandateTerms(
    version="debit-2026-11-28",
    title=mark("Direct debit authorization"),
    paragraphs=(
        mark(
            "By agreeing you authorize %(merchant)s to debit the bank account that you have entered for the amounts "
            "of your invoices when they fall due."
        ),
    ),
    notice=mark("We tell you the amount and the day at least %(notice)s before each debit."),
    closing=(_WITHDRAW,),
)
TERMS: Mapping[str, MandateTerms] = {"sepa": _SEPA, "bacs": _BACS, "ach": _ACH, "avtalegiro": _AVTALEGIRO}
"""By bank scheme. Whoever changes a word gives its terms another version."""


def mandate_terms(scheme: str) -> MandateTerms:
    """What the mandate of a scheme says."""
    return TERMS.get(scheme, _OTHER)
