"""Codes that were sent to people's addresses, and the sessions that they opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from purring.domain.access import Session, SignInCode
from purring.domain.customer import Person
from purring.domain.ids import MerchantId, PersonId, SessionId
from purring.store import bulk
from purring.store.schema import person, portal_session, sign_in_code

_CODE = bulk.Shape(sign_in_code, made={"network_hash": lambda _code: ""})
_SESSION = bulk.Shape(portal_session, made={"token_hash": lambda _session: "", "entry_hash": lambda _session: None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How many codes were asked for since some instant: for one address, from one network, and at one merchant."""

    address: int
    network: int
    merchant: int


def asked_since(
    conn: Connection, merchant_id: MerchantId, address_hash: str, network_hash: str, since: datetime
) -> Asked:
    """Count the codes that were asked for."""
    own = sign_in_code.c
    counts = select(
        func.count().filter(own.address_hash == address_hash).label("address"),
        func.count().filter(own.network_hash == network_hash).label("network"),
        func.count().label("merchant"),
    ).where(own.merchant_id == merchant_id, own.sent_at > since)
    row = conn.execute(counts).one()
    return Asked(address=row.address, network=row.network, merchant=row.merchant)


def add_code(conn: Connection, merchant_id: MerchantId, code: SignInCode, network_hash: str) -> None:
    """Remember a code, and from where it was asked for."""
    conn.execute(
        insert(sign_in_code).values(
            merchant_id=merchant_id,
            id=code.id,
            address_hash=code.address_hash,
            network_hash=network_hash,
            code_hash=code.code_hash,
            sent_at=code.sent_at,
            tries=code.tries,
            used_at=code.used_at,
        )
    )


def lock_newest_code(conn: Connection, merchant_id: MerchantId, address_hash: str) -> SignInCode | None:
    """Find the newest code that was sent to an address, and keep others from trying it until the transaction ends."""
    own = sign_in_code.c
    statement = (
        select(sign_in_code)
        .where(own.merchant_id == merchant_id, own.address_hash == address_hash)
        .order_by(own.sent_at.desc(), own.id.desc())
        .limit(1)
        .with_for_update()
    )
    row = conn.execute(statement).one_or_none()
    return SignInCode(**_CODE.plain(row)) if row else None


def try_code(conn: Connection, merchant_id: MerchantId, code: SignInCode, *, used_at: datetime | None) -> None:
    """Count a try; a right one uses the code up."""
    own = sign_in_code.c
    conn.execute(
        update(sign_in_code)
        .where(own.merchant_id == merchant_id, own.id == code.id)
        .values(tries=own.tries + 1, used_at=used_at)
    )


def people_at(conn: Connection, merchant_id: MerchantId, email: str) -> list[Person]:
    """List the people of a merchant's customers who read mail at an address, whatever its case."""
    own = person.c
    at_address = (own.merchant_id == merchant_id, func.lower(own.email) == email.lower())
    statement = select(person).where(*at_address, own.removed_at.is_(None))
    return [Person(**_PERSON.plain(row)) for row in conn.execute(statement.order_by(own.id))]


_PERSON = bulk.Shape(person)


def open_session(
    conn: Connection, merchant_id: MerchantId, session: Session, token_hash: str, entry_hash: str | None = None
) -> None:
    """Remember that somebody is signed in. `entry_hash`: of the token in a link that leads in."""
    values = {name: getattr(session, name) for name in _SESSION_FIELDS}
    hashes = {"token_hash": token_hash, "entry_hash": entry_hash}
    conn.execute(insert(portal_session).values(merchant_id=merchant_id, **hashes, **values))


_SESSION_FIELDS = (
    "id",
    "customer_id",
    "person_id",
    "opened_by",
    "opened_at",
    "seen_at",
    "proved_at",
    "ended_at",
    "device",
)


def by_token(conn: Connection, token_hash: str) -> tuple[MerchantId, Session] | None:
    """Find the session of a token, whether it is alive or not."""
    row = conn.execute(select(portal_session).where(portal_session.c.token_hash == token_hash)).one_or_none()
    return (row.merchant_id, _session(row)) if row else None


def by_entry(conn: Connection, entry_hash: str) -> Session | None:
    """Find the session that a link leads into, whether it is alive or not."""
    row = conn.execute(select(portal_session).where(portal_session.c.entry_hash == entry_hash)).one_or_none()
    return _session(row) if row else None


def of_person(conn: Connection, merchant_id: MerchantId, person_id: PersonId, since: datetime) -> list[Session]:
    """List a person's sessions that were opened since an instant and not ended, newest first."""
    own = portal_session.c
    statement = select(portal_session).where(
        own.merchant_id == merchant_id, own.person_id == person_id, own.ended_at.is_(None), own.opened_at > since
    )
    return [_session(row) for row in conn.execute(statement.order_by(own.opened_at.desc(), own.id))]


def seen(conn: Connection, merchant_id: MerchantId, session_id: SessionId, at: datetime) -> None:
    """Remember that a session was used."""
    _change(conn, merchant_id, [session_id], seen_at=at)


def proved(conn: Connection, merchant_id: MerchantId, session_id: SessionId, at: datetime) -> None:
    """Remember that the session's person has entered a fresh code."""
    _change(conn, merchant_id, [session_id], proved_at=at)


def end(conn: Connection, merchant_id: MerchantId, session_ids: Sequence[SessionId], at: datetime) -> None:
    """Let sessions let nobody in any more."""
    _change(conn, merchant_id, session_ids, ended_at=at)


def end_all(conn: Connection, merchant_id: MerchantId, person_id: PersonId, at: datetime) -> None:
    """End every session of somebody, and every link that leads into one."""
    own = portal_session.c
    whose = (own.merchant_id == merchant_id, own.person_id == person_id, own.ended_at.is_(None))
    conn.execute(update(portal_session).where(*whose).values(ended_at=at))


def _change(conn: Connection, merchant_id: MerchantId, session_ids: Sequence[SessionId], **values: datetime) -> None:
    own = portal_session.c
    conn.execute(update(portal_session).where(own.merchant_id == merchant_id, own.id.in_(session_ids)).values(**values))


def _session(row: Any) -> Session:  # noqa: ANN401 - a row
    return Session(**_SESSION.plain(row))
