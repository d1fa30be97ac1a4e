"""What merchants have made their own about notices."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary

from purring.store.columns import check, instant, number, strings, table, words

brand = table(
    "brand",
    words("color"),
    words("reply_to"),
    strings("footer"),
    Column("logo", LargeBinary, nullable=True),
    words("logo_type", nullable=True),
    number("logo_width", nullable=True),
    number("logo_height", nullable=True),
    instant("changed_at"),
    check("logo_known", "(logo IS NULL) = (logo_type IS NULL OR logo_width IS NULL OR logo_height IS NULL)"),
    key=(),
)

notice_text = table(
    "notice_text",
    words("locale"),
    words("scope"),
    words("key"),
    words("text"),
    words("base"),
    instant("changed_at"),
    key=("locale", "scope", "key"),
)
