"""Somebody who does something at the moment a gateway is called: for races that happen between two transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from purring.domain.attempt import Outcome as Charged
from purring.gateways.base import (
    Capabilities,
    ChargeRequest,
    Gateway,
    InboundEvent,
    RefundOutcome,
    RefundRequest,
)


class Bystander:
    """The sandbox, with something that happens just before each charge, question and event reaches it."""

    name = "sandbox"

    def __init__(self, gateway: Gateway, before: Callable[[], object]) -> None:
        """Stand beside a gateway."""
        self._gateway = gateway
        self._before = before

    @property
    def capabilities(self) -> Capabilities:
        """The gateway's."""
        return self._gateway.capabilities

    def charge(self, request: ChargeRequest) -> Charged:
        """Let it happen, then charge."""
        self._before()
        return self._gateway.charge(request)

    def find(self, key: str) -> Charged:
        """Let it happen, then ask."""
        self._before()
        return self._gateway.find(key)

    def cancel(self, key: str) -> Charged:
        """Cancel."""
        return self._gateway.cancel(key)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Refund."""
        return self._gateway.refund(request)

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Let it happen, then read."""
        self._before()
        return self._gateway.read_event(headers, body, now)

    def close(self) -> None:
        """Leave the gateway open: it is the world's."""
