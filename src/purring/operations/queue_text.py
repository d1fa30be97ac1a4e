"""What waits for a person, as a person reads it: why in a sentence, and the commands that settle it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import assert_never

from purring.domain.attempt import AttemptStatus
from purring.domain.endpoint import DisabledReason
from purring.domain.notice import NoticeKind
from purring.domain.queue import QueueKind
from purring.domain.words import word
from purring.i18n.catalog import mark
from purring.i18n.reader import Reader
from purring.operations.queue import Queue
from purring.store.queue import Waiting

KINDS: Mapping[QueueKind, str] = {
    QueueKind.OUTCOME_UNKNOWN: mark("outcome unknown"),
    QueueKind.KEY_EXPIRED: mark("key expired"),
    QueueKind.DECLINE_UNREAD: mark("decline to be read"),
    QueueKind.PARTIAL_PAYMENT: mark("paid in part"),
    QueueKind.TRANSFER_DECLARED: mark("transfer declared"),
    QueueKind.PAUSED: mark("paused"),
    QueueKind.DISPUTED: mark("disputed"),
    QueueKind.DISPUTE_LOST: mark("dispute lost"),
    QueueKind.SURPLUS: mark("money too much"),
    QueueKind.REFUND_UNKNOWN: mark("refund unknown"),
    QueueKind.EVENT_WAITING: mark("event waits"),
    QueueKind.EVENT_FAILED: mark("event failed"),
    QueueKind.SET_ASIDE: mark("set aside"),
    QueueKind.NOTICE_UNDELIVERED: mark("notice undelivered"),
    QueueKind.EVENTS_UNDELIVERED: mark("events undelivered"),
    QueueKind.ENDPOINT_DISABLED: mark("endpoint disabled"),
    QueueKind.UNCHECKED: mark("to be checked after a restore"),
    QueueKind.FOUND_CHARGE: mark("charge without an invoice"),
}
_WHY: Mapping[QueueKind, str] = {
    QueueKind.KEY_EXPIRED: mark(
        "Nobody knows yet whether the money moved, and the key is too old to be sent again: the gateway is only asked."
    ),
    QueueKind.DECLINE_UNREAD: mark("The answer has a code that no table knows: nothing is retried by itself."),
    QueueKind.PARTIAL_PAYMENT: mark("The bank approved a part only: a person decides how the rest is collected."),
    QueueKind.TRANSFER_DECLARED: mark("The customer says that a bank transfer is on its way: match it by its number."),
    QueueKind.PAUSED: mark("Automatic charges were paused, and nobody has resumed them."),
    QueueKind.DISPUTED: mark("The payment is disputed at the customer's bank: answer at the gateway."),
    QueueKind.DISPUTE_LOST: mark("The dispute is lost and the invoice is owed again: nothing is charged by itself."),
    QueueKind.SURPLUS: mark("More came in than was owed: give it back at the gateway."),
    QueueKind.REFUND_UNKNOWN: mark(
        "Nobody knows whether this was given back, and the key is too old to be sent again: look at the gateway."
    ),
    QueueKind.EVENT_WAITING: mark("An event of {state} can't act yet and is tried again: {problem}"),
    QueueKind.EVENT_FAILED: mark("An event of {state} couldn't act in {count} tries: {problem}"),
    QueueKind.SET_ASIDE: mark("Its work fails and was set aside {count} times: {problem}"),
    QueueKind.EVENTS_UNDELIVERED: mark("{count} events couldn't be delivered in three days to {problem}"),
    QueueKind.UNCHECKED: mark(
        "The database was restored, and not every gateway can say whether this was charged since: look there."
    ),
    QueueKind.FOUND_CHARGE: mark(
        "The gateway charged this for invoice {invoice_id}, which the restored database doesn't have."
    ),
}
_WHY_OPEN: Mapping[str, str] = {
    AttemptStatus.UNKNOWN: mark("The gateway was asked {count} times and can't say whether the money moved."),
    AttemptStatus.PENDING: mark("The debit should have settled; the gateway was asked {count} times."),
    AttemptStatus.ACTION_REQUIRED: mark(
        "The bank's confirmation never came to an end; the gateway was asked {count} times."
    ),
}
_WHY_DISABLED: Mapping[str, str] = {
    DisabledReason.GONE: mark("It answered that it wants no events any more (410 Gone): {problem}"),
    DisabledReason.FAILING: mark("It took no event for three days: {problem}"),
}
_NOT_BOOKED = mark("The gateway charged this since the backup, and it can't be booked: {problem}")
_CORRECTED = mark("An operator wrote this charge down as declined: nothing is retried by itself.")
_UNDELIVERED = mark("A copy of a notice ({kind}) didn't arrive: {problem}")


def why(row: Waiting, reader: Reader) -> str:
    """Why it waits, in a sentence."""
    match row.kind:
        case QueueKind.OUTCOME_UNKNOWN:
            text = _WHY_OPEN.get(row.state, _WHY_OPEN[AttemptStatus.UNKNOWN])
        case QueueKind.DECLINE_UNREAD if row.state:
            text = _CORRECTED
        case QueueKind.FOUND_CHARGE if row.problem:
            text = _NOT_BOOKED
        case QueueKind.ENDPOINT_DISABLED:
            text = _WHY_DISABLED[row.state]
        case QueueKind.NOTICE_UNDELIVERED:
            return reader.say(_UNDELIVERED, kind=reader.gettext(word(NoticeKind(row.state))), problem=row.problem)
        case _:
            text = _WHY[row.kind]
    return reader.say(text, state=row.state, problem=row.problem, count=row.count, invoice_id=row.invoice_id)


def remedies(row: Waiting, *, several_merchants: bool) -> tuple[str, ...]:
    """The commands that settle it, the best first; capital letters stand for what a person fills in."""
    own = f" --merchant {row.merchant_id}" if several_merchants and row.merchant_id else ""
    done = f"purring queue done {row.id} --note NOTE"
    again = f"purring queue again {row.id}"
    bill = row.invoice_id or row.id
    match row.kind:
        case QueueKind.OUTCOME_UNKNOWN | QueueKind.KEY_EXPIRED:
            settle = f"purring queue settle {row.id} --note NOTE{own} --as"
            return f"{settle} succeeded", f"{settle} declined"
        case QueueKind.DECLINE_UNREAD:
            return f"purring explain {bill}{own}", f"purring recovery retry {bill}{own}", done
        case QueueKind.PARTIAL_PAYMENT | QueueKind.PAUSED:
            return f"purring recovery resume {bill}{own}", f"purring recovery write-off {bill}{own}"
        case QueueKind.TRANSFER_DECLARED:
            paid = f"purring recovery paid {bill} --amount '{row.amount}' --reference REFERENCE{own}"
            return paid, f"purring recovery resume {bill}{own}"
        case QueueKind.DISPUTED | QueueKind.SURPLUS:
            return (done,)
        case QueueKind.REFUND_UNKNOWN:
            settle = f"purring refund settle {row.id} --note NOTE{own} --as"
            return f"{settle} succeeded", f"{settle} failed"
        case QueueKind.NOTICE_UNDELIVERED:
            return again, done
        case QueueKind.EVENTS_UNDELIVERED:
            log = f"purring endpoint log {row.id} --status dead{own}"
            return log, f"purring endpoint replay {row.id} --dead{own}", done
        case QueueKind.ENDPOINT_DISABLED:
            return f"purring endpoint enable {row.id}{own}", done
        case QueueKind.DISPUTE_LOST:
            return f"purring recovery write-off {bill}{own}", done
        case QueueKind.EVENT_WAITING | QueueKind.EVENT_FAILED:
            return again, done
        case QueueKind.SET_ASIDE:
            return (again,)
        case QueueKind.UNCHECKED:
            return (f"purring reconcile clear {bill}{own}",)
        case QueueKind.FOUND_CHARGE:
            return (f"purring reconcile accept {row.id} --note NOTE",)
        case _:
            assert_never(row.kind)


def queue_object(found: Queue, readers: Mapping[str, Reader], *, several_merchants: bool) -> dict[str, object]:
    """A page of the queue as JSON has it. `readers`: who reads for each merchant, and under "" for nobody's."""
    return {
        "rows": [
            _row(row, readers.get(row.merchant_id, readers[""]), several_merchants=several_merchants)
            for row in found.rows
        ],
        "counts": {kind.value: n for kind, n in found.counts.items()},
        "cursor": found.cursor,
    }


def _row(row: Waiting, reader: Reader, *, several_merchants: bool) -> dict[str, object]:
    return {
        "kind": row.kind.value,
        "since": row.since.astimezone(UTC).isoformat(),
        "merchant_id": row.merchant_id or None,
        "id": row.id,
        "invoice_id": row.invoice_id,
        "invoice_number": row.number or None,
        "customer": row.customer or None,
        "amount": str(row.amount) if row.amount else None,
        "why": why(row, reader),
        "count": row.count,
        "again_at": row.until.astimezone(UTC).isoformat() if row.until else None,
        "remedies": list(remedies(row, several_merchants=several_merchants)),
    }
