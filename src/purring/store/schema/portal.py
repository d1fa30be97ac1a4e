"""Who is signed in to the portal, the codes that were sent for it, and what was tried there.

Nothing here lets anybody in by itself.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from purring.domain.access import OpenedBy
from purring.domain.card_testing import TryKind
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

_DECLINED = text("counts > 1")

# One row for each method that somebody added, or payment that they made; `counts` is 0 for one that had to wait.
portal_try = table(
    "portal_try",
    an_id("id"),
    one_of("kind", TryKind),
    an_id("customer_id"),
    words("session_hash"),
    words("network_hash"),
    instant("tried_at"),
    number("counts"),
    to("customer", "customer_id"),
    check("counts_not_below_zero", "counts >= 0"),
    Index("ix_portal_try_tried_at", "merchant_id", "kind", "tried_at"),
    Index("ix_portal_try_declined", "tried_at", postgresql_where=_DECLINED, sqlite_where=_DECLINED),
)
