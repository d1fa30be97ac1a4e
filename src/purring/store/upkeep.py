"""Rows of work that were set aside because they can't be worked: why, since when, how often."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, update
from sqlalchemy.dialects import postgresql, sqlite

from purring.store import bulk
from purring.store.leases import Claim, Work
from purring.store.schema import InboundStatus, inbound_event, invoice, set_aside, subscription

_PROBLEM_CHARS_MAX = 500
_TABLES = {Work.INVOICE: invoice, Work.SUBSCRIPTION: subscription}


def remember(conn: Connection, work: Work, claim: Claim, now: datetime, problem: str) -> None:
    """Write down that a claimed row can't be worked; `since` stays while it fails claim after claim."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    new = make(set_aside).values(
        merchant_id=claim.merchant_id,
        work=work.value,
        id=claim.id,
        fence=claim.fence,
        since=now,
        last_at=now,
        times=1,
        problem=problem[:_PROBLEM_CHARS_MAX],
    )
    old, own = set_aside.c, new.excluded
    again = old.fence == own.fence - 1
    conn.execute(
        new.on_conflict_do_update(
            index_elements=[old.merchant_id, old.work, old.id],
            set_={
                "fence": own.fence,
                "since": case((again, old.since), else_=own.since),
                "last_at": own.last_at,
                "times": case((again, old.times + 1), else_=1),
                "problem": own.problem,
            },
        )
    )


def free(conn: Connection, work: Work, key: bulk.Key) -> None:
    """Let a row that was set aside be claimed at once."""
    own = _TABLES[work].c
    conn.execute(
        update(_TABLES[work])
        .where(own.merchant_id == key[0], own.id == key[1])
        .values(lease_owner=None, lease_until=None)
    )


def work_event_again(conn: Connection, event_id: str, now: datetime) -> None:
    """Let a gateway's event that couldn't act be tried at once, and as often as a new one."""
    _change_event(conn, event_id, status=InboundStatus.STORED, next_step_at=now, tries=0)


def dismiss_event(conn: Connection, event_id: str, note: str) -> None:
    """Leave a gateway's event that couldn't act alone for good, with an operator's reason."""
    _change_event(conn, event_id, status=InboundStatus.DISMISSED, next_step_at=None, problem=note[:_PROBLEM_CHARS_MAX])


def _change_event(conn: Connection, event_id: str, **values: object) -> None:
    """Change one that hasn't acted; whoever holds it loses it."""
    own = inbound_event.c
    stuck = own.status.in_((InboundStatus.STORED, InboundStatus.FAILED))
    free_again = {"lease_owner": None, "lease_until": None, "fence": own.fence + 1}
    conn.execute(update(inbound_event).where(own.id == event_id, stuck).values(**values, **free_again))
