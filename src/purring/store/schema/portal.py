"""Who is signed in to the portal, and the codes that were sent for it. Nothing here lets anybody in by itself."""

from __future__ import annotations

from sqlalchemy import Index

from purring.domain.access import OpenedBy
from purring.store.columns import an_id, check, instant, number, one_of, table, to, words

sign_in_code = table(
    "sign_in_code",
    an_id("id"),
    words("address_hash"),
    words("network_hash"),
    words("code_hash"),
    instant("sent_at"),
    number("tries"),
    instant("used_at", nullable=True),
    check("tries_not_below_zero", "tries >= 0"),
    Index("ix_sign_in_code_address", "merchant_id", "address_hash", "sent_at"),
    Index("ix_sign_in_code_network", "merchant_id", "network_hash", "sent_at"),
    Index("ix_sign_in_code_sent_at", "merchant_id", "sent_at"),
)

portal_session = table(
    "portal_session",
    an_id("id"),
    an_id("customer_id"),
    an_id("person_id"),
    words("token_hash"),
    words("entry_hash", nullable=True),
    one_of("opened_by", OpenedBy),
    instant("opened_at"),
    instant("seen_at"),
    instant("proved_at", nullable=True),
    instant("ended_at", nullable=True),
    words("device"),
    to("customer", "customer_id"),
    Index("uq_portal_session_token", "token_hash", unique=True),
    Index("uq_portal_session_entry", "entry_hash", unique=True),
    Index("ix_portal_session_person_id", "merchant_id", "person_id"),
)
