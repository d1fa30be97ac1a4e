"""What was written about overdue invoices; see `purring.domain.norway.letters`."""

from __future__ import annotations

from sqlalchemy import Index

from purring.domain.norway.law import LetterKind
from purring.domain.norway.letters import EntryKind
from purring.store.columns import (
    an_id,
    check,
    currency,
    day,
    document,
    instant,
    minor,
    one_of,
    partial_index,
    table,
    to,
)

_LETTERS = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in LetterKind))

letter = table(
    "letter",
    an_id("id"),
    an_id("invoice_id"),
    one_of("kind", EntryKind),
    day("dated_on"),
    day("due_on"),
    day("deadline_on", nullable=True),
    minor("amount_minor"),
    currency(),
    document("grounds"),
    instant("recorded_at"),
    to("invoice", "invoice_id"),
    check("amount_not_below_zero", "amount_minor >= 0"),
    check("claims_only_by_letter", f"amount_minor = 0 OR kind = 'compensation' OR {_LETTERS}"),
    check("only_late", f"dated_on > due_on OR NOT ({_LETTERS} OR kind = 'compensation')"),
    check("deadline_after_letter", "deadline_on >= dated_on"),
    Index("ix_letter_invoice_id", "merchant_id", "invoice_id"),
    partial_index("uq_letter_once_a_day", "merchant_id", "invoice_id", "kind", "dated_on", where=_LETTERS, unique=True),
    partial_index("uq_letter_compensation", "merchant_id", "invoice_id", where="kind = 'compensation'", unique=True),
)
