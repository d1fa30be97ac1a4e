"""The sandbox's events: verified, then told in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from purring.domain.errors import BadSignature, GatewayGarbled
from purring.gateways.base import InboundEvent, InboundKind
from purring.gateways.http import read_json
from purring.gateways.sandbox.codes import charge_outcome, money_in
from purring.gateways.sandbox.signing import HEADER, is_genuine

KINDS = {
    "charge.updated": InboundKind.CHARGE_UPDATED,
    "chargeback.opened": InboundKind.CHARGEBACK_OPENED,
    "chargeback.won": InboundKind.CHARGEBACK_WON,
    "chargeback.lost": InboundKind.CHARGEBACK_LOST,
    "refund.created": InboundKind.REFUNDED,
}


def read_event(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
    """Verify one event and read it.

    Raises:
        BadSignature: unsigned, altered, or more than five minutes off `now`.
        GatewayGarbled: signed, but not as documented.
    """
    signature = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
    if not is_genuine(secret, signature, body, now):
        raise BadSignature("The event is not signed with our secret, or its time is more than five minutes off.")
    try:
        return _read(read_json(body))
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayGarbled(f"The event is signed but can't be read: {type(error).__name__}.") from error


def _read(event: object) -> InboundEvent:
    if not isinstance(event, dict):
        raise TypeError("event")
    kind = KINDS[str(event["type"])]
    occurred_at = datetime.fromisoformat(str(event["occurred_at"]))
    if kind is InboundKind.CHARGE_UPDATED:
        charge = event["charge"]
        if not isinstance(charge, dict):
            raise TypeError("charge")
        outcome, amount, reason = charge_outcome(charge), None, ""
    else:
        outcome, amount, reason = None, money_in(event, "amount_minor"), str(event["reason"])
    return InboundEvent(
        event_id=str(event["id"]),
        kind=kind,
        key=str(event["key"]),
        occurred_at=occurred_at,
        outcome=outcome,
        amount=amount,
        reason=reason,
    )
