"""The journal: money facts in double entry, appended and added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from purring.domain.ids import AttemptId, EntryId, IdMaker, InvoiceId, MerchantId
from purring.domain.journal import DEBIT_CREDIT, Account, EntryDraft, EntryKind
from purring.domain.money import Money
from purring.store import bulk
from purring.store.schema import journal_entry, journal_posting

_ENTRY = ("merchant_id", "id", "kind", "invoice_id", "attempt_id", "amount_minor", "currency", "at")
_POSTING = ("merchant_id", "entry_id", "account", "amount_minor", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A money fact as it was booked."""

    id: EntryId
    kind: EntryKind
    invoice_id: InvoiceId
    attempt_id: AttemptId | None
    amount: Money
    at: datetime


def book(conn: Connection, drafts: Iterable[tuple[MerchantId, EntryDraft]], ids: IdMaker) -> None:
    """Append entries in their order, each with a debit and a credit."""
    entries: list[bulk.Row] = []
    postings: list[bulk.Row] = []
    for merchant_id, draft in drafts:
        entry_id, minor, currency = ids.new("je_"), draft.amount.minor, draft.amount.currency
        debit, credit = DEBIT_CREDIT[draft.kind]
        entries.append(
            (merchant_id, entry_id, draft.kind, draft.invoice_id, draft.attempt_id, minor, currency, draft.at)
        )
        postings.append((merchant_id, entry_id, debit, minor, currency))
        postings.append((merchant_id, entry_id, credit, -minor, currency))
    bulk.insert(conn, journal_entry, _ENTRY, entries)
    bulk.insert(conn, journal_posting, _POSTING, postings)


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Entry]:
    """List an invoice's money facts, oldest first."""
    rows = bulk.matching(conn, journal_entry, [(merchant_id, invoice_id)], "invoice_id", order=("at", "id"))
    return [
        Entry(
            id=row.id,
            kind=row.kind,
            invoice_id=row.invoice_id,
            attempt_id=row.attempt_id,
            amount=Money(row.amount_minor, row.currency),
            at=row.at,
        )
        for row in rows
    ]


def balances(conn: Connection, merchant_id: MerchantId) -> dict[tuple[Account, str], Money]:
    """Add up a merchant's accounts, under account and currency; debits are positive."""
    own = journal_posting.c
    rows = conn.execute(
        select(own.account, own.currency, func.sum(own.amount_minor).label("minor"))
        .where(own.merchant_id == merchant_id)
        .group_by(own.account, own.currency)
    )
    return {(row.account, row.currency): Money(int(row.minor), row.currency) for row in rows}
