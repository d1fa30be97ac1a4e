"""Every table. `merchant_id` leads every key, so that no row can point at another merchant's.

Ids sort by the time they were made; so a table that grows can be cut by ranges of its key, one per month. Rows with
work to do carry their due time and a lease: they are the queue. `triggers` guards the tables that only grow.
"""

from __future__ import annotations

from purring.store.schema.access import RequestStatus, api_key, api_request, invoice_link
from purring.store.schema.billing import STOPS, attempt, invoice, invoice_line, recovery, refund
from purring.store.schema.endpoints import endpoint, event_delivery, event_try
from purring.store.schema.letters import letter
from purring.store.schema.looks import brand, notice_text
from purring.store.schema.parties import (
    card_identity,
    customer,
    mandate,
    merchant,
    payment_method,
    person,
    policy,
    price,
    product,
    subscription,
    test_clock,
)
from purring.store.schema.portal import portal_session, portal_try, sign_in_code
from purring.store.schema.records import (
    DeliveryStatus,
    InboundStatus,
    delivery,
    event,
    inbound_event,
    journal_entry,
    journal_posting,
    notice,
    unknown_code,
)
from purring.store.schema.upkeep import found_charge, installation, permit, set_aside, throttle

__all__ = [
    "APPEND_ONLY",
    "STOPS",
    "DeliveryStatus",
    "InboundStatus",
    "RequestStatus",
    "api_key",
    "api_request",
    "attempt",
    "brand",
    "card_identity",
    "customer",
    "delivery",
    "endpoint",
    "event",
    "event_delivery",
    "event_try",
    "found_charge",
    "inbound_event",
    "installation",
    "invoice",
    "invoice_line",
    "invoice_link",
    "journal_entry",
    "journal_posting",
    "letter",
    "mandate",
    "merchant",
    "notice",
    "notice_text",
    "payment_method",
    "permit",
    "person",
    "policy",
    "portal_session",
    "portal_try",
    "price",
    "product",
    "recovery",
    "refund",
    "set_aside",
    "sign_in_code",
    "subscription",
    "test_clock",
    "throttle",
    "unknown_code",
]

APPEND_ONLY = (policy, event, journal_entry, journal_posting, letter, mandate)
