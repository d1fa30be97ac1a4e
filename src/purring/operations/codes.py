"""Codes of gateways that the rulebook doesn't list: what operators have to look at, and we to add."""

from __future__ import annotations

from purring.domain.ids import MerchantId
from purring.operations.services import Services
from purring.store import unknown_codes
from purring.store.unknown_codes import UnknownCode


def unknown_codes_of(services: Services, merchant_id: MerchantId, *, limit: int = 100) -> list[UnknownCode]:
    """A merchant's answers that hold a code of no table, those met last first."""
    with services.store.reading() as conn:
        return unknown_codes.of_merchant(conn, merchant_id, limit=limit)
