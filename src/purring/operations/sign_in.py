"""Signing in to the portal: by a code that is sent to the person's address, or by the merchant's own application.

Asking for a code answers alike whether anybody has the address or not. Codes and tokens follow from the installation's
secret and an id that nobody can guess; only hashes of them are kept, so that reading the database lets nobody in.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from purring.domain.access import SESSION_MAX, OpenedBy, Permission, Session, SignInCode, may
from purring.domain.customer import Customer, Person
from purring.domain.errors import NotFound, RefusalCode, Refused
from purring.domain.ids import CustomerId, MerchantId, PersonId, SessionId, SignInCodeId
from purring.domain.merchant import Merchant
from purring.notices.send import Delivered
from purring.notices.sign_in_code import sign_in_mail
from purring.operations.services import Services
from purring.store import Connection, customers, merchants, sessions
from purring.store.sessions import Asked
from purring.telemetry.logs import log

TOKEN_BYTES = 32
ENTRY_PATH = "/enter/"
CODE_DIGITS = 6
ASKED_WITHIN = timedelta(hours=1)
ASKED_MAX = Asked(address=5, network=30, merchant=1_000)
"""How many codes may be asked for within `ASKED_WITHIN`: enough for a company behind one address, too few to guess."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is remembered when a session was used last: not every page is worth a write."""
DEVICE_CHARS_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeToSend:
    """A code, and who gets it. Never logged, never stored."""

    id: SignInCodeId
    code: str
    person: Person
    merchant: Merchant


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who is signed in, as of now."""

    merchant: Merchant
    customer: Customer
    person: Person
    session: Session


def ask_code(services: Services, merchant_id: MerchantId, email: str, network: str) -> CodeToSend | None:
    """Make a code for whoever reads mail at an address; None if nobody of this merchant's does. Send it afterwards.

    Raises:
        NotFound: no such merchant.
        Refused: too many were asked for, for this address, from this network or at this merchant.
    """
    now = services.clock.now()
    code = SignInCodeId(services.ids.new("sic_"))
    address, place = _keyed(services, "address", email.lower()), _keyed(services, "network", network)
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        merchant = merchants.get(conn, merchant_id)
        _require_room(sessions.asked_since(conn, merchant_id, address, place, now - ASKED_WITHIN))
        sent = SignInCode(id=code, address_hash=address, code_hash=_code_hash(services, code), sent_at=now)
        sessions.add_code(conn, merchant_id, sent, place)
        people = _who_may_see(conn, merchant_id, email)
    return CodeToSend(id=code, code=_code(services, code), person=people[0], merchant=merchant) if people else None


def send_code(services: Services, to_send: CodeToSend) -> None:
    """Mail a code. Nobody waits for it: whoever gets none asks for another one."""
    mail = sign_in_mail(
        to_send.id,
        to_send.code,
        to_send.person,
        to_send.merchant,
        from_email=services.from_email,
        now=services.clock.now(),
    )
    outcome = services.sender.send(mail)
    if not isinstance(outcome, Delivered):
        log.warning("code_not_sent", code_id=to_send.id, detail=outcome.detail)


def _who_may_see(conn: Connection, merchant_id: MerchantId, email: str) -> list[Person]:
    """Whom an address lets in: an address that only gets notices lets nobody in."""
    return [one for one in sessions.people_at(conn, merchant_id, email) if may(one, Permission.SEE)]


def _require_room(asked: Asked) -> None:
    if asked.address >= ASKED_MAX.address or asked.network >= ASKED_MAX.network or asked.merchant >= ASKED_MAX.merchant:
        raise Refused(RefusalCode.TOO_MANY_CODES)


def accounts(services: Services, merchant_id: MerchantId, email: str, code: str) -> list[Person]:
    """Use a code up: whom it lets in, one person for each customer that they look after. Nobody, if it is wrong."""
    with services.store.transaction() as conn:
        if not _is_right(conn, services, merchant_id, email, code):
            return []
        return _who_may_see(conn, merchant_id, email)


def _is_right(conn: Connection, services: Services, merchant_id: MerchantId, email: str, code: str) -> bool:
    """Whether this is the newest code of the address, and still good. Each try is counted."""
    now = services.clock.now()
    known = sessions.lock_newest_code(conn, merchant_id, _keyed(services, "address", email.lower()))
    if known is None or not known.is_good(now):
        return False
    right = hmac.compare_digest(known.code_hash, _keyed(services, f"code {known.id}", code.strip()))
    sessions.try_code(conn, merchant_id, known, used_at=now if right else None)
    return right


def open_session(
    services: Services,
    merchant_id: MerchantId,
    person: Person,
    opened_by: OpenedBy,
    *,
    instead_of: Session | None = None,
    device: str = "",
) -> str:
    """Sign somebody in; gives the token that proves it. `instead_of`: the session that this one takes the place of."""
    session = _session_of(services, person, opened_by, device)
    token = _token(services, session.id)
    with services.store.transaction() as conn:
        sessions.open_session(conn, merchant_id, session, _hash(token))
        if instead_of:
            sessions.end(conn, merchant_id, [instead_of.id], session.opened_at)
    return token


def _session_of(services: Services, person: Person, opened_by: OpenedBy, device: str = "") -> Session:
    now = services.clock.now()
    return Session(
        id=SessionId(services.ids.new("ses_")),
        customer_id=person.customer_id,
        person_id=person.id,
        opened_by=opened_by,
        opened_at=now,
        seen_at=now,
        proved_at=now if opened_by is OpenedBy.CODE else None,
        device=device[:DEVICE_CHARS_MAX],
    )


def open_for(services: Services, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId) -> str:
    """Let somebody in whom the merchant's own application knows; gives the address that leads in, for five minutes.

    Raises:
        NotFound: no such customer, or no such person there.
    """
    with services.store.reading() as conn:
        person = _person(customers.get(conn, merchant_id, customer_id), person_id)
    session = _session_of(services, person, OpenedBy.APPLICATION)
    entry = _entry(services, session.id)
    with services.store.transaction() as conn:
        sessions.open_session(conn, merchant_id, session, _hash(_token(services, session.id)), _hash(entry))
    return f"{services.base_url}{ENTRY_PATH}{entry}"


def enter(services: Services, entry: str) -> str | None:
    """The token of the session that a link leads into; None if it leads nowhere (any more). Changes nothing."""
    with services.store.reading() as conn:
        session = sessions.by_entry(conn, _hash(entry))
    return _token(services, session.id) if session and session.lets_enter(services.clock.now()) else None


def signed_in(services: Services, token: str) -> SignedIn | None:
    """Who shows this token; None if it opens nothing (any more)."""
    now = services.clock.now()
    with services.store.reading() as conn:
        found = sessions.by_token(conn, _hash(token))
        if found is None or not found[1].is_alive(now):
            return None
        merchant_id, session = found
        merchant, customer = merchants.get(conn, merchant_id), customers.get(conn, merchant_id, session.customer_id)
    people = [one for one in customer.people if one.id == session.person_id]
    if not people:
        return None
    if now >= session.seen_at + SEEN_EVERY:
        with services.store.transaction() as conn:
            sessions.seen(conn, merchant_id, session.id, now)
    return SignedIn(merchant=merchant, customer=customer, person=people[0], session=replace(session, seen_at=now))


def prove(services: Services, who: SignedIn, code: str) -> bool:
    """Take a fresh code from somebody who is signed in; tells whether it was right."""
    now = services.clock.now()
    with services.store.transaction() as conn:
        right = _is_right(conn, services, who.merchant.id, who.person.email, code)
        if right:
            sessions.proved(conn, who.merchant.id, who.session.id, now)
    return right


def same_person(services: Services, who: SignedIn) -> list[tuple[Person, Customer]]:
    """Everybody with the address of somebody who has entered a code, each with the customer they look after."""
    if who.session.opened_by is not OpenedBy.CODE:
        return [(who.person, who.customer)]
    with services.store.reading() as conn:
        people = _who_may_see(conn, who.merchant.id, who.person.email)
        found = customers.load(conn, [(who.merchant.id, one.customer_id) for one in people])
    return [(one, found[who.merchant.id, one.customer_id]) for one in people]


def own_sessions(services: Services, who: SignedIn) -> list[Session]:
    """Where the person is signed in, newest first."""
    now = services.clock.now()
    with services.store.reading() as conn:
        found = sessions.of_person(conn, who.merchant.id, who.person.id, now - SESSION_MAX)
    return [session for session in found if session.is_alive(now)]


def sign_out(services: Services, who: SignedIn) -> None:
    """End this session."""
    _end(services, who, [who.session.id])


def sign_out_everywhere(services: Services, who: SignedIn) -> None:
    """End every session of the person, this one too."""
    _end(services, who, [session.id for session in own_sessions(services, who)])


def _end(services: Services, who: SignedIn, ids: list[SessionId]) -> None:
    with services.store.transaction() as conn:
        sessions.end(conn, who.merchant.id, ids, services.clock.now())


def _person(customer: Customer, person_id: PersonId) -> Person:
    for person in customer.people:
        if person.id == person_id:
            return person
    raise NotFound(f"There is no person {person_id} at this customer.", field="person_id")


# ---------------------------------------------------------------------------------------------------------------------
# What only the secret's holder can make


def _code(services: Services, code: SignInCodeId) -> str:
    number = int.from_bytes(_mac(services, f"digits {code}")) % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


def _code_hash(services: Services, code: SignInCodeId) -> str:
    return _keyed(services, f"code {code}", _code(services, code))


def _entry(services: Services, session: SessionId) -> str:
    return urlsafe_b64encode(_mac(services, f"entry {session}")[:TOKEN_BYTES]).rstrip(b"=").decode()


def _token(services: Services, session: SessionId) -> str:
    return urlsafe_b64encode(_mac(services, f"session {session}")[:TOKEN_BYTES]).rstrip(b"=").decode()


def _keyed(services: Services, purpose: str, value: str) -> str:
    """A hash that nobody can try values against without the secret: codes and addresses have few of them."""
    return _mac(services, f"{purpose} {value}").hex()


def _mac(services: Services, text: str) -> bytes:
    return hmac.digest(services.secret_key, f"portal {text}".encode(), "sha256")


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
