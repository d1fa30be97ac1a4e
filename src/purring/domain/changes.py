"""What a decision wants written: whole nouns, created or changed, with the events and money facts that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from purring.domain.attempt import Attempt
from purring.domain.decline import Answer
from purring.domain.event import EventDraft, EventKind
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId
from purring.domain.invoice import Invoice
from purring.domain.journal import EntryDraft, EntryKind
from purring.domain.money import Money
from purring.domain.notice import Notice, NoticeKind
from purring.domain.noun import replace
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.domain.subscription import Subscription

Noun = Invoice | Attempt | Recovery | Subscription | PaymentMethod | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Rows to insert, rows to replace by compare-and-set on the `version` they were read with, and what to append.

    `woken`: fingerprints whose other waiting invoices should all look again at once, since a stop may be lifted;
    `freed`: those of which some should, since a ceiling has room for one.
    `unlisted`: answers of which some code stands in no table, to be counted.
    """

    created: tuple[Noun, ...] = ()
    changed: tuple[Noun, ...] = ()
    events: tuple[EventDraft, ...] = ()
    entries: tuple[EntryDraft, ...] = ()
    woken: tuple[str, ...] = ()
    freed: tuple[str, ...] = ()
    unlisted: tuple[Answer, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.created or self.changed or self.events or self.entries)

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        """The invoices that it creates."""
        return tuple(noun for noun in self.created if isinstance(noun, Invoice))

    def __add__(self, other: Changes) -> Changes:
        """Both, where they concern different nouns."""
        return Changes(
            created=self.created + other.created,
            changed=self.changed + other.changed,
            events=self.events + other.events,
            entries=self.entries + other.entries,
            woken=self.woken + other.woken,
            freed=self.freed + other.freed,
            unlisted=self.unlisted + other.unlisted,
        )


class Draft:
    """Facts while a decision is being made: each `put` replaces a noun in `facts` and remembers it for writing."""

    def __init__(self, facts: Facts, now: datetime) -> None:
        """Start from what is known at `now`."""
        self.facts = facts
        self.now = now
        self._created: dict[str, Noun] = {}
        self._changed: dict[str, Noun] = {}
        self._events: list[EventDraft] = []
        self._entries: list[EntryDraft] = []
        self._woken: list[str] = []
        self._freed: list[str] = []
        self._unlisted: list[Answer] = []
        self._planned: tuple[Facts, Schedule] | None = None

    @property
    def plan(self) -> Schedule:
        """The schedule of the facts as they are now."""
        if self._planned is None or self._planned[0] is not self.facts:
            self._planned = (self.facts, schedule(self.facts, self.now))
        return self._planned[1]

    def _keep(self, noun: Noun, *, new: bool) -> None:
        """Remember the newest form of a noun once, among the created if it is new to the store."""
        if new or noun.id in self._created:
            self._created[noun.id] = noun
        else:
            self._changed[noun.id] = noun

    def add_invoice(self) -> None:
        """Create the invoice itself."""
        self._created[self.facts.invoice.id] = self.facts.invoice

    def put_invoice(self, **fields: Any) -> None:
        """Change the invoice."""
        self.facts = replace(self.facts, invoice=replace(self.facts.invoice, **fields))
        self._keep(self.facts.invoice, new=False)

    def put_subscription(self, subscription: Subscription) -> None:
        """Change the subscription."""
        self.facts = replace(self.facts, subscription=subscription)
        self._keep(subscription, new=False)

    def put_recovery(self, recovery: Recovery) -> None:
        """Open or change the recovery."""
        new = self.facts.recovery is None
        self.facts = replace(self.facts, recovery=recovery)
        self._keep(recovery, new=new)

    def put_attempt(self, attempt: Attempt) -> None:
        """Add or change an attempt."""
        known = {old.id for old in self.facts.attempts}
        attempts = tuple(attempt if old.id == attempt.id else old for old in self.facts.attempts)
        self.facts = replace(self.facts, attempts=attempts if attempt.id in known else (*attempts, attempt))
        self._keep(attempt, new=attempt.id not in known)

    def put_notice(self, notice: Notice) -> None:
        """Owe or withdraw a notice; one that is already owed isn't owed again."""
        known, before = {old.id for old in self.facts.notices}, self.facts
        notices = tuple(notice if old.id == notice.id else old for old in self.facts.notices)
        self.facts = replace(self.facts, notices=notices if notice.id in known else (*notices, notice))
        if notice.kind is not NoticeKind.LAST_NOTICE and self._planned and self._planned[0] is before:
            self._planned = (self.facts, self._planned[1])  # a schedule looks at no other notices
        self._keep(notice, new=notice.id not in known)

    def say(self, kind: EventKind, object_id: str, **data: object) -> None:
        """Append an event."""
        self._events.append(EventDraft(kind=kind, object_id=object_id, at=self.now, data=data))

    def book(self, kind: EntryKind, amount: Money, attempt_id: AttemptId | None = None) -> None:
        """Append a money fact."""
        entry = EntryDraft(
            kind=kind, invoice_id=self.facts.invoice.id, attempt_id=attempt_id, amount=amount, at=self.now
        )
        self._entries.append(entry)

    def wake(self, fingerprint: str) -> None:
        """Let other invoices that wait for this card look again."""
        self._woken.append(fingerprint)

    def free(self, fingerprint: str) -> None:
        """Let some of the invoices that wait for room on this card look again."""
        self._freed.append(fingerprint)

    def count_unlisted(self, answer: Answer) -> None:
        """Count an answer that holds a code of no table."""
        self._unlisted.append(answer)

    def done(self) -> Changes:
        """What has to be written."""
        return Changes(
            created=tuple(self._created.values()),
            changed=tuple(self._changed.values()),
            events=tuple(self._events),
            entries=tuple(self._entries),
            woken=tuple(self._woken),
            freed=tuple(self._freed),
            unlisted=tuple(self._unlisted),
        )
