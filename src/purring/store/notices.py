"""Notices, and each person's copy of them on its way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, select, update
from sqlalchemy import bindparam as parameter

from purring.domain.customer import Customer, Person
from purring.domain.event import EventDraft
from purring.domain.ids import CustomerId, DeliveryId, IdMaker, InvoiceId, MerchantId, PersonId
from purring.domain.notice import DECLINE_NOTICES, Channel, Notice, NoticeKind, NoticeStatus
from purring.domain.recipients import recipients, texted
from purring.domain.subscription import Subscription
from purring.store import bulk, customers, merchants
from purring.store.leases import Claim
from purring.store.recall import Query
from purring.store.schema import DeliveryStatus, delivery, notice
from purring.store.types import Instant

SHAPE = bulk.Shape(notice)
TRIES_MAX = 8
ACCEPTED = (DeliveryStatus.SENT, DeliveryStatus.DELAYED, DeliveryStatus.DELIVERED)
"""A server answers for it, and nobody has said that it didn't arrive."""
_TOLD_OR_OWED = (NoticeStatus.OWED, NoticeStatus.SENT)
_MAY_REACH = (DeliveryStatus.OWED, *ACCEPTED)
PROBLEM_CHARS_MAX = 500
_FIRST_PAUSE = timedelta(minutes=5)
_DELIVERY = (
    "merchant_id",
    "id",
    "notice_id",
    "person_id",
    "status",
    "next_step_at",
    "tries",
    "problem",
    "channel",
    "code",
    "test_clock_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One person's copy of a notice, with all that rendering needs. Its id makes a stable Message-ID.

    `code`: what a server said of it at last, as an enhanced status such as 5.1.1, or "". `read_at`: when it was first
    read in the portal.
    """

    id: DeliveryId
    merchant_id: MerchantId
    status: DeliveryStatus
    tries: int
    notice: Notice
    person: Person
    customer: Customer
    sent_at: datetime | None
    subject: str | None
    body: str | None
    locale: str | None
    problem: str
    channel: Channel = Channel.EMAIL
    code: str = ""
    reported_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A copy that went out, as it was rendered. `due`: the event that hands it on, where the merchant sends it."""

    claim: Claim
    subject: str
    body: str
    locale: str
    due: EventDraft | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A copy that didn't go out, and why; `permanent` when it never will. `code`: an enhanced status, or ""."""

    claim: Claim
    problem: str
    permanent: bool = False
    code: str = ""


def insert(conn: Connection, notices: Sequence[tuple[MerchantId, Notice]], ids: IdMaker) -> None:
    """Owe notices, each to everybody at the customer who gets it (see `recipients`)."""
    if not notices:
        return
    SHAPE.insert(conn, notices)
    told = customers.people(conn, {(merchant_id, value.customer_id) for merchant_id, value in notices})
    owed = [
        (merchant_id, value, told.get((merchant_id, value.customer_id), ()))
        for merchant_id, value in notices
        if value.status is NoticeStatus.OWED
    ]
    mailed = [
        _copy(merchant_id, value, person, Channel.EMAIL, ids)
        for merchant_id, value, people in owed
        for person in recipients(people, value.kind, escalated=value.escalated)
    ]
    bulk.insert(conn, delivery, _DELIVERY, [*mailed, *_texts(conn, owed, ids)])


def _texts(
    conn: Connection, owed: Sequence[tuple[MerchantId, Notice, Sequence[Person]]], ids: IdMaker
) -> list[bulk.Row]:
    """The copies that go out as text messages; where nobody takes any, the merchants' terms aren't even asked for."""
    taking = {merchant_id for merchant_id, _, people in owed if any(person.takes_sms for person in people)}
    sellers = merchants.load(conn, taking) if taking else {}
    return [
        _copy(merchant_id, value, person, Channel.SMS, ids)
        for merchant_id, value, people in owed
        if merchant_id in sellers
        for person in texted(people, value.kind, sellers[merchant_id].policy.notices)
    ]


def _copy(merchant_id: MerchantId, value: Notice, person: Person, channel: Channel, ids: IdMaker) -> bulk.Row:
    clock_id = value.test_clock_id
    owed = (DeliveryStatus.OWED, value.due_at, 0, "", channel, "")
    return (merchant_id, ids.new("dlv_"), value.id, person.id, *owed, clock_id)


def change(conn: Connection, notices: Sequence[tuple[MerchantId, Notice]]) -> None:
    """Replace notices that are still owed, and their copies' due time with them; a withdrawn one's copies stay here.

    Raises StaleWrite.
    """
    SHAPE.update(conn, notices)
    withdrawn = [(merchant_id, value.id) for merchant_id, value in notices if value.status is NoticeStatus.WITHDRAWN]
    own = delivery.c
    for merchant_id in sorted({key[0] for key in withdrawn}):
        of_those = own.notice_id.in_(sorted(key[1] for key in withdrawn if key[0] == merchant_id))
        conn.execute(
            update(delivery)
            .where(own.merchant_id == merchant_id, of_those, own.status == DeliveryStatus.OWED)
            .values(status=DeliveryStatus.WITHDRAWN, next_step_at=None)
        )


def of_invoices(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[Notice]]:
    """List invoices' notices, oldest first."""
    return _OF_INVOICES.grouped(conn, keys)


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Notice]:
    """List an invoice's notices, oldest first."""
    return of_invoices(conn, [(merchant_id, invoice_id)]).get((merchant_id, invoice_id), [])


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Notice]:
    """Load notices."""
    return {(row.merchant_id, row.id): _notice(row) for row in bulk.matching(conn, notice, set(keys))}


def of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Notice]:
    """List a customer's notices, oldest first."""
    rows = bulk.matching(conn, notice, [(merchant_id, customer_id)], "customer_id", order=("owed_at", "id"))
    return [_notice(row) for row in rows]


def cancel_warnings(conn: Connection, subscriptions: Mapping[bulk.Key, Subscription]) -> dict[bulk.Key, Notice]:
    """Find the newest warning of each subscription's cancellation."""
    owners = {(key[0], value.customer_id) for key, value in subscriptions.items()}
    if not owners:
        return {}
    rows = bulk.matching(conn, notice, owners, "customer_id", order=("owed_at", "id"))
    return {
        (row.merchant_id, row.subscription_id): _notice(row)
        for row in rows
        if row.kind is NoticeKind.CANCELLATION_WARNING
    }


def deliveries(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Delivery]:
    """Load copies with notice, person and customer: those claimed, just before they go out."""
    return _joined(conn, bulk.matching(conn, delivery, set(keys)))


def deliveries_of_notices(conn: Connection, keys: Iterable[bulk.Key]) -> list[Delivery]:
    """List everybody's copies of some notices."""
    rows = bulk.matching(conn, delivery, set(keys), "notice_id", order=("id",))
    return list(_joined(conn, rows).values())


def owed_to(conn: Connection, people: Iterable[bulk.Key], until: datetime) -> set[bulk.Key]:
    """Find the copies of decline notices that are owed to people and fall due by an instant."""
    rows = conn.execute(_owed_to(conn.dialect.name), bulk.key_params(conn.dialect.name, people) | {"until": until})
    return {(row.merchant_id, row.id) for row in rows}


def are_owed(conn: Connection, keys: Sequence[bulk.Key]) -> bool:
    """Tell whether all of these copies are still to go out."""
    rows = bulk.matching(conn, delivery, keys)
    return len(rows) == len(keys) and all(row.status is DeliveryStatus.OWED for row in rows)


def put_off(conn: Connection, until: Mapping[Claim, datetime], owner: str) -> None:
    """Let claimed copies fall due later, and go of them; that costs them no try."""
    rows = [(*_held(claim, owner), at) for claim, at in until.items()]
    bulk.update_held(conn, delivery, (*bulk.HELD, "next_step_at"), rows, while_owed=True)


def withdraw_from(conn: Connection, merchant_id: MerchantId, person_id: PersonId) -> None:
    """Take back the copies that are still to go out to somebody; a notice that is left to nobody is undelivered."""
    own = delivery.c
    waiting = (own.status == DeliveryStatus.OWED, own.next_step_at.is_not(None))
    taken_back = (
        update(delivery)
        .where(own.merchant_id == merchant_id, own.person_id == person_id, *waiting)
        .values(status=DeliveryStatus.WITHDRAWN, next_step_at=None)
        .returning(own.notice_id)
    )
    give_up_unreached(conn, {(merchant_id, row.notice_id) for row in conn.execute(taken_back)})


def mark_read(
    conn: Connection,
    merchant_id: MerchantId,
    invoice_ids: Collection[InvoiceId],
    person_id: PersonId,
    now: datetime,
) -> None:
    """Remember that a person has seen what had gone out to them about some invoices; the first time counts."""
    own, its = delivery.c, notice.c
    about = select(its.id).where(its.merchant_id == merchant_id, its.invoice_id.in_(sorted(invoice_ids)))
    seen = (own.merchant_id == merchant_id, own.person_id == person_id, own.notice_id.in_(about))
    went_out = (own.sent_at.is_not(None), own.read_at.is_(None))
    conn.execute(update(delivery).where(*seen, *went_out).values(read_at=now))
    read = select(own.notice_id).where(*seen, own.read_at.is_not(None))
    conn.execute(
        update(notice)
        .where(its.merchant_id == merchant_id, its.id.in_(read), its.read_at.is_(None))
        .values(read_at=now)
    )


def mark_sent(conn: Connection, sent: Sequence[Sent], owner: str, now: datetime) -> None:
    """Remember what went out, as far as `owner` still holds it; a notice is sent as soon as one person has it."""
    if not sent:
        return
    rows = [
        (*_held(one.claim, owner), DeliveryStatus.SENT, now, one.subject, one.body, one.locale, None) for one in sent
    ]
    bulk.update_held(
        conn, delivery, (*bulk.HELD, "status", "sent_at", "subject", "body", "locale", "next_step_at"), rows
    )
    keys = bulk.key_params(conn.dialect.name, [(one.claim.merchant_id, one.claim.id) for one in sent])
    conn.execute(_notices_of_sent(conn.dialect.name), keys | {"now": now})


def mark_failed(conn: Connection, failed: Sequence[NotSent], owner: str, now: datetime) -> None:
    """Remember why copies didn't go out; each is tried again, ever later, TRIES_MAX times in all.

    A notice that has reached nobody and never will is undelivered.
    """
    if not failed:
        return
    known = deliveries(conn, [(one.claim.merchant_id, one.claim.id) for one in failed])
    rows = []
    for one in failed:
        tries = known[one.claim.merchant_id, one.claim.id].tries + 1
        over = one.permanent or tries >= TRIES_MAX
        again_at = None if over else now + _FIRST_PAUSE * 2 ** (tries - 1)
        status = DeliveryStatus.FAILED if over else DeliveryStatus.OWED
        rows.append((*_held(one.claim, owner), status, tries, one.problem[:PROBLEM_CHARS_MAX], one.code, again_at))
    columns = (*bulk.HELD, "status", "tries", "problem", "code", "next_step_at")
    bulk.update_held(conn, delivery, columns, rows, while_owed=True)
    give_up_unreached(conn, {(one.merchant_id, one.notice.id) for one in known.values()})


def give_up_unreached(conn: Connection, keys: Iterable[bulk.Key]) -> None:
    """Say of those of some notices that have reached nobody, and never will, that they are undelivered."""
    conn.execute(_notices_of_nobody(conn.dialect.name), bulk.key_params(conn.dialect.name, keys))


def take_up_again(conn: Connection, key: bulk.Key) -> None:
    """Owe a notice that had reached nobody."""
    own = notice.c
    gone = (own.merchant_id == key[0], own.id == key[1], own.status == NoticeStatus.UNDELIVERED)
    conn.execute(update(notice).where(*gone).values(status=NoticeStatus.OWED))


def _held(claim: Claim, owner: str) -> bulk.Row:
    return (claim.merchant_id, claim.id, owner, claim.fence)


@lru_cache
def _owed_to(dialect: str) -> Select[Any]:
    own = delivery.c
    same_notice = and_(notice.c.merchant_id == own.merchant_id, notice.c.id == own.notice_id)
    return (
        select(own.merchant_id, own.id)
        .select_from(bulk.joined(dialect, delivery, "person_id").join(notice, same_notice))
        .where(own.next_step_at <= parameter("until", type_=Instant))
        .where(own.status == DeliveryStatus.OWED, notice.c.kind.in_(sorted(DECLINE_NOTICES)))
    )


@lru_cache
def _notices_of_sent(dialect: str) -> Update:
    went_out = (
        select(delivery.c.notice_id)
        .select_from(bulk.joined(dialect, delivery))
        .where(delivery.c.merchant_id == notice.c.merchant_id, delivery.c.notice_id == notice.c.id)
        .where(delivery.c.status.in_(ACCEPTED))
    )
    return (
        update(notice)
        .where(went_out.exists(), notice.c.status == NoticeStatus.OWED)
        .values(status=NoticeStatus.SENT, sent_at=parameter("now", type_=Instant))
    )


@lru_cache
def _notices_of_nobody(dialect: str) -> Update:
    keys = bulk.wanted(dialect)
    same_notice = and_(delivery.c.merchant_id == notice.c.merchant_id, delivery.c.notice_id == notice.c.id)
    reached = select(delivery.c.id).where(same_notice, delivery.c.status.in_(_MAY_REACH))
    asked_for = select(keys.c.id).where(keys.c.merchant_id == notice.c.merchant_id, keys.c.id == notice.c.id)
    return (
        update(notice)
        .where(asked_for.exists(), notice.c.status.in_(_TOLD_OR_OWED), ~reached.exists())
        .values(status=NoticeStatus.UNDELIVERED, sent_at=None)
    )


def _joined(conn: Connection, rows: Sequence[Any]) -> dict[bulk.Key, Delivery]:
    of = {(row.merchant_id, row.notice_id) for row in rows}
    told = {(row.merchant_id, row.id): _notice(row) for row in bulk.matching(conn, notice, of)}
    owners = customers.load(conn, {(key[0], value.customer_id) for key, value in told.items()})
    people = _addressees(conn, rows, owners.values())
    return {
        (row.merchant_id, row.id): _delivery(
            row,
            told[row.merchant_id, row.notice_id],
            owners[row.merchant_id, told[row.merchant_id, row.notice_id].customer_id],
            people[row.person_id],
        )
        for row in rows
    }


def _addressees(conn: Connection, rows: Sequence[Any], owners: Iterable[Customer]) -> dict[PersonId, Person]:
    """Whose copies these are; who was removed since is looked up apart."""
    people = {person.id: person for owner in owners for person in owner.people}
    removed = {(row.merchant_id, row.person_id) for row in rows if row.person_id not in people}
    if removed:
        people |= {person.id: person for person in customers.anybody(conn, removed).values()}
    return people


def _delivery(row: Any, told: Notice, customer: Customer, person: Person) -> Delivery:  # noqa: ANN401 - a row
    return Delivery(
        id=row.id,
        merchant_id=row.merchant_id,
        status=row.status,
        tries=row.tries,
        notice=told,
        person=person,
        customer=customer,
        sent_at=row.sent_at,
        subject=row.subject,
        body=row.body,
        locale=row.locale,
        problem=row.problem,
        channel=row.channel,
        code=row.code,
        reported_at=row.reported_at,
        read_at=row.read_at,
    )


def _notice(row: Any) -> Notice:  # noqa: ANN401 - a row
    return Notice(**SHAPE.plain(row))


_OF_INVOICES = Query(
    lambda dialect: bulk.select_matching(dialect, notice, "invoice_id", ("owed_at", "id")), _notice, by="invoice_id"
)
