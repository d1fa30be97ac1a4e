"""How a bank scheme wants a debit to be presented, the first time and again: its wording, codes and notice, by date.

How often and how long a debit may be presented again stands in `limit_rows`; here stands in what form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from purring.domain.rulebook.codes import Grade, Source
from purring.domain.rulebook.limit_rows import ALWAYS

_READ_ON = date(2026, 11, 23)
_NACHA = Source(
    "https://www.epcor.org/nycu-stories/january-april2021/the-rules-behind-reinitiated-entries.html (2021 ACH Rules, "
    "OR 37); first day: https://www.nacha.org/news/"
    "nachas-rule-to-address-excessive-transaction-return-levels-goes-into-effect; over any other description: "
    "https://www.nacha.org/rules/minor-rules-topics",
    Grade.CITES_PRIMARY,
    _READ_ON,
)
_BACS_CODES = Source(
    "https://www.unifiedsoftware.co.uk/bacs-transaction-codes/; https://help.pt-x.com/hc/en-us/articles/115000776572",
    Grade.SECONDARY,
    _READ_ON,
)
_BACS_NOTICE = Source(
    f"{_BACS_CODES.text}; https://cleardebit.com/what-is-a-direct-debit-advance-notice", Grade.SECONDARY, _READ_ON
)
_BACS_AGAIN = Source(f"{_BACS_CODES.text}; https://movimo.co.uk/?p=2688", Grade.SECONDARY, _READ_ON)
_SEPA = Source(
    "sequence type: SDD Core Rulebook 9.0, as quoted by http://www.sepa.nl/forum/5-incasso/"
    "1091-wat-gaat-er-veranderen-mbt-controle-frst-en-rcur; notice: "
    "https://www.cleardebit.com/sepa-introduction/pre-notification/",
    Grade.SECONDARY,
    _READ_ON,
)
_OWN = Source("no scheme rule on the form of a charge", Grade.OWN, _READ_ON)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentmentTerms:
    """What a scheme demands of the form of one debit; what is none or false, it doesn't demand.

    `entry_description` is ACH's Company Entry Description, in these very letters; `transaction_code` is Bacs's;
    `sequence_type` SEPA's. `prenotification_days` are days of notice before the debit, unless the payer agreed to
    another number, counted in working days if `in_working_days`. `same_amount` and `same_originator` compare with the
    first presentation. Valid from the start of `valid_from` until the day before `valid_to`.
    """

    id: str
    scheme: str
    again: bool
    entry_description: str | None = None
    transaction_code: str | None = None
    sequence_type: str | None = None
    prenotification_days: int | None = None
    in_working_days: bool = False
    same_amount: bool = False
    same_originator: bool = False
    valid_from: date = ALWAYS
    valid_to: date | None = None
    source: Source
    note: str = ""

    @property
    def edition(self) -> str:
        """The row's first day, or the day its source was read."""
        return str(self.source.read_on if self.valid_from == ALWAYS else self.valid_from)

    def is_valid_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentment:
    """The form of one debit: `number` counts how often the debt is presented to the account, from 1 on.

    `rule_id` names the terms. `prenotification_days` is the notice that the payer must have had, as agreed or else as
    demanded; none: no new notice is needed.
    """

    rule_id: str
    number: int
    entry_description: str | None = None
    transaction_code: str | None = None
    sequence_type: str | None = None
    prenotification_days: int | None = None
    in_working_days: bool = False


TERMS: tuple[PresentmentTerms, ...] = (
    PresentmentTerms(
        id="ach-again",
        scheme="ach",
        again=True,
        entry_description="RETRY PYMT",
        same_amount=True,
        same_originator=True,
        valid_from=date(2015, 9, 18),
        source=_NACHA,
        note="In a batch of its own; replaces any other description of the first entry, prescribed ones too",
    ),
    PresentmentTerms(
        id="bacs-first",
        scheme="bacs",
        again=False,
        prenotification_days=10,
        in_working_days=True,
        source=_BACS_NOTICE,
        note="Notice before the first debit and before any change of amount, day or frequency; transaction code 01 for "
        "the first debit of an instruction, then 17, which the gateway knows",
    ),
    PresentmentTerms(
        id="bacs-again",
        scheme="bacs",
        again=True,
        transaction_code="18",
        same_amount=True,
        source=_BACS_AGAIN,
        note="No new notice is demanded; one bureau recommends 5 working days",
    ),
    PresentmentTerms(
        id="sepa-first",
        scheme="sepa",
        again=False,
        sequence_type="RCUR",
        prenotification_days=14,
        valid_from=date(2016, 11, 20),
        source=_SEPA,
        note="FRST for the first debit of a mandate has been optional since this day",
    ),
    PresentmentTerms(
        id="sepa-again",
        scheme="sepa",
        again=True,
        sequence_type="RCUR",
        prenotification_days=14,
        valid_from=date(2016, 11, 20),
        source=_SEPA,
        note="A debit presented again is a new collection with its own notice, unless the mandate agrees on less",
    ),
)


def presentment_terms(scheme: str, attempt_number_of_debt: int, on: date) -> PresentmentTerms:
    """What a scheme demands of the form of the n-th presentation of a debt to one account, from 1 on.

    A debt that moves to another account starts at 1 again. Cards, and days before a scheme's first row, demand nothing.
    """
    assert attempt_number_of_debt >= 1, f"there is no presentation number {attempt_number_of_debt}"
    again = attempt_number_of_debt > 1
    for terms in TERMS:
        if terms.scheme == scheme and terms.again == again and terms.is_valid_on(on):
            return terms
    return PresentmentTerms(id="none", scheme=scheme, again=again, source=_OWN)
