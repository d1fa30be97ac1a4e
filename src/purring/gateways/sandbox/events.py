"""Events: owed when something happens, released when their time has come, signed when they are handed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from sqlite3 import Connection, Row
from typing import assert_never

from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.ledger import instant, stamp
from purring.gateways.sandbox.settings import Controls
from purring.gateways.sandbox.signing import HEADER, sign

PAGE_MAX = 500
TRIES_MAX = 12


_HELD = "SELECT seq FROM deliveries WHERE position IS NULL AND due_at IS NULL ORDER BY seq"
_LAST_OF = "SELECT seq FROM events WHERE key = ? ORDER BY seq DESC LIMIT 1"
_DELIVERY = (
    "SELECT d.seq, d.position, d.forgery, d.tries, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq"
)

_UNPUSHED = """
WHERE d.pushed_at IS NULL AND d.position IS NOT NULL AND d.tries < ? AND COALESCE(d.push_after, '') <= ?
ORDER BY d.position LIMIT ?
"""


class Forgery(StrEnum):
    """What is wrong with an event that the sandbox didn't really send."""

    UNSIGNED = "unsigned"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 -- a kind of forgery
    ALTERED = "altered"
    STALE = "stale"


def owe(call: Call, key: str, kind: str, data: Mapping[str, object], at: str) -> None:
    """Write an event down and queue its deliveries, as the controls say: at once, late, several times or held back."""
    seq = call.ledger.execute(
        "INSERT INTO events (key, body, created_at) VALUES (?, '', ?) RETURNING seq", (key, at)
    ).fetchone()[0]
    body = json.dumps({"id": f"evt_{seq:08d}", "type": kind, "occurred_at": at, "key": key, **data})
    call.ledger.execute("UPDATE events SET body = ? WHERE seq = ?", (body, seq))
    due_at = None if call.controls.events_held else stamp(instant(at) + call.controls.event_delay)
    for _ in range(call.controls.event_copies):
        queue(call.ledger, seq, due_at)


def queue(ledger: Connection, event_seq: int, due_at: str | None, forgery: Forgery | None = None) -> None:
    """Queue one delivery; without a due time it waits for `release`."""
    ledger.execute("INSERT INTO deliveries (event_seq, due_at, forgery) VALUES (?, ?, ?)", (event_seq, due_at, forgery))


def release_due(call: Call) -> None:
    """Give every delivery that is due by now its place in the stream, in the order of their times."""
    due = call.ledger.execute(
        "SELECT seq FROM deliveries WHERE position IS NULL AND due_at <= ? ORDER BY due_at, seq", (stamp(call.now),)
    ).fetchall()
    _place(call.ledger, [row["seq"] for row in due])


def release_held(call: Call) -> Answered:
    """POST /sandbox/events/release: what was held back goes out, in the `order` it was `created` or `reversed`."""
    order = call.text("order", "created")
    if order not in {"created", "reversed"}:
        raise SandboxRefusal(400, "invalid_request", "order: created or reversed.")
    rows = call.ledger.execute(
        "SELECT seq FROM deliveries WHERE position IS NULL AND due_at IS NULL ORDER BY seq"
    ).fetchall()
    seqs = [row["seq"] for row in rows]
    _place(call.ledger, seqs if order == "created" else seqs[::-1])
    call.controls.events_held = False
    return Answered(status=200, body={"released": len(seqs)})


def _place(ledger: Connection, seqs: list[int]) -> None:
    if not seqs:
        return
    last = ledger.execute("SELECT COALESCE(MAX(position), 0) FROM deliveries").fetchone()[0]
    places = [(place, seq) for place, seq in enumerate(seqs, start=last + 1)]
    ledger.executemany("UPDATE deliveries SET position = ? WHERE seq = ?", places)


def again(call: Call) -> Answered:
    """POST /sandbox/events/again: the last event of `key` once more, in `copies`, after `delay_s`, or forged."""
    row = call.ledger.execute(
        "SELECT seq FROM events WHERE key = ? ORDER BY seq DESC LIMIT 1", (call.text("key"),)
    ).fetchone()
    if row is None:
        raise SandboxRefusal(404, "event_absent", "key: no event was ever owed for it.")
    due_at = stamp(call.now + timedelta(seconds=call.number("delay_s", 0)))
    forgery = _forgery(call.text("forgery", ""))
    for _ in range(min(call.number("copies", 1), PAGE_MAX)):
        queue(call.ledger, row["seq"], due_at, forgery)
    release_due(call)
    return Answered(status=200, body={})


def _forgery(name: str) -> Forgery | None:
    try:
        return Forgery(name) if name else None
    except ValueError:
        raise SandboxRefusal(400, "invalid_request", f"forgery: one of {', '.join(Forgery)}.") from None


def page(call: Call) -> Answered:
    """GET /v1/events?after=: the released deliveries behind a position, signed now, just as they would be posted."""
    asked = call.query.get("after", "0")
    if not asked.isdecimal():
        raise SandboxRefusal(400, "invalid_request", "after: the position of the last delivery you have.")
    after = int(asked[:15])
    rows = call.ledger.execute(
        f"{_DELIVERY} WHERE position > ? ORDER BY position LIMIT ?", (after, PAGE_MAX)
    ).fetchall()
    deliveries = [
        {"position": row["position"], "headers": headers, "body": body.decode()}
        for row in rows
        for headers, body in [dress(row, call.controls, call.now)]
    ]
    return Answered(status=200, body={"deliveries": deliveries, "next": rows[-1]["position"] if rows else after})


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One delivery to be posted. `tries`: how often it was posted in vain."""

    delivery: int
    tries: int
    headers: Mapping[str, str]
    body: bytes


def due_pushes(ledger: Connection, controls: Controls, now: datetime, limit: int) -> list[Push]:
    """The released deliveries that are to be posted now, in order."""
    rows = ledger.execute(f"{_DELIVERY} {_UNPUSHED}", (TRIES_MAX, stamp(now), limit)).fetchall()
    return [
        Push(delivery=row["seq"], tries=row["tries"], headers=headers, body=body)
        for row in rows
        for headers, body in [dress(row, controls, now)]
    ]


def record_push(ledger: Connection, push: Push, now: datetime, *, taken: bool) -> None:
    """A delivery that was taken is done; the wait for another try doubles each time."""
    again_at = stamp(now + timedelta(seconds=2**push.tries))
    ledger.execute(
        "UPDATE deliveries SET pushed_at = ?, push_after = ?, tries = ? WHERE seq = ?",
        (stamp(now) if taken else None, again_at, push.tries + 1, push.delivery),
    )


def dress(delivery: Row, controls: Controls, now: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body of a delivery: genuine, or wrong in the way it was ordered."""
    body: bytes = delivery["body"].encode()
    secret = controls.settings.event_secret
    forgery = None if delivery["forgery"] is None else Forgery(delivery["forgery"])
    match forgery:
        case None:
            return _signed(secret, body, now), body
        case Forgery.UNSIGNED:
            return {"Content-Type": "application/json"}, body
        case Forgery.WRONG_SECRET:
            return _signed(f"{secret} of somebody else", body, now), body
        case Forgery.ALTERED:
            return _signed(secret, body, now), body.replace(b'"declined"', b'"approved"') + b" "
        case Forgery.STALE:
            return _signed(secret, body, now - timedelta(hours=1)), body
        case _:
            assert_never(forgery)


def _signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    return {"Content-Type": "application/json", HEADER: sign(secret, body, at)}
