"""Who may do what at a customer, and how long a code or a session lets somebody in (behaviour §8, portal "Signing in").

Permission belongs to the role, never to whoever added a card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from purring.domain.customer import Customer, Person, Role
from purring.domain.errors import NotPermitted, RefusalCode, Refused
from purring.domain.ids import CustomerId, PersonId, SessionId, SignInCodeId

CODE_LIFETIME = timedelta(minutes=10)
CODE_TRIES_MAX = 5
IDLE_MAX = timedelta(minutes=30)
"""A session that nobody used for so long is over: long enough to look for a card, too short for a shared desk."""
SESSION_MAX = timedelta(hours=12)
"""However busy, a session ends after so long: a working day."""
ENTRY_LIFETIME = timedelta(minutes=5)
"""For so long a link that the merchant's application made leads in: it is followed at once, or never."""
STEP_UP = timedelta(minutes=10)
"""For so long a fresh code lets somebody remove methods and change people."""


class Permission(StrEnum):
    """What somebody at the customer may do."""

    SEE = "see"
    PAY = "pay"
    MANAGE_METHODS = "manage_methods"
    MANAGE_PEOPLE = "manage_people"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.BILLING_ADMIN: frozenset(Permission),
    Role.PAYER: frozenset({Permission.SEE, Permission.PAY}),
    Role.READER: frozenset({Permission.SEE}),
    Role.BILLING_ADDRESS: frozenset(),
}


def may(person: Person, permission: Permission) -> bool:
    """Whether a person's role has a permission."""
    return permission in PERMISSIONS[person.role]


def require(customer: Customer, person: Person, permission: Permission) -> None:
    """Let nobody pass whose role lacks a permission.

    Raises NotPermitted, which names the permission; its `details` are the names of those who hold it.
    """
    if may(person, permission):
        return
    holders = tuple(one.name for one in customer.people if may(one, permission))
    whom = f" Ask {', '.join(holders)}." if holders else ""
    raise NotPermitted(f"The role {person.role} lacks the permission {permission}.{whom}", details=holders)


def without(customer: Customer, person: Person) -> tuple[Person, ...]:
    """The people who are left when one goes.

    Raises Refused: nobody could manage billing any more.
    """
    left = tuple(one for one in customer.people if one.id != person.id)
    _require_admin(left)
    return left


def with_role(customer: Customer, person: Person, role: Role) -> tuple[Person, ...]:
    """The people when one has another role. Raises as `without`."""
    people = tuple(replace(one, role=role) if one.id == person.id else one for one in customer.people)
    _require_admin(people)
    return people


def _require_admin(people: Sequence[Person]) -> None:
    if not any(person.role is Role.BILLING_ADMIN for person in people):
        raise Refused(RefusalCode.LAST_BILLING_ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInCode:
    """A code that was sent to an address, kept as a hash. `tries`: how often one was entered."""

    id: SignInCodeId
    address_hash: str
    code_hash: str
    sent_at: datetime
    tries: int = 0
    used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it can still let somebody in."""
        return self.used_at is None and self.tries < CODE_TRIES_MAX and now < self.sent_at + CODE_LIFETIME


class OpenedBy(StrEnum):
    """How a session began."""

    CODE = "code"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in. `proved_at`: when they last entered a code that was sent to their address."""

    id: SessionId
    customer_id: CustomerId
    person_id: PersonId
    opened_by: OpenedBy
    opened_at: datetime
    seen_at: datetime
    proved_at: datetime | None = None
    ended_at: datetime | None = None
    device: str = ""

    def is_alive(self, now: datetime) -> bool:
        """Whether it still lets somebody in."""
        return self.ended_at is None and now < min(self.seen_at + IDLE_MAX, self.opened_at + SESSION_MAX)

    def lets_enter(self, now: datetime) -> bool:
        """Whether the link that it was made with still leads in."""
        return self.is_alive(now) and now < self.opened_at + ENTRY_LIFETIME

    def has_proved(self, now: datetime) -> bool:
        """Whether a fresh code was entered, as removing methods and changing people demand."""
        return self.proved_at is not None and now < self.proved_at + STEP_UP
