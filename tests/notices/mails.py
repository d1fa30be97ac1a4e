"""One mail that the tests of sending share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from purring.domain.ids import DeliveryId, RecoveryId
from purring.notices.message import Message
from purring.notices.samples import rendered, samples

NOTICE = rendered(samples()[0], "nb")
MESSAGE = Message(
    delivery_id=DeliveryId("dlv_01k6q3v8f0m2c4e6g8j0n2q4s6"),
    thread=RecoveryId("rec_01k6q3v8f0m2c4e6g8j0n2q4s6"),
    at=datetime(2026, 11, 3, 9, 0, tzinfo=UTC),
    locale="nb",
    from_name="Nordlys Skylagring",
    from_email="billing@nordlys.example",
    to_name="Kåre Ødegård",
    to_email="kare@kunde.example",
    reply_to="faktura@nordlys.example",
    subject=NOTICE.subject,
    body=NOTICE.body_text,
)


def changed(**more: Any) -> Message:
    """The message with some fields changed."""
    return replace(MESSAGE, **more)
