"""Whether something may be added to an overdue Norwegian invoice on a day: allowed with its amount, or not and why.

Nothing is allowed unless the merchant's terms name it. Letters and lateness lead to a charge; there is none for an
attempt, so a declined charge and its retries cost the customer nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, Final, assert_never

from purring.domain.calendar import require_date
from purring.domain.customer import CustomerKind
from purring.domain.errors import InvalidDate, InvalidMoney
from purring.domain.language import ENGLISH, Language
from purring.domain.money import Money, total
from purring.domain.norway import dunning, texts
from purring.domain.norway.dunning_rows import NORWAY, RULES
from purring.domain.norway.law import Law, LetterKind, Row
from purring.domain.norway.terms import Charge, DunningTerms

KRONER: Final = "NOK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that was sent, the last day to pay that it set, and the fee that it bore, if any.

    Raises InvalidDate, InvalidMoney.
    """

    kind: LetterKind
    sent_on: date
    deadline_on: date | None = None
    fee: Money = field(default_factory=lambda: Money.zero(KRONER))

    def __post_init__(self) -> None:
        """Refuse days that can't be reckoned with, and fees that no letter bears."""
        require_date(self.sent_on, "sent_on")
        require_date(self.deadline_on or self.sent_on, "deadline_on")
        if self.fee.currency != KRONER or self.fee.minor < 0:
            raise InvalidMoney(f"{self.fee} is no letter's fee; send zero or more in {KRONER}.", field="fee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An overdue invoice: what is owed of it, the last day to pay in time, and what was sent and claimed since.

    Kroner only. `letters` stand in the order in which they were sent, all after the due date.
    Raises InvalidMoney, InvalidDate.
    """

    owed: Money
    due_on: date
    debtor: CustomerKind
    letters: tuple[Letter, ...] = ()
    compensated_on: date | None = None
    has_objection: bool = False

    def __post_init__(self) -> None:
        """Refuse what the law's arithmetic can't be applied to."""
        if self.owed.currency != KRONER or self.owed.minor <= 0:
            raise InvalidMoney(f"{self.owed} is no claim; send an amount above zero in {KRONER}.", field="owed")
        days = [require_date(self.due_on, "due_on"), *(letter.sent_on for letter in self.letters)]
        if days != sorted(days) or self.due_on in days[1:]:
            raise InvalidDate("Letters come after the due date, oldest first; put them in order.", field="letters")

    @property
    def fees(self) -> Money:
        """What the letters so far bore in fees."""
        return total((letter.fee for letter in self.letters), KRONER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A rule or row that a decision rests on; one that isn't `verified` rests on a single source."""

    rule_id: str
    edition: str
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The charge may be claimed, up to this amount; late interest, all of it since the due date."""

    amount: Money
    grounds: tuple[Ground, ...]

    message_id: ClassVar[str] = "norway.allowed"

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.said(ENGLISH)

    def said(self, language: Language) -> str:
        """The sentence that an operator reads."""
        return texts.said(self.message_id, (self.amount,), language)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """It may not, by the named rule; `earliest_on` is the first day on which it may if nothing else happens, or none.

    That day is reckoned from the rules; whether a rate is known for it shows when it is asked for.
    """

    message_id: str
    figures: tuple[object, ...] = ()
    ground: Ground
    earliest_on: date | None

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.said(ENGLISH)

    def said(self, language: Language) -> str:
        """The sentence that an operator reads."""
        return texts.said(self.message_id, self.figures, language)


Decision = Allowed | NotAllowed

_LETTERS: dict[Charge, LetterKind] = {
    Charge.REMINDER_FEE: LetterKind.REMINDER,
    Charge.COLLECTION_NOTICE_FEE: LetterKind.COLLECTION_NOTICE,
    Charge.PAYMENT_DEMAND_FEE: LetterKind.PAYMENT_DEMAND,
}
_RULES: dict[Charge, tuple[str, ...]] = {
    Charge.REMINDER_FEE: ("N1", "N2", "N3"),
    Charge.COLLECTION_NOTICE_FEE: ("N1", "N2", "N3"),
    Charge.PAYMENT_DEMAND_FEE: ("N11", "N3"),
    Charge.LATE_INTEREST: ("N9",),
    Charge.B2B_COMPENSATION: ("N8",),
}
_DAY = timedelta(days=1)


def charges_allowed(charge: Charge, claim: Claim, terms: DunningTerms, on: date, *, law: Law = NORWAY) -> Decision:
    """Decide whether a charge may be added on a day, and how much; of several obstacles, the lasting one is told.

    Raises InvalidDate for a day before a letter that was already sent.
    """
    _require_now(claim, on)
    if charge not in terms.charges:
        return NotAllowed(
            message_id="norway.off", ground=Ground(rule_id="dunning-terms", edition="policy"), earliest_on=None
        )
    obstacle = _worst(_obstacles(charge, claim, on), on)
    return obstacle or _priced(charge, claim, on, law)


def letter_obstacle(letter: LetterKind, claim: Claim, on: date, *, law: Law = NORWAY) -> NotAllowed | None:
    """Why a letter, with or without a fee, may not be sent on a day; or nothing, if it may.

    Raises InvalidDate for a day before a letter that was already sent.
    """
    _require_now(claim, on)
    if obstacle := _worst(_objection(claim, "N4"), on):
        return obstacle
    if letter is LetterKind.REMINDER:
        return None
    try:
        regime = dunning.regime_on(on, law)
    except InvalidDate as error:
        return _no_row(error)
    if regime.own_collection:
        return None
    return NotAllowed(
        message_id="norway.not_own_letter", figures=(regime.edition,), ground=_of_row(regime), earliest_on=None
    )


def missing_row(charge: Charge, on: date, *, law: Law = NORWAY) -> NotAllowed | None:
    """What isn't known for a day, so that the charge can't be claimed of anybody then; or nothing.

    Raises InvalidDate.
    """
    require_date(on, "on")
    try:
        _rows(charge, on, law)
    except InvalidDate as error:
        return _no_row(error)
    return None


def deadline_obstacle(letter: LetterKind, sent_on: date, deadline_on: date | None) -> NotAllowed | None:
    """Why a letter of a day may not set that deadline, or none at all; or nothing, if it may.

    Raises InvalidDate.
    """
    if letter is not LetterKind.COLLECTION_NOTICE or dunning.is_long_enough(sent_on, deadline_on):
        return None
    return _bar("N4", "short_notice", sent_on, dunning.earliest_deadline(sent_on))


def _require_now(claim: Claim, on: date) -> None:
    """History can't be decided anew: later letters would count against earlier ones."""
    require_date(on, "on")
    if claim.letters and on < claim.letters[-1].sent_on:
        raise InvalidDate(f"{on} lies before the last letter; ask about a day from then on.", field="on")


# ---------------------------------------------------------------------------------------------------------------------
# Obstacles


def _worst(obstacles: Iterator[NotAllowed], on: date) -> NotAllowed | None:
    """Of the obstacles that still stand on a day, the first that lasts for ever, or else the one that lasts longest."""
    standing = [obstacle for obstacle in obstacles if obstacle.earliest_on is None or on < obstacle.earliest_on]
    return max(standing, key=lambda obstacle: obstacle.earliest_on or date.max, default=None)


def _bar(rule_id: str, message: str, *figures: object, until: date | None = None) -> NotAllowed:
    """An obstacle by one of the statutes' rules."""
    ground = Ground(rule_id=rule_id, edition=RULES[rule_id].edition)
    return NotAllowed(message_id=f"norway.{message}", figures=figures, ground=ground, earliest_on=until)


def _obstacles(charge: Charge, claim: Claim, on: date) -> Iterator[NotAllowed]:
    match charge:
        case Charge.REMINDER_FEE | Charge.COLLECTION_NOTICE_FEE:
            yield from _objection(claim, "N1")
            yield _bar("N1", "too_early", claim.due_on, until=dunning.earliest_fee_day(claim.due_on))
            yield from _compensated(claim)
            yield from _used(claim, on)
        case Charge.PAYMENT_DEMAND_FEE:
            yield from _objection(claim, "N11")
            yield from _compensated(claim)
            yield from _demand(claim, on)
        case Charge.LATE_INTEREST:
            yield from _objection(claim, "N9")
        case Charge.B2B_COMPENSATION:
            yield from _objection(claim, "N8")
            if claim.debtor is CustomerKind.CONSUMER:
                yield _bar("N7", "consumer")
            yield from _compensated(claim)
        case _:
            assert_never(charge)


def _objection(claim: Claim, lateness_rule_id: str) -> Iterator[NotAllowed]:
    """What holds for everything: no objection, and the invoice is late."""
    if claim.has_objection:
        yield _bar("N6", "objection")
    yield _bar(lateness_rule_id, "not_due", claim.due_on, until=claim.due_on + _DAY)


def _compensated(claim: Claim) -> Iterator[NotAllowed]:
    if claim.compensated_on is not None:
        yield _bar("N8", "compensated", claim.compensated_on)


def _used(claim: Claim, on: date) -> Iterator[NotAllowed]:
    """The letters with a fee of the present count: a second needs a missed deadline, a third has to wait for N3."""
    counted = _count(claim, on)
    if not counted:
        return
    first, last = counted[0], counted[-1]
    resets_on = dunning.count_resets_on(last.sent_on)
    if last.kind is not LetterKind.REMINDER:
        yield _bar("N2", "last_used", last.sent_on, until=resets_on)
    elif len(counted) >= dunning.FEE_LETTERS_MAX:
        yield _bar("N2", "two_used", last.sent_on, until=resets_on)
    elif (missed_on := _missed_on(first)) is None:
        yield _bar("N2", "short_deadline", first.sent_on, until=resets_on)
    else:
        yield _bar("N2", "deadline_runs", first.deadline_on, until=min(missed_on, resets_on))


def _demand(claim: Claim, on: date) -> Iterator[NotAllowed]:
    """One payment demand with a fee in a count, after a missed deadline of any earlier letter."""
    counted = _count(claim, on)
    demands = [letter for letter in counted if letter.kind is LetterKind.PAYMENT_DEMAND]
    if demands:
        yield _bar("N11", "demand_used", demands[-1].sent_on, until=dunning.count_resets_on(counted[-1].sent_on))
    warnings = (letter for letter in claim.letters if letter.kind is not LetterKind.PAYMENT_DEMAND)
    missed_on = min((day for letter in warnings if (day := _missed_on(letter))), default=None)
    if missed_on is None:
        yield _bar("N11", "no_deadline")
    else:
        yield _bar("N11", "deadline_runs", missed_on - _DAY, until=missed_on)


def _missed_on(letter: Letter) -> date | None:
    """The first day on which a letter's deadline counts as missed; none, if it was shorter than 14 days."""
    if letter.deadline_on is None or not dunning.is_long_enough(letter.sent_on, letter.deadline_on):
        return None
    return letter.deadline_on + _DAY


def _count(claim: Claim, on: date) -> list[Letter]:
    """The letters with a fee since the count last started anew (N3)."""
    counted: list[Letter] = []
    for letter in claim.letters:
        if not letter.fee:
            continue
        if counted and letter.sent_on >= dunning.count_resets_on(counted[-1].sent_on):
            counted = []
        counted.append(letter)
    if counted and on >= dunning.count_resets_on(counted[-1].sent_on):
        return []
    return counted


# ---------------------------------------------------------------------------------------------------------------------
# Amounts


def _priced(charge: Charge, claim: Claim, on: date, law: Law) -> Decision:
    """What nothing stands against, at the rate of the day; nothing where no rate is known."""
    try:
        amount, rows = _amount(charge, claim, on, law)
    except InvalidDate as error:
        return _no_row(error)
    if amount.minor <= 0 and charge is Charge.B2B_COMPENSATION:
        return _bar("N8", "fees_cover", claim.fees)
    by_rule = (Ground(rule_id=rule_id, edition=RULES[rule_id].edition) for rule_id in _RULES[charge])
    return Allowed(amount=amount, grounds=(*by_rule, *map(_of_row, rows)))


def _amount(charge: Charge, claim: Claim, on: date, law: Law) -> tuple[Money, tuple[Row, ...]]:
    match charge:
        case Charge.REMINDER_FEE | Charge.COLLECTION_NOTICE_FEE | Charge.PAYMENT_DEMAND_FEE:
            letter = _LETTERS[charge]
            return dunning.letter_fee(letter, on, law=law), dunning.fee_rows(letter, on, law)
        case Charge.LATE_INTEREST:
            parts = dunning.interest_parts(claim.due_on, on, law=law)
            return dunning.late_interest(claim.owed, claim.due_on, on, law=law), tuple(part.row for part in parts)
        case Charge.B2B_COMPENSATION:
            # Nobody told us whether the rate of the first late day or that of the claim counts: the lower one does.
            rows = (dunning.half_year_on(claim.due_on + _DAY, law), dunning.half_year_on(on, law))
            lower = min(rows, key=lambda row: row.compensation)
            return lower.compensation - claim.fees, (lower,)
        case _:
            assert_never(charge)


def _rows(charge: Charge, on: date, law: Law) -> None:
    """Raises InvalidDate where the rows of a charge end before a day."""
    if charge in _LETTERS:
        dunning.fee_rows(_LETTERS[charge], on, law)
    else:
        dunning.half_year_on(on, law)


def _of_row(row: Row) -> Ground:
    return Ground(rule_id=row.id, edition=row.edition, verified=row.verified)


def _no_row(error: InvalidDate) -> NotAllowed:
    what, on = error.details
    ground = Ground(rule_id="no-row", edition=on)
    figures = (what, date.fromisoformat(on))
    return NotAllowed(message_id="norway.no_row", figures=figures, ground=ground, earliest_on=None)
