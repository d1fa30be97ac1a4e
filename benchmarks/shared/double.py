"""A gateway in this process that answers at once, so that what is measured is everything but the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zlib import crc32

from purring.domain.attempt import Absent, Approved, Declined, Outcome
from purring.domain.decline import Answer
from purring.gateways.base import (
    Capabilities,
    ChargeRequest,
    InboundEvent,
    RefundOutcome,
    RefundRefused,
    RefundRequest,
)

FUNDS = Answer(gateway="sandbox", network="visa", raw_code="51", message="Insufficient funds")


class InstantGateway:
    """Declines so many percent of the charges for want of funds, always the same ones; approves the others."""

    name = "sandbox"

    def __init__(self, *, declined_percent: int, in_flight_max: int = 1_000) -> None:
        self._declined_percent = declined_percent
        self.capabilities = Capabilities(key_lifetime=timedelta(hours=24), in_flight_max=in_flight_max)

    def charge(self, request: ChargeRequest) -> Outcome:
        """Answer."""
        reference = f"ch_{request.key}"
        if crc32(request.invoice_id.encode()) % 100 < self._declined_percent:
            return Declined(answer=FUNDS, gateway_ref=reference)
        return Approved(gateway_ref=reference, captured=request.amount)

    def find(self, key: str) -> Outcome:
        """Nothing is ever left open."""
        del key
        return Absent()

    cancel = find

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give nothing back."""
        return RefundRefused(detail=f"no refund of {request.charge_key}")

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Send no events."""
        raise AssertionError((headers, body, now))

    def close(self) -> None:
        """Keep nothing open."""
