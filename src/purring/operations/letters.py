"""Letters about overdue Norwegian invoices: what the law allows on a day, and a book of what was sent and answered.

Purring sends none of them and charges no card for what they claim: the claims stand beside the invoice (decision 0011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from purring.domain.calendar import add_business_days, holidays, local_date, zone
from purring.domain.errors import InvalidDate, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.facts import Facts
from purring.domain.ids import LetterId, MerchantId
from purring.domain.invoice import DisputeStatus
from purring.domain.money import Money
from purring.domain.norway.charges import (
    KRONER,
    Allowed,
    Claim,
    Decision,
    NotAllowed,
    charges_allowed,
    deadline_obstacle,
    letter_obstacle,
)
from purring.domain.norway.law import LetterKind
from purring.domain.norway.letters import Entry, EntryKind, LetterBook
from purring.domain.norway.terms import Charge
from purring.operations import lookup
from purring.operations.services import Services
from purring.operations.test_clocks import now_for
from purring.operations.view import facts_in
from purring.store import Connection, events, letters

NORWAY_ONLY = frozenset({"", "NO"})
"""The countries of customers about whom the law decides; one who has none is taken for a Norwegian."""

_FEES: dict[LetterKind, Charge] = {
    LetterKind.REMINDER: Charge.REMINDER_FEE,
    LetterKind.COLLECTION_NOTICE: Charge.COLLECTION_NOTICE_FEE,
    LetterKind.PAYMENT_DEMAND: Charge.PAYMENT_DEMAND_FEE,
}
_TOLD: dict[EntryKind, EventKind] = {
    **dict.fromkeys((EntryKind(kind.value) for kind in LetterKind), EventKind.INVOICE_LETTER_RECORDED),
    EntryKind.COMPENSATION: EventKind.INVOICE_COMPENSATION_CLAIMED,
    EntryKind.OBJECTION: EventKind.INVOICE_OBJECTION_RECORDED,
    EntryKind.OBJECTION_SETTLED: EventKind.INVOICE_OBJECTION_SETTLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the law says about an overdue invoice on a day: each letter's obstacle or none, and each charge."""

    facts: Facts
    book: LetterBook
    on: date
    letters: tuple[tuple[LetterKind, NotAllowed | None], ...]
    charges: tuple[tuple[Charge, Decision], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetter:
    """A letter that the merchant sent, the last day to pay that it set, and whether it bore the law's fee."""

    kind: LetterKind
    sent_on: date
    deadline_on: date | None = None
    with_fee: bool = False


def ruling(
    services: Services, merchant_id: MerchantId, name: str, *, on: date | None = None, due_on: date | None = None
) -> Ruling:
    """What may be sent and claimed on a day, today unless another is asked about.

    `due_on` is the last day to pay in time, where the invoice named a later one than its date.

    Raises:
        NotFound: no such invoice.
        Refused: the invoice isn't one that the law could be asked about.
        InvalidDate: before a letter that was sent, or another due date than one that a letter went by.
    """
    with services.store.reading() as conn:
        case = _case(conn, services, merchant_id, name, due_on, lock=False)
    day = on or case.today
    claim = case.claim(day)
    terms = case.facts.merchant.policy.dunning
    return Ruling(
        facts=case.facts,
        book=case.book,
        on=day,
        letters=tuple((kind, letter_obstacle(kind, claim, day)) for kind in LetterKind),
        charges=tuple((charge, charges_allowed(charge, claim, terms, day)) for charge in Charge),
    )


def record_letter(
    services: Services, merchant_id: MerchantId, name: str, new: NewLetter, *, due_on: date | None = None
) -> Entry:
    """Write down a letter that was sent; with a fee, the law's of that day is claimed beside the invoice.

    Raises:
        NotFound, InvalidDate: as `ruling`; also for a day to come, or a deadline before the letter.
        Refused: the law or the terms don't allow the letter, its deadline or its fee.
    """

    def entry(case: _Case) -> Entry:
        claim = case.claim(new.sent_on)
        _refuse(RefusalCode.LETTER_NOT_ALLOWED, letter_obstacle(new.kind, claim, new.sent_on))
        _refuse(RefusalCode.LETTER_NOT_ALLOWED, deadline_obstacle(new.kind, new.sent_on, new.deadline_on))
        kind = EntryKind(new.kind.value)
        if any((one.kind, one.dated_on) == (kind, new.sent_on) for one in case.book.entries):
            raise Refused(RefusalCode.LETTER_NOT_ALLOWED, f"A {_words(kind)} of {new.sent_on} is recorded already.")
        if new.deadline_on is not None and new.deadline_on < new.sent_on:
            raise InvalidDate(f"{new.deadline_on} lies before the letter; a deadline comes later.", field="deadline_on")
        fee = case.allowed(_FEES[new.kind], claim, new.sent_on) if new.with_fee else None
        return case.entry(services, kind, new.sent_on, fee, new.deadline_on)

    return _record(services, merchant_id, name, due_on, entry)


def record_compensation(
    services: Services, merchant_id: MerchantId, name: str, *, on: date | None = None, due_on: date | None = None
) -> Entry:
    """Write down that the compensation between businesses was claimed on a day, today unless told otherwise.

    Raises as `record_letter`.
    """

    def entry(case: _Case) -> Entry:
        day = on or case.today
        allowed = case.allowed(Charge.B2B_COMPENSATION, case.claim(day), day)
        return case.entry(services, EntryKind.COMPENSATION, day, allowed)

    return _record(services, merchant_id, name, due_on, entry)


def record_objection(
    services: Services, merchant_id: MerchantId, name: str, *, on: date | None = None, settled: bool = False
) -> Entry:
    """Write down that the customer objects with reason, or that this is settled; whether it has reason, people say.

    Raises:
        NotFound, InvalidDate: as `record_letter`.
        Refused: an objection stands already, or none to settle.
    """

    def entry(case: _Case) -> Entry:
        if case.book.has_objection != settled:
            text = "No objection stands." if settled else "An objection stands already; settle it first."
            raise Refused(RefusalCode.LETTER_NOT_ALLOWED, text)
        day = on or case.today
        last = max((one.dated_on for one in case.book.entries if one.kind in _OBJECTIONS), default=day)
        if day < last:
            raise InvalidDate(f"{day} lies before the last objection, of {last}; name a day from then on.", field="on")
        return case.entry(services, EntryKind.OBJECTION_SETTLED if settled else EntryKind.OBJECTION, day)

    return _record(services, merchant_id, name, None, entry)


_OBJECTIONS = frozenset({EntryKind.OBJECTION, EntryKind.OBJECTION_SETTLED})


# ---------------------------------------------------------------------------------------------------------------------
# One invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An invoice with its letter book and the merchant's day."""

    facts: Facts
    book: LetterBook
    today: date

    def claim(self, on: date) -> Claim:
        """The invoice as the law looks at it for a day.

        Raises Refused for one that isn't the law's, or that the customer disputes at the bank: an objection, too.
        """
        own, customer = self.facts.invoice, self.facts.customer
        if not own.is_open or not own.owed:
            raise Refused(RefusalCode.NOTHING_OWED, field="invoice")
        if own.total.currency != KRONER or customer.country not in NORWAY_ONLY:
            raise Refused(
                RefusalCode.CLAIM_NOT_ALLOWED,
                "Only what Norwegian customers owe in kroner falls under this law; claim nothing here by it.",
                field="invoice",
            )
        if own.dispute is DisputeStatus.OPEN:
            raise Refused(RefusalCode.INVOICE_DISPUTED, field="invoice")
        return self.book.claim(own.owed, customer.kind, on)

    def allowed(self, charge: Charge, claim: Claim, on: date) -> Allowed:
        """The charge, if it may be claimed.

        Raises Refused.
        """
        decision = charges_allowed(charge, claim, self.facts.merchant.policy.dunning, on)
        if isinstance(decision, NotAllowed):
            raise _refused(RefusalCode.CLAIM_NOT_ALLOWED, decision)
        return decision

    def entry(
        self,
        services: Services,
        kind: EntryKind,
        on: date,
        claimed: Allowed | None = None,
        deadline_on: date | None = None,
    ) -> Entry:
        """A line of the book. Raises InvalidDate for a day to come."""
        if on > self.today:
            raise InvalidDate(f"{on} is still to come; record what has happened.", field="on")
        return Entry(
            id=LetterId(services.ids.new("ltr_")),
            invoice_id=self.facts.invoice.id,
            kind=kind,
            dated_on=on,
            due_on=self.book.due_on,
            deadline_on=deadline_on,
            amount=claimed.amount if claimed else Money.zero(KRONER),
            grounds=claimed.grounds if claimed else (),
            recorded_at=services.clock.now(),
        )


def _case(
    conn: Connection, services: Services, merchant_id: MerchantId, name: str, due_on: date | None, *, lock: bool
) -> _Case:
    invoice_id = lookup.recovery_named(conn, merchant_id, name)
    facts = facts_in(conn, services, merchant_id, invoice_id, lock=lock)
    entries = tuple(letters.of_invoice(conn, merchant_id, invoice_id))
    return _Case(
        facts=facts,
        book=LetterBook(due_on=_due_on(facts, entries, due_on), entries=entries),
        today=local_date(now_for(conn, services, merchant_id, invoice_id), zone(facts.merchant.timezone)),
    )


def _due_on(facts: Facts, entries: tuple[Entry, ...], said_on: date | None) -> date:
    """The last day to pay in time: the one that letters went by, the one that is told, or the invoice's own date.

    Purring's invoices are due at once. A day on which no bank works gives time until the next one.
    """
    own = facts.invoice
    if said_on is not None and said_on < own.invoice_on:
        raise InvalidDate(f"{said_on} lies before the invoice, of {own.invoice_on}; name a later one.", field="due_on")
    day = said_on or own.invoice_on
    day = add_business_days(day, 0, holidays("NO", day.year, day.year + 1))
    went_by = {entry.due_on for entry in entries if entry.kind not in _OBJECTIONS}
    if said_on is not None and went_by - {day}:
        raise InvalidDate(f"A letter went by {max(went_by)} as the due date; leave it as it is.", field="due_on")
    return max(went_by, default=day)


# ---------------------------------------------------------------------------------------------------------------------
# Writing down


def _record(
    services: Services, merchant_id: MerchantId, name: str, due_on: date | None, decide: Callable[[_Case], Entry]
) -> Entry:
    """Under the customer's lock, add the entry that the case allows, and its event."""
    with services.store.transaction() as conn:
        entry = decide(_case(conn, services, merchant_id, name, due_on, lock=True))
        letters.add(conn, merchant_id, entry)
        events.append(conn, [(merchant_id, _told(entry))], services.ids)
    return entry


def _told(entry: Entry) -> EventDraft:
    data: dict[str, object] = {
        "letter_id": entry.id,
        "letter": entry.kind.value,
        "dated_on": entry.dated_on.isoformat(),
        "deadline_on": entry.deadline_on.isoformat() if entry.deadline_on else None,
        "claimed": str(entry.amount) if entry.amount else None,
    }
    return EventDraft(kind=_TOLD[entry.kind], object_id=entry.invoice_id, at=entry.recorded_at, data=data)


def _refuse(code: RefusalCode, obstacle: NotAllowed | None) -> None:
    if obstacle is not None:
        raise _refused(code, obstacle)


def _refused(code: RefusalCode, obstacle: NotAllowed) -> Refused:
    """The refusal in the law's words, with the first day on which waiting helps and the rule."""
    rule = f"[{obstacle.ground.rule_id}, {obstacle.ground.edition}]"
    earliest = f" The earliest day is {obstacle.earliest_on}." if obstacle.earliest_on else ""
    return Refused(code, f"{obstacle.text}{earliest} {rule}")


def _words(kind: EntryKind) -> str:
    return kind.value.replace("_", " ")
