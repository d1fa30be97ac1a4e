"""Where merchants' events are sent, what is still owed to whom, and every try."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from purring.domain.endpoint import DisabledReason, EndpointStatus, EventDeliveryStatus
from purring.store.columns import (
    an_id,
    check,
    instant,
    lease,
    number,
    one_of,
    partial_index,
    queue,
    strings,
    table,
    to,
    words,
)

endpoint = table(
    "endpoint",
    an_id("id"),
    words("url"),
    words("description"),
    strings("wanted"),
    one_of("status", EndpointStatus),
    one_of("reason", DisabledReason),
    instant("created_at"),
    words("secret"),
    words("old_secret", nullable=True),
    instant("old_secret_until", nullable=True),
    instant("disabled_at", nullable=True),
    instant("failing_since", nullable=True),
    number("version"),
    check("disabled", "(status = 'disabled') = (disabled_at IS NOT NULL)"),
    check("why_disabled", "(status = 'disabled') = (reason <> '')"),
    check("whole_old_secret", "(old_secret IS NULL) = (old_secret_until IS NULL)"),
)

# One row for each event and endpoint that is told of it, written together with the event.
event_delivery = table(
    "event_delivery",
    an_id("id"),
    an_id("endpoint_id"),
    an_id("event_id"),
    an_id("object_id"),
    one_of("status", EventDeliveryStatus),
    instant("owed_at"),
    instant("next_step_at", nullable=True),
    number("tries"),
    instant("ended_at", nullable=True),
    words("problem"),
    *lease(),
    to("endpoint", "endpoint_id"),
    to("event", "event_id"),
    UniqueConstraint("merchant_id", "endpoint_id", "event_id", name="event_id"),
    check("owed", "(status = 'owed') = (next_step_at IS NOT NULL)"),
    check("ended", "(status = 'owed') = (ended_at IS NULL)"),
    queue("event_delivery", "endpoint_id"),
    partial_index(
        "ix_event_delivery_order",
        "merchant_id",
        "endpoint_id",
        "object_id",
        "event_id",
        where="next_step_at IS NOT NULL",
    ),
    Index("ix_event_delivery_ended", "status", "ended_at"),
    partial_index("ix_event_delivery_dead", "merchant_id", "endpoint_id", "ended_at", where="status = 'dead'"),
)

event_try = table(
    "event_try",
    an_id("id"),
    an_id("delivery_id"),
    instant("at"),
    number("answer", nullable=True),
    number("took_ms"),
    words("problem"),
    to("event_delivery", "delivery_id"),
    Index("ix_event_try_delivery_id", "merchant_id", "delivery_id", "id"),
)
