"""API keys, each under the hash of its secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from purring.domain.errors import NotFound
from purring.domain.ids import ApiKeyId, MerchantId
from purring.store import bulk
from purring.store.schema import api_key

_SHAPE = bulk.Shape(api_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret. `shown`: its first characters, by which people know it again."""

    id: ApiKeyId
    name: str
    secret_hash: str
    shown: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    is_live: bool = False

    def is_valid(self, at: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def create(conn: Connection, merchant_id: MerchantId, value: ApiKey) -> None:
    """Add a key."""
    _SHAPE.insert(conn, [(merchant_id, value)])


def by_hash(conn: Connection, secret_hash: str) -> tuple[MerchantId, ApiKey] | None:
    """Find the key whose secret has this hash, and whose it is."""
    row = conn.execute(select(api_key).where(api_key.c.secret_hash == secret_hash)).one_or_none()
    return None if row is None else (row.merchant_id, _key(row))


def of_merchant(conn: Connection, merchant_id: MerchantId) -> list[ApiKey]:
    """List a merchant's keys, oldest first."""
    rows = conn.execute(select(api_key).where(api_key.c.merchant_id == merchant_id).order_by(api_key.c.id))
    return [_key(row) for row in rows]


def get(conn: Connection, merchant_id: MerchantId, key_id: ApiKeyId) -> ApiKey:
    """Find a key.

    Raises NotFound.
    """
    own = api_key.c
    row = conn.execute(select(api_key).where(own.merchant_id == merchant_id, own.id == key_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no API key {key_id}; `purring key list` names those there are.", field="key")
    return _key(row)


def change(conn: Connection, merchant_id: MerchantId, key_id: ApiKeyId, **fields: datetime) -> None:
    """Set when a key expires, was revoked, or was used last."""
    own = api_key.c
    conn.execute(update(api_key).where(own.merchant_id == merchant_id, own.id == key_id).values(**fields))


def _key(row: Any) -> ApiKey:  # noqa: ANN401 - a row
    return ApiKey(**_SHAPE.plain(row))
