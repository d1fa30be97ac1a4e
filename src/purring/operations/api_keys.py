"""API keys: made, listed, rotated, revoked, recognized. Only a hash of each is kept; the key itself is shown once."""

from __future__ import annotations

import string
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from purring.domain.errors import InvalidInput, NotAuthenticated
from purring.domain.ids import ApiKeyId, MerchantId
from purring.domain.merchant import Merchant
from purring.operations.services import Services
from purring.store import api_keys, merchants
from purring.store.api_keys import ApiKey

SECRET_BYTES = 24
SECRET_CHARS = 32
"""190 bits: nobody guesses one."""

CHECK_CHARS = 6
SHOWN_CHARS = 13
NAME_CHARS_MAX = 100
OVERLAP = timedelta(days=1)
"""How long the old key works beside the new one, unless the caller says otherwise."""

DrawBytes = Callable[[int], bytes]
"""Gives bytes that nobody can guess."""

USED_EVERY = timedelta(minutes=1)
"""How exact the last use is: a write for each request would cost more than it tells."""


class Scope(StrEnum):
    """What a key may do: look at, or change, one group of things."""

    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"


SCOPES = {
    "all": tuple(Scope),
    "read": tuple(scope for scope in Scope if scope.endswith(":read")),
    **{scope.value: (scope,) for scope in Scope},
}
"""What may be asked for, and the scopes that it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made. `secret` is the key itself, which nobody can show again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """Who asks: the merchant whose key it is, and what the key may do."""

    merchant_id: MerchantId
    key: ApiKey


def create_key(
    services: Services,
    merchant_id: MerchantId,
    draw_bytes: DrawBytes,
    *,
    name: str,
    scopes: Iterable[str] = ("all",),
    expires_in: timedelta | None = None,
) -> NewKey:
    """Make a key.

    Raises:
        NotFound: no such merchant.
        InvalidInput: it has no name, or a scope is none of SCOPES.
    """
    if not name.strip() or len(name) > NAME_CHARS_MAX:
        raise InvalidInput(f"A key's name has 1 to {NAME_CHARS_MAX} characters; say what it is for.", field="name")
    with services.store.transaction() as conn:
        merchant = merchants.get(conn, merchant_id)
        made = _made(services, merchant, draw_bytes, Wanted(name, _expanded(scopes), expires_in))
        api_keys.create(conn, merchant_id, made.key)
    return made


def keys_of(services: Services, merchant_id: MerchantId) -> list[ApiKey]:
    """A merchant's keys, oldest first."""
    with services.store.reading() as conn:
        return api_keys.of_merchant(conn, merchant_id)


def rotate_key(
    services: Services,
    merchant_id: MerchantId,
    key_id: ApiKeyId,
    draw_bytes: DrawBytes,
    *,
    overlap: timedelta = OVERLAP,
) -> NewKey:
    """Make a key like another one, which ends after the overlap; one that ends before anyway keeps its time.

    Raises:
        NotFound: the merchant has no such key.
        InvalidInput: it isn't valid any more.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        old = api_keys.get(conn, merchant_id, key_id)
        if not old.is_valid(now):
            raise InvalidInput(f"The key {key_id} has ended; make a new one instead.", field="key")
        merchant = merchants.get(conn, merchant_id)
        lifetime = old.expires_at - old.created_at if old.expires_at else None
        made = _made(services, merchant, draw_bytes, Wanted(old.name, old.scopes, lifetime))
        api_keys.create(conn, merchant_id, made.key)
        ends_at = min(filter(None, (old.expires_at, now + overlap)))
        api_keys.change(conn, merchant_id, key_id, expires_at=ends_at)
    return made


def revoke_key(services: Services, merchant_id: MerchantId, key_id: ApiKeyId) -> ApiKey:
    """Let a key open nothing from now on; once is enough.

    Raises NotFound.
    """
    with services.store.transaction() as conn:
        if api_keys.get(conn, merchant_id, key_id).revoked_at is None:
            api_keys.change(conn, merchant_id, key_id, revoked_at=services.clock.now())
        return api_keys.get(conn, merchant_id, key_id)


def authenticate(services: Services, secret: str) -> Authenticated:
    """Recognize a key.

    Raises:
        NotAuthenticated: there is none such, or it has ended; the message doesn't say which.
    """
    now = services.clock.now()
    if not is_well_formed(secret):
        raise NotAuthenticated("This is no API key; copy it whole, from pur_ on.")
    with services.store.reading() as conn:
        found = api_keys.by_hash(conn, _hash(secret))
    if found is None or not found[1].is_valid(now):
        raise NotAuthenticated("This API key isn't valid, or not any more; make one with `purring key create`.")
    merchant_id, key = found
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        with services.store.transaction() as conn:
            api_keys.change(conn, merchant_id, key.id, last_used_at=now)
    return Authenticated(merchant_id=merchant_id, key=key)


def is_well_formed(secret: str) -> bool:
    """Whether it could be a key: its checksum tells a slip of the pen, and scanners a leaked key from other text."""
    head, _, rest = secret.rpartition("_")
    if head not in {"pur_test", "pur_live"} or len(rest) != SECRET_CHARS + CHECK_CHARS or not rest.isascii():
        return False
    return rest[SECRET_CHARS:] == _checksum(f"{head}_{rest[:SECRET_CHARS]}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key is to be called, to open, and for how long."""

    name: str
    scopes: tuple[str, ...]
    lifetime: timedelta | None


def _made(services: Services, merchant: Merchant, draw_bytes: DrawBytes, wanted: Wanted) -> NewKey:
    now, secret = services.clock.now(), _drawn(draw_bytes, is_live=merchant.is_live)
    key = ApiKey(
        id=ApiKeyId(services.ids.new("key_")),
        name=wanted.name,
        secret_hash=_hash(secret),
        shown=secret[:SHOWN_CHARS],
        scopes=wanted.scopes,
        created_at=now,
        expires_at=now + wanted.lifetime if wanted.lifetime else None,
        is_live=merchant.is_live,
    )
    return NewKey(key=key, secret=secret)


def _drawn(draw_bytes: DrawBytes, *, is_live: bool) -> str:
    drawn = _base62(int.from_bytes(draw_bytes(SECRET_BYTES)), SECRET_CHARS)
    body = f"pur_{'live' if is_live else 'test'}_{drawn}"
    return f"{body}{_checksum(body)}"


def _expanded(scopes: Iterable[str]) -> tuple[str, ...]:
    asked = tuple(scopes)
    for one in asked:
        if one not in SCOPES:
            raise InvalidInput(f"There is no scope {one[:60]!r}; use {', '.join(SCOPES)}.", field="scope")
    return tuple(sorted({scope.value for one in asked for scope in SCOPES[one]}))


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), CHECK_CHARS)


def _base62(number: int, length: int) -> str:
    """The last digits of a number."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


_DIGITS = string.digits + string.ascii_letters


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
