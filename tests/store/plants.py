"""Violations to plant by hand in an honest history, each with the numbers of the sentences that it breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from purring.store.invariants.attempts import ENDS_WITHIN
from purring.store.schema import (
    attempt,
    delivery,
    event,
    inbound_event,
    installation,
    invoice,
    journal_entry,
    journal_posting,
    notice,
    payment_method,
    recovery,
    subscription,
    test_clock,
)
from tests.store.histories import CHARGED_AT, RETRY_AT, History
from tests.store.world import NOW, PRICE

SOON = CHARGED_AT + timedelta(hours=1)
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
NUMBERS = [2, 3, 4, 5, 6, 7, 8, 9, *range(12, 24), 28]

Plant = Callable[[Connection, History], object]


def _set(conn: Connection, table: Table, row_id: str, **values: object) -> int:
    changed = conn.execute(update(table).where(table.c.id == row_id).values(**values)).rowcount
    assert 1 == changed
    return changed


def _copy(conn: Connection, table: Table, row_id: str, **changes: object) -> int:
    row = conn.execute(select(table).where(table.c.id == row_id)).mappings().one()
    return conn.execute(insert(table).values(**{**row, "id": f"{row_id}_again", **changes})).rowcount


def _event_id(conn: Connection, kind: str, object_id: str) -> str:
    own = event.c
    return str(conn.execute(select(own.id).where(own.kind == kind, own.object_id == object_id)).scalar_one())


def _unsay(conn: Connection, kind: str, object_id: str) -> int:
    return conn.execute(delete(event).where(event.c.id == _event_id(conn, kind, object_id))).rowcount


def _say(conn: Connection, kind: str, like: str, object_id: str, at: datetime) -> int:
    """Add an event, on the model of one about `like`."""
    model = conn.execute(select(event.c.id).where(event.c.object_id == like).limit(1)).scalar_one()
    return _copy(conn, event, str(model), kind=kind, object_id=object_id, at=at, id=f"evt_{kind}_{at:%d%H%M%S%f}")


def _try_again(conn: Connection, history: History, at: datetime, **changes: object) -> None:
    """Add one more declined attempt on the paid invoice, on its card, with its start, its end and its notice."""
    new_id = str(changes.get("id", "att_zz"))
    again = {"id": new_id, "number": 3, "started_at": at, "ended_at": at, "key_expires_at": at + DAY}
    _copy(conn, attempt, history.declined.id, **{**again, **changes})
    _say(conn, "attempt.started", history.declined.id, new_id, at)
    _say(conn, "attempt.declined", history.declined.id, new_id, at)
    _copy(conn, notice, history.notice.id, id=f"ntc_{new_id}", attempt_id=new_id)


def _many_tries(conn: Connection, history: History) -> None:
    """Use a card fifteen times more in thirty days, a day and a second apart, by the customer's own hand."""
    for n in range(15):
        at = RETRY_AT + (n + 1) * (DAY + SECOND)
        changes = {"id": f"att_zz{n:02}", "initiator": "customer", "number": 3 + n, "invoice_id": history.open.id}
        times = {"started_at": at, "ended_at": at, "key_expires_at": at + DAY}
        _copy(conn, attempt, history.declined.id, **changes, **times)


def _four_debits(conn: Connection, history: History) -> None:
    """Present a Bacs debit three more times within the 28 days of the first, each time days apart."""
    _set(conn, payment_method, history.declined.method_id, kind="bank_account", scheme="bacs")
    for number in (3, 4, 5):
        at = RETRY_AT + number * DAY
        _try_again(conn, history, at, id=f"att_zz{number}", number=number)


def _posting(history: History) -> ColumnElement[bool]:
    return journal_posting.c.entry_id.in_(
        select(journal_entry.c.id).where(journal_entry.c.invoice_id == history.paid.id)
    )


def _taken(conn: Connection, history: History, **changes: object) -> None:
    _set(conn, notice, history.notice.id, status="withdrawn", **changes)


def _sent_late(conn: Connection, history: History) -> None:
    conn.execute(
        update(delivery)
        .where(delivery.c.notice_id == history.notice.id)
        .values(status="sent", sent_at=RETRY_AT + SECOND, next_step_at=None)
    )


def _foreign(conn: Connection, history: History) -> None:
    """Give the paid invoice's card to the other customer."""
    _set(conn, payment_method, history.declined.method_id, customer_id=history.open.customer_id)


def _restored(conn: Connection, at: datetime, reconciled_at: datetime | None) -> None:
    """Say that the database was restored."""
    values = {"restored_at": at, "charges_since": at, "why": "", "cursors": {}, "reconciled_at": reconciled_at}
    conn.execute(insert(installation).values(id="installation", version=1, **values))


def _by_a_clock(conn: Connection, invoice_id: str) -> None:
    """Let an invoice live by a clock that its customer doesn't."""
    merchant_id = conn.execute(select(invoice.c.merchant_id).where(invoice.c.id == invoice_id)).scalar_one()
    conn.execute(
        insert(test_clock).values(
            merchant_id=merchant_id,
            id="clk_1",
            name="",
            status="ready",
            now_at=NOW,
            created_at=NOW,
            is_live=False,
            version=1,
        )
    )
    _set(conn, invoice, invoice_id, test_clock_id="clk_1")


PLANTS: dict[str, tuple[set[int], Plant]] = {
    "paid without its money": ({2, 3, 21}, lambda c, h: _set(c, invoice, h.open.id, status="paid")),
    "open with its money": ({2}, lambda c, h: _set(c, invoice, h.paid.id, status="open")),
    "paid more than was booked": ({2}, lambda c, h: _set(c, invoice, h.paid.id, paid_minor=PRICE.minor + 1)),
    "refunded without a booking": ({2}, lambda c, h: _set(c, invoice, h.paid.id, refunded_minor=1)),
    "booked in another currency": ({2}, lambda c, h: _set(c, invoice, h.open.id, currency="SEK")),
    "attempt in another currency": ({2}, lambda c, h: _set(c, attempt, h.started.id, currency="SEK")),
    "posting off by one": (
        {3},
        lambda c, h: c.execute(update(journal_posting).where(_posting(h)).values(amount_minor=1)),
    ),
    "posting in another currency": (
        {3},
        lambda c, h: c.execute(update(journal_posting).where(_posting(h)).values(currency="SEK")),
    ),
    "half an entry": ({3}, lambda c, _: c.execute(delete(journal_posting).where(journal_posting.c.amount_minor < 0))),
    "refunded more than was paid": ({2, 4}, lambda c, h: _set(c, invoice, h.paid.id, refunded_minor=PRICE.minor + 1)),
    "captured more than was asked": ({4, 5}, lambda c, h: _set(c, attempt, h.succeeded.id, captured_minor=999_999)),
    "a currency nobody knows": ({2, 4}, lambda c, h: _set(c, invoice, h.open.id, currency="XXX")),
    "money not booked": (
        {2, 3, 5, 23},
        lambda c, h: c.execute(delete(journal_entry).where(journal_entry.c.attempt_id == h.succeeded.id)),
    ),
    "two open attempts": (
        {6},
        lambda c, h: (
            _copy(c, attempt, h.started.id, id="att_zz", number=2, started_at=SOON, initiator="customer"),
            _say(c, "attempt.started", h.started.id, "att_zz", SOON),
        ),
    ),
    "an attempt that never ended": (
        {7},
        lambda c, h: (
            _unsay(c, "attempt.started", h.started.id),
            _say(c, "attempt.started", h.declined.id, h.started.id, SOON - ENDS_WITHIN - SECOND),
            _set(c, attempt, h.started.id, started_at=SOON - ENDS_WITHIN - SECOND),
            _set(c, invoice, h.open.id, issued_at=SOON - 2 * ENDS_WITHIN),
        ),
    ),
    "an attempt that ended twice": (
        {8},
        lambda c, h: _say(c, "attempt.succeeded", h.declined.id, h.declined.id, RETRY_AT),
    ),
    "an attempt that ended after its correction": (
        {8},
        lambda c, h: _say(c, "attempt.corrected", h.declined.id, h.declined.id, NOW - SECOND),
    ),
    "an attempt without its start": ({9}, lambda c, h: _unsay(c, "attempt.started", h.declined.id)),
    "an attempt written down late": ({9}, lambda c, h: _set(c, attempt, h.started.id, started_at=CHARGED_AT - SECOND)),
    "an attempt that ended before it began": ({9}, lambda c, h: _set(c, attempt, h.declined.id, ended_at=NOW - SECOND)),
    "the same amount twice in a day": ({12, 14}, lambda c, h: _try_again(c, h, NOW + DAY - SECOND)),
    "the sixteenth time in thirty days": ({9, 12, 15, 21}, _many_tries),
    "a Bacs debit presented a fourth time": ({12}, _four_debits),
    "before the invoice": ({13}, lambda c, h: _set(c, invoice, h.open.id, issued_at=CHARGED_AT + SECOND)),
    "after the window": ({13}, lambda c, h: _set(c, recovery, h.recovery.id, window_ends_at=RETRY_AT - SECOND)),
    "during a hold without end": (
        {13},
        lambda c, h: (
            _set(c, recovery, h.recovery.id, hold="operator"),
            _say(c, "recovery.paused", h.recovery.id, h.recovery.id, RETRY_AT - SECOND),
        ),
    ),
    "during a hold with an end": (
        {13},
        lambda c, h: (
            _set(c, recovery, h.recovery.id, hold="bank_transfer", held_until=RETRY_AT + SECOND),
            _say(c, "recovery.paused", h.recovery.id, h.recovery.id, RETRY_AT - SECOND),
        ),
    ),
    "on another customer's card": ({15}, _foreign),
    "on a card that was removed": (
        {15},
        lambda c, h: _set(c, payment_method, h.started.method_id, status="removed", removed_at=CHARGED_AT - SECOND),
    ),
    "on a card it wasn't": ({15}, lambda c, h: _set(c, attempt, h.started.id, fingerprint="another")),
    "at a gateway it wasn't": ({15}, lambda c, h: _set(c, attempt, h.started.id, gateway="another")),
    "after a hard stop": ({16}, lambda c, h: _set(c, attempt, h.declined.id, decline_class="never_retry")),
    "for what was written off": (
        {2, 17, 21},
        lambda c, h: _set(c, invoice, h.paid.id, status="uncollectible", closed_at=RETRY_AT - SECOND),
    ),
    "for what is disputed": (
        {17},
        lambda c, h: (
            _set(c, invoice, h.paid.id, dispute="open"),
            _say(c, "invoice.charged_back", h.paid.id, h.paid.id, RETRY_AT - SECOND),
        ),
    ),
    "for what was canceled": (
        {17},
        lambda c, h: _set(c, subscription, h.subscription.id, canceled_at=RETRY_AT - SECOND),
    ),
    "while another was under way": ({18}, lambda c, h: _set(c, attempt, h.declined.id, ended_at=RETRY_AT + SECOND)),
    "a decline nobody was told of": ({19}, lambda c, h: _set(c, notice, h.notice.id, attempt_id=None)),
    "a decline told twice": ({19}, lambda c, h: _copy(c, notice, h.notice.id)),
    "a decline taken back while money is owed": ({19}, lambda c, h: _taken(c, h, invoice_id=h.open.id)),
    "a decline carried by nothing": ({19}, lambda c, h: _taken(c, h, carried_by="ntc_none")),
    "a failure told after the success": ({20}, _sent_late),
    "a notice sent at no time": ({20}, lambda c, h: _set(c, notice, h.notice.id, status="sent")),
    "a state nobody told of": ({21}, lambda c, h: _unsay(c, "recovery.recovered", h.recovery.id)),
    "an event that may act again": (
        {22},
        lambda c, _: _set(c, inbound_event, "sandbox:evt_1", status="worked"),
    ),
    "a customer of nobody": (
        {23},
        lambda c, h: _set(c, subscription, h.subscription.id, customer_id="cus_nobody"),
    ),
    "a card in live mode": ({23}, lambda c, _: c.execute(update(payment_method).values(is_live=True))),
    "by another clock": ({23}, lambda c, h: _by_a_clock(c, h.open.id)),
    "a row of another merchant": ({21, 23}, lambda c, h: _set(c, recovery, h.recovery.id, merchant_id="mer_other")),
    "charged before all was checked": ({28}, lambda c, _: _restored(c, RETRY_AT - SECOND, None)),
    "charged while all was checked": ({28}, lambda c, _: _restored(c, RETRY_AT - SECOND, RETRY_AT + SECOND)),
}
