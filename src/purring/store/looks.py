"""Merchants' brands, and the texts of notices that they have put in the place of ours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from purring.domain.brand import Brand, Logo
from purring.domain.ids import MerchantId
from purring.domain.notice_text import NoticeText
from purring.store.schema import brand, notice_text

# Made once: every batch of mails begins with them.
_BRANDS = select(brand).where(brand.c.merchant_id.in_(bindparam("ids", expanding=True)))
_TEXTS = (
    select(notice_text)
    .where(notice_text.c.merchant_id.in_(bindparam("ids", expanding=True)))
    .order_by(notice_text.c.merchant_id, notice_text.c.scope, notice_text.c.key, notice_text.c.locale)
)


def brands(conn: Connection, ids: Collection[MerchantId]) -> dict[MerchantId, Brand]:
    """Load the brands of those merchants that have one."""
    rows = conn.execute(_BRANDS, {"ids": sorted(set(ids))}).all()
    return {row.merchant_id: _brand(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A brand without its pictures."""

    color: str
    logo_size: tuple[int, int] | None
    changed_at: datetime


def outline(conn: Connection, merchant_id: MerchantId) -> Outline | None:
    """Load what pages need of a merchant's brand, if it has one."""
    own = brand.c
    columns = select(own.color, own.logo_width, own.logo_height, own.changed_at)
    row = conn.execute(columns.where(own.merchant_id == merchant_id)).one_or_none()
    if row is None:
        return None
    size = (row.logo_width, row.logo_height) if row.logo_width else None
    return Outline(color=row.color, logo_size=size, changed_at=row.changed_at)


def texts(conn: Connection, ids: Collection[MerchantId]) -> dict[MerchantId, list[NoticeText]]:
    """Load the merchants' own texts."""
    found: dict[MerchantId, list[NoticeText]] = {}
    for row in conn.execute(_TEXTS, {"ids": sorted(set(ids))}):
        one = NoticeText(locale=row.locale, scope=row.scope, key=row.key, text=row.text, base=row.base)
        found.setdefault(row.merchant_id, []).append(one)
    return found


def set_brand(conn: Connection, merchant_id: MerchantId, value: Brand, now: datetime) -> None:
    """Give a merchant a brand in the place of the one before."""
    conn.execute(delete(brand).where(brand.c.merchant_id == merchant_id))
    logo = value.logo
    conn.execute(
        insert(brand).values(
            merchant_id=merchant_id,
            color=value.color,
            reply_to=value.reply_to,
            footer=list(value.footer),
            logo=logo and logo.data,
            logo_type=logo and logo.media_type,
            logo_width=logo and logo.width,
            logo_height=logo and logo.height,
            changed_at=now,
        )
    )


def set_text(conn: Connection, merchant_id: MerchantId, value: NoticeText, now: datetime) -> None:
    """Put a text in the place of ours, or of the merchant's own before."""
    remove_text(conn, merchant_id, value.locale, value.scope, value.key)
    conn.execute(
        insert(notice_text).values(
            merchant_id=merchant_id,
            locale=value.locale,
            scope=value.scope,
            key=value.key,
            text=value.text,
            base=value.base,
            changed_at=now,
        )
    )


def remove_text(conn: Connection, merchant_id: MerchantId, locale: str, scope: str, key: str) -> bool:
    """Take a text away again. Tells whether there was one."""
    own = notice_text.c
    removed = conn.execute(
        delete(notice_text).where(
            own.merchant_id == merchant_id, own.locale == locale, own.scope == scope, own.key == key
        )
    )
    return removed.rowcount > 0


def _brand(row: Any) -> Brand:  # noqa: ANN401 - a row
    logo = None
    if row.logo is not None:
        logo = Logo(media_type=row.logo_type, width=row.logo_width, height=row.logo_height, data=row.logo)
    return Brand(color=row.color, logo=logo, reply_to=row.reply_to, footer=tuple(row.footer))
