"""Who gets in from outside: API keys, the requests made with them, and links to single invoices."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint

from purring.store.columns import an_id, check, instant, mode, number, one_of, strings, table, to, words, yes_no


class RequestStatus(StrEnum):
    """Whether the answer to a request under an idempotency key is known."""

    STARTED = "started"
    ANSWERED = "answered"


api_key = table(
    "api_key",
    an_id("id"),
    words("name"),
    words("secret_hash"),
    words("shown"),
    strings("scopes"),
    instant("created_at"),
    instant("expires_at", nullable=True),
    instant("revoked_at", nullable=True),
    instant("last_used_at", nullable=True),
    yes_no("is_live"),
    mode(),
    UniqueConstraint("secret_hash", name="secret_hash"),
)

api_request = table(
    "api_request",
    words("idempotency_key"),
    words("request_hash"),
    one_of("status", RequestStatus),
    instant("created_at"),
    number("http_status", nullable=True),
    words("answer", nullable=True),
    check("answered", "(status = 'answered') = (http_status IS NOT NULL AND answer IS NOT NULL)"),
    Index("ix_api_request_created_at", "merchant_id", "created_at"),
    key=("idempotency_key",),
)

# Looked up by the hash alone: whoever opens a link says nothing else.
invoice_link = table(
    "invoice_link",
    words("token_hash"),
    an_id("delivery_id"),
    an_id("invoice_id"),
    instant("created_at"),
    instant("revoked_at", nullable=True),
    to("delivery", "delivery_id"),
    to("invoice", "invoice_id"),
    UniqueConstraint("token_hash", name="token_hash"),
    Index("ix_invoice_link_invoice_id", "merchant_id", "invoice_id"),
    key=("token_hash",),
)
