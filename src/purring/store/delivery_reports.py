"""What is reported about copies that went out: found by their ids alone, marked, and told of their notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Update, bindparam, select, update

from purring.domain.customer import AddressState
from purring.domain.ids import DeliveryId, MerchantId, PersonId
from purring.store import bulk, notices
from purring.store.notices import ACCEPTED, PROBLEM_CHARS_MAX, Delivery
from purring.store.schema import DeliveryStatus, delivery, merchant, notice, person

_CAN_BECOME: Mapping[DeliveryStatus, tuple[DeliveryStatus, ...]] = {
    DeliveryStatus.DELAYED: (DeliveryStatus.SENT,),
    DeliveryStatus.DELIVERED: (DeliveryStatus.SENT, DeliveryStatus.DELAYED),
    # A server that took it may still find out that it can't hand it on.
    DeliveryStatus.BOUNCED: ACCEPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reported:
    """What somebody has reported about one copy. `code`: an enhanced status such as 5.1.1, or ""."""

    copy: Delivery
    status: DeliveryStatus
    code: str
    problem: str


def find(conn: Connection, ids: Iterable[str]) -> dict[str, Delivery]:
    """Load copies by their ids, whosever they are, and keep them as they are until the transaction ends.

    There is no index of ids alone: each merchant's is asked.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    owners = sorted(conn.scalars(select(merchant.c.id)))
    keys = [(owner, one) for owner in owners for one in wanted]
    whole = select(delivery.c.id).select_from(bulk.joined(conn.dialect.name, delivery)).order_by(delivery.c.id)
    conn.execute(whole.with_for_update(of=delivery), bulk.key_params(conn.dialect.name, keys))
    return {key[1]: copy for key, copy in notices.deliveries(conn, keys).items()}


def sent_together(conn: Connection, copies: Iterable[Delivery]) -> dict[DeliveryId, list[Delivery]]:
    """Find for each copy all those that went out in the same mail, itself among them: one may tell several notices."""
    owners = {(copy.merchant_id, copy.customer.id) for copy in copies}
    if not owners:
        return {}
    told = {(row.merchant_id, row.id) for row in bulk.matching(conn, notice, owners, "customer_id")}
    mails: dict[object, list[Delivery]] = {}
    for copy in notices.deliveries_of_notices(conn, told):
        mails.setdefault((copy.merchant_id, copy.person.id, copy.sent_at, copy.channel, copy.body), []).append(copy)
    return {copy.id: mail for mail in mails.values() for copy in mail}


def mark(conn: Connection, some: Sequence[Reported], now: datetime) -> list[Reported]:
    """Remember what became of copies that `find` has given; give back those reports that were news, in their order.

    Notices that have reached nobody say so.
    """
    news, rows = [], []
    stands: dict[str, DeliveryStatus] = {}
    for one in some:
        before = stands.get(one.copy.id, one.copy.status)
        if before in _CAN_BECOME[one.status]:
            news.append(one)
            rows.append({"before": before, **_as_row(one, now)})
            stands[one.copy.id] = one.status
    if rows:
        conn.execute(_marking(), rows)
        bounced = [one.copy for one in news if one.status is DeliveryStatus.BOUNCED]
        notices.give_up_unreached(conn, {(copy.merchant_id, copy.notice.id) for copy in bounced})
    return news


def _as_row(one: Reported, now: datetime) -> dict[str, object]:
    return {
        "owner": one.copy.merchant_id,
        "copy": one.copy.id,
        "after": one.status,
        "said": one.code,
        "why": one.problem[:PROBLEM_CHARS_MAX],
        "reported": now,
    }


@cache
def _marking() -> Update:
    own = delivery.c
    return (
        update(delivery)
        .where(own.merchant_id == bindparam("owner"), own.id == bindparam("copy"), own.status == bindparam("before"))
        .values(
            status=bindparam("after"),
            code=bindparam("said"),
            problem=bindparam("why"),
            reported_at=bindparam("reported"),
        )
    )


def mark_addresses(
    conn: Connection, people: Mapping[tuple[MerchantId, PersonId], AddressState], *, unless: AddressState | None = None
) -> None:
    """Remember of people's addresses whether mail arrives and is wanted; those that are `unless` stay so."""
    own = person.c
    for key, state in sorted(people.items()):
        which = [own.merchant_id == key[0], own.id == key[1], own.email_state != state]
        if unless is not None:
            which.append(own.email_state != unless)
        conn.execute(update(person).where(*which).values(email_state=state))


def owe_again(conn: Connection, key: bulk.Key, now: datetime) -> None:
    """Let a copy that reached nobody be sent once more, under its Message-ID, and its address be tried."""
    copy = notices.deliveries(conn, [key])[key]
    own = delivery.c
    lost = own.status.in_((DeliveryStatus.FAILED, DeliveryStatus.BOUNCED))
    conn.execute(
        update(delivery)
        .where(own.merchant_id == key[0], own.id == key[1], lost)
        .values(status=DeliveryStatus.OWED, next_step_at=now, tries=0, sent_at=None, problem="", code="")
    )
    mark_addresses(conn, {(copy.merchant_id, copy.person.id): AddressState.FINE})
    notices.take_up_again(conn, (copy.merchant_id, copy.notice.id))
