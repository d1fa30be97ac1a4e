"""What was written about an overdue invoice: the letters that a merchant sent, and what the customer answered.

It stands beside the invoice and never changes it: fees and compensation are claims, which no card is charged for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from purring.domain.customer import CustomerKind
from purring.domain.ids import InvoiceId, LetterId
from purring.domain.money import Money, total
from purring.domain.norway.charges import KRONER, Claim, Ground, Letter
from purring.domain.norway.law import LetterKind
from purring.domain.text import mark


class EntryKind(StrEnum):
    """What an entry of the letter book records: one of the merchant's letters, or an objection's course."""

    REMINDER = "reminder"
    COLLECTION_NOTICE = "collection_notice"
    PAYMENT_DEMAND = "payment_demand"
    COMPENSATION = "compensation"
    OBJECTION = "objection"
    OBJECTION_SETTLED = "objection_settled"


ENTRY_WORDS: dict[EntryKind, str] = {
    EntryKind.REMINDER: mark("Reminder"),
    EntryKind.COLLECTION_NOTICE: mark("Collection notice"),
    EntryKind.PAYMENT_DEMAND: mark("Payment demand"),
    EntryKind.COMPENSATION: mark("Claim of compensation"),
    EntryKind.OBJECTION: mark("The customer objects"),
    EntryKind.OBJECTION_SETTLED: mark("The objection is settled"),
}
"""Each kind as operators read it."""

_LETTERS: dict[EntryKind, LetterKind] = {EntryKind(kind.value): kind for kind in LetterKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an invoice's letter book.

    `due_on` is the last day to pay that counted then, `amount` what was claimed by it, and `grounds` by which rules.
    """

    id: LetterId
    invoice_id: InvoiceId
    kind: EntryKind
    dated_on: date
    due_on: date
    deadline_on: date | None = None
    amount: Money = field(default_factory=lambda: Money.zero(KRONER))
    grounds: tuple[Ground, ...] = ()
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterBook:
    """All entries about one invoice in the order in which they were made, and the last day to pay in time."""

    due_on: date
    entries: tuple[Entry, ...] = ()

    @property
    def claimed(self) -> Money:
        """What the letters so far claim beside the invoice: fees and compensation."""
        return total((entry.amount for entry in self.entries), KRONER)

    @property
    def has_objection(self) -> bool:
        """Whether an objection stands."""
        return any(until is None for _, until in self._objections())

    def is_objected_on(self, day: date) -> bool:
        """Whether an objection stands now, or stood on a day."""
        return any(until is None or since <= day < until for since, until in self._objections())

    def claim(self, owed: Money, debtor: CustomerKind, on: date) -> Claim:
        """The invoice as the law looks at it, for a letter or charge of a day.

        Raises InvalidMoney.
        """
        compensated = [entry.dated_on for entry in self.entries if entry.kind is EntryKind.COMPENSATION]
        return Claim(
            owed=owed,
            due_on=self.due_on,
            debtor=debtor,
            letters=tuple(self._letters()),
            compensated_on=compensated[0] if compensated else None,
            has_objection=self.is_objected_on(on),
        )

    def _letters(self) -> Iterator[Letter]:
        for entry in self.entries:
            kind = _LETTERS.get(entry.kind)
            if kind is not None:
                yield Letter(kind=kind, sent_on=entry.dated_on, deadline_on=entry.deadline_on, fee=entry.amount)

    def _objections(self) -> Iterator[tuple[date, date | None]]:
        """When each objection came, and when it was settled."""
        since: date | None = None
        for entry in self.entries:
            if entry.kind is EntryKind.OBJECTION:
                since = entry.dated_on
            elif entry.kind is EntryKind.OBJECTION_SETTLED and since is not None:
                yield since, entry.dated_on
                since = None
        if since is not None:
            yield since, None
