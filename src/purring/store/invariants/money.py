"""Money: what invoices, attempts and the journal say must be the same."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select

from purring.domain.attempt import AttemptStatus
from purring.domain.invoice import InvoiceStatus
from purring.domain.journal import Account, EntryKind
from purring.domain.money import EXPONENTS
from purring.store.invariants.query import Violations, same
from purring.store.schema import attempt, invoice, journal_entry, journal_posting

_CAME_IN = (EntryKind.PAID, EntryKind.CHARGEBACK_RETURNED)
_WENT_BACK = (EntryKind.CHARGED_BACK, EntryKind.PAYMENT_REVERSED)


def paid_when_it_adds_up(_dialect: str) -> Iterator[Violations]:
    """Find invoices whose status or amounts aren't what their payments add up to."""
    own = invoice.c
    settled = own.paid_minor + own.credited_minor >= own.total_minor
    owes = own.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE))
    yield select(own.id).where(or_(and_(own.status == InvoiceStatus.PAID, not_(settled)), and_(owes, settled)))
    booked = _booked(*_CAME_IN) - _booked(*_WENT_BACK)
    yield select(own.id).where(own.paid_minor != booked)
    yield select(own.id).where(own.refunded_minor != _booked(EntryKind.REFUNDED))
    entry = journal_entry.c
    yield select(entry.id).where(entry.currency != own.currency, same(journal_entry, invoice, ("invoice_id", "id")))
    yield (
        select(attempt.c.id)
        .join(invoice, same(attempt, invoice, ("invoice_id", "id")))
        .where(attempt.c.currency != own.currency)
    )


def journal_balances(_dialect: str) -> Iterator[Violations]:
    """Find entries that don't balance, and invoices whose receivable isn't what they owe."""
    posting, entry, own = journal_posting.c, journal_entry.c, invoice.c
    of_entry = (
        select(func.coalesce(func.sum(posting.amount_minor), 0))
        .where(same(journal_posting, journal_entry, ("entry_id", "id")))
        .correlate(journal_entry)
        .scalar_subquery()
    )
    yield select(entry.id).where(of_entry != 0)
    strange = and_(same(journal_posting, journal_entry, ("entry_id", "id")), posting.currency != entry.currency)
    yield select(entry.id).where(select(posting.entry_id).where(strange).correlate(journal_entry).exists())
    receivable = (
        select(func.coalesce(func.sum(posting.amount_minor), 0))
        .join(journal_entry, same(journal_posting, journal_entry, ("entry_id", "id")))
        .where(posting.account == Account.RECEIVABLE, same(journal_entry, invoice, ("invoice_id", "id")))
        .correlate(invoice)
        .scalar_subquery()
    )
    owed = case((own.status == InvoiceStatus.OPEN, own.total_minor - own.paid_minor - own.credited_minor), else_=0)
    yield select(own.id).where(receivable != owed)


def refunds_within_captures(_dialect: str) -> Iterator[Violations]:
    """Find invoices that gave back more than they got, attempts that got more than they asked, odd currencies."""
    own = invoice.c
    yield select(own.id).where(own.refunded_minor > own.paid_minor)
    yield select(attempt.c.id).where(attempt.c.captured_minor > attempt.c.amount_minor)
    for table in (invoice, attempt, journal_entry):
        yield select(table.c.id).where(table.c.currency.not_in(sorted(EXPONENTS)))


def captures_are_booked(_dialect: str) -> Iterator[Violations]:
    """Find attempts that brought in more than was booked for them."""
    entry = journal_entry.c
    booked = (
        select(func.coalesce(func.sum(entry.amount_minor), 0))
        .where(same(journal_entry, attempt, ("invoice_id", "invoice_id"), ("attempt_id", "id")))
        .where(entry.kind.in_((EntryKind.PAID, EntryKind.OVERPAID)))
        .correlate(attempt)
        .scalar_subquery()
    )
    own = attempt.c
    yield select(own.id).where(own.status == AttemptStatus.SUCCEEDED, own.captured_minor > booked)


def _booked(*kinds: EntryKind) -> ColumnElement[int]:
    """Add up an invoice's entries of some kinds."""
    total: Select[tuple[int]] = (
        select(func.coalesce(func.sum(journal_entry.c.amount_minor), 0))
        .where(same(journal_entry, invoice, ("invoice_id", "id")), journal_entry.c.kind.in_(kinds))
        .correlate(invoice)
    )
    return total.scalar_subquery()
