"""The list of charges: what a system reads that has forgotten some of them."""

from __future__ import annotations

from purring.gateways.sandbox import controls
from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.charges import show
from purring.gateways.sandbox.ledger import stamp

PAGE_MAX = 100

_LIST = """
SELECT charges.*, tokens.kind AS kind, tokens.last4 AS last4 FROM charges JOIN tokens USING (token)
WHERE charges.created_at >= ? AND charges.seq > ? ORDER BY charges.seq LIMIT ?
"""


def since(call: Call) -> Answered:
    """GET /v1/charges/list: charges from `since` on, in their order, 100 at a time; go on `after` the cursor."""
    at, after = controls.instant_of(call.query.get("since", "")), call.query.get("after", "0")
    if not after.isdecimal():
        raise SandboxRefusal(400, "invalid_request", "after: send the cursor of the page before.")
    rows = call.ledger.execute(_LIST, (stamp(at), int(after), PAGE_MAX + 1)).fetchall()
    listed = [
        {
            **show(row),
            "token": row["token"],
            "kind": row["kind"],
            "scheme": row["network"],
            "last4": row["last4"],
            "fingerprint": row["fingerprint"],
            "off_session": bool(row["off_session"]),
            "updated_at": row["updated_at"],
        }
        for row in rows[:PAGE_MAX]
    ]
    cursor = str(rows[PAGE_MAX - 1]["seq"]) if len(rows) > PAGE_MAX else None
    return Answered(status=200, body={"charges": listed, "cursor": cursor})
