"""Limits what people at the portal can try, over all processes: the tries are counted in the database.

A try is written down before it is counted, so two at the same moment count each other.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from purring.domain.card_testing import (
    ALARM_DECLINES_MAX,
    ALARM_WITHIN,
    DECLINED_COUNTS,
    WITHIN,
    TryKind,
    wait_after,
)
from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import CustomerId, MerchantId, PortalTryId
from purring.operations.services import Services
from purring.store import portal_tries
from purring.store.portal_tries import PortalTry
from purring.telemetry.logs import log


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who tries something: at which customer, in which session or with which link, from which network."""

    merchant_id: MerchantId
    customer_id: CustomerId
    session: str
    network: str


def begin_try(services: Services, kind: TryKind, who: Who) -> PortalTryId:
    """Count a try; call it before what is tried.

    Raises:
        Refused: too much was tried; the details are the minutes to wait.
    """
    now = services.clock.now()
    one = PortalTry(
        id=PortalTryId(services.ids.new("ptr_")),
        kind=kind,
        customer_id=who.customer_id,
        session_hash=_hash(services, f"session {who.session}"),
        network_hash=_hash(services, f"network {who.network}"),
        tried_at=now,
    )
    with services.store.transaction() as conn:
        portal_tries.add(conn, who.merchant_id, one, forget_before=now - 2 * WITHIN)
    with services.store.transaction() as conn:
        wait = wait_after(kind, portal_tries.count(conn, who.merchant_id, one, now - WITHIN), now)
        if portal_tries.declined_since(conn, now - ALARM_WITHIN) >= ALARM_DECLINES_MAX:
            wait = max(wait or ALARM_WITHIN, ALARM_WITHIN)
            log.error("portal_declines_alarm", within_s=ALARM_WITHIN.total_seconds())
        if wait is not None:
            portal_tries.let_count(conn, who.merchant_id, one.id, 0)
    if wait is not None:
        log.warning("portal_try_refused", merchant_id=who.merchant_id, customer_id=who.customer_id, kind=kind.value)
        raise Refused(RefusalCode.TOO_MANY_TRIES, details=(str(-(-wait.total_seconds() // 60)).removesuffix(".0"),))
    return one.id


def count_decline(services: Services, merchant_id: MerchantId, try_id: PortalTryId) -> None:
    """Let a try count for more, since what it tried was declined."""
    with services.store.transaction() as conn:
        portal_tries.let_count(conn, merchant_id, try_id, DECLINED_COUNTS)


def _hash(services: Services, text: str) -> str:
    return hmac.digest(services.secret_key, f"portal try {text}".encode(), "sha256").hex()
