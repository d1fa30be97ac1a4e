"""Links in notices: each leads to one invoice and nowhere else, until it is settled or its window is long over.

A copy of a notice has the same link each time it is sent, as its token follows from the installation's secret and the
copy's id. Only the token's hash is kept, so that whoever reads the database can't open anything.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from purring.domain.charge_plan import window_ends_at
from purring.domain.customer import Person
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.standing import Status, status
from purring.operations.services import Services
from purring.operations.test_clocks import now_for
from purring.operations.view import facts_in
from purring.store import Connection, links, notices
from purring.store.links import Link
from purring.store.notices import Delivery

TOKEN_BYTES = 24
"""192 bits, of which nobody guesses one."""

PATH = "/i/"
HIDDEN = "[…]"
VALID_AFTER_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a link shows: how the invoice stands, to the person whose copy of a notice it stood in."""

    facts: Facts
    status: Status
    person: Person


def link_of(services: Services, copy: Delivery) -> str | None:
    """The address in a copy of a notice; None where no invoice is behind it, or we have no pages to lead to."""
    if not services.base_url or copy.notice.invoice_id is None:
        return None
    return f"{services.base_url}{PATH}{_token(services, copy)}"


def mint(conn: Connection, services: Services, copies: Iterable[Delivery]) -> None:
    """Store the links that are about to go out with these copies: each leads somewhere before anybody has it."""
    now = services.clock.now()
    links.remember(
        conn,
        [
            Link(
                merchant_id=copy.merchant_id,
                token_hash=_hash(_token(services, copy)),
                delivery_id=copy.id,
                invoice_id=copy.notice.invoice_id,
                created_at=now,
            )
            for copy in copies
            if link_of(services, copy) and copy.notice.invoice_id
        ],
    )


def without_link(services: Services, copy: Delivery, text: str) -> str:
    """The text of a copy as it may be kept: whoever reads it there can't open the link."""
    return text.replace(_token(services, copy), HIDDEN)


def with_link(services: Services, copy: Delivery, text: str) -> str:
    """The text of a copy as it is sent, from what may be kept of it."""
    return text.replace(f"{PATH}{HIDDEN}", f"{PATH}{_token(services, copy)}")


def open_link(services: Services, token: str) -> Opened:
    """What the link shows; looking leaves it as it is.

    Raises:
        NotFound: it never led anywhere, was revoked, is over, or was somebody's who was removed: nobody learns which.
    """
    with services.store.reading() as conn:
        link = links.by_hash(conn, _hash(token))
        if link is None or link.revoked_at is not None:
            raise _nowhere()
        facts = facts_in(conn, services, link.merchant_id, link.invoice_id, lock=False)
        now = now_for(conn, services, link.merchant_id, link.invoice_id)
        copy = notices.deliveries(conn, [(link.merchant_id, link.delivery_id)])[link.merchant_id, link.delivery_id]
    if copy.person.removed_at or not _is_valid(facts, now):
        raise _nowhere()
    return Opened(facts=facts, status=status(facts, now), person=copy.person)


def revoke_links(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> int:
    """Let all links to an invoice lead nowhere; give how many did until now.

    Raises:
        NotFound: the merchant has no such invoice.
    """
    with services.store.transaction() as conn:
        facts_in(conn, services, merchant_id, invoice_id, lock=True)
        return links.revoke(conn, merchant_id, invoice_id, services.clock.now())


def _is_valid(facts: Facts, now: datetime) -> bool:
    """Until the invoice is settled, or a week after the end of its window, which a pause moves."""
    recovery = facts.recovery
    held_until = recovery.held_until if recovery else None
    ends_at = max(filter(None, (window_ends_at(facts), held_until)))
    return facts.invoice.is_open and now <= ends_at + VALID_AFTER_WINDOW


def _token(services: Services, copy: Delivery) -> str:
    subject = f"invoice link {copy.merchant_id} {copy.id}".encode()
    return urlsafe_b64encode(hmac.digest(services.secret_key, subject, "sha256")[:TOKEN_BYTES]).decode()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _nowhere() -> NotFound:
    return NotFound("This link leads nowhere, or not any more; use the one in the newest message.")
