"""What operators say about gateways: how many charges they bear, and that a pause is over."""

from __future__ import annotations

from purring.domain.ids import MerchantId
from purring.domain.throttle import EVERYBODY, Throttle, limited, reopened
from purring.operations.services import Services
from purring.store import Connection, merchants, throttles
from purring.telemetry.logs import log


def gateway_limits(services: Services) -> list[Throttle]:
    """What holds charges back at gateways: each limit, and each pause."""
    with services.store.reading() as conn:
        return [one for one in throttles.all_of(conn) if one.holds]


def set_limits(
    services: Services,
    gateway: str,
    merchant_id: MerchantId | None = None,
    *,
    per_s: float | None = None,
    burst: int | None = None,
    in_flight_max: int | None = None,
) -> Throttle:
    """Limit the charges at a gateway, of one merchant or of all together; without numbers there is no limit any more.

    It holds from each worker's next turn on; what is under way then isn't counted.

    Raises:
        ConfigError: there is no such gateway.
        NotFound: there is no such merchant.
        InvalidInput: a number is out of range.
    """
    services.gateway(gateway)
    with services.store.transaction() as conn:
        if merchant_id is not None:
            merchants.get(conn, merchant_id)
        known = _locked(conn, gateway, merchant_id or EVERYBODY)
        newer = limited(known, per_s=per_s, burst=burst, in_flight_max=in_flight_max)
        throttles.save(conn, newer)
    log.info(
        "gateway_limited", gateway=gateway, merchant_id=merchant_id, per_s=newer.per_s, in_flight_max=in_flight_max
    )
    return newer


def end_pause(services: Services, gateway: str) -> bool:
    """Say that a gateway is back; False if it wasn't paused. What was put off comes back at its own place.

    Raises ConfigError.
    """
    services.gateway(gateway)
    with services.store.transaction() as conn:
        known = _locked(conn, gateway, EVERYBODY)
        if not known.pauses:
            return False
        throttles.save(conn, reopened(known))
    log.info("gateway_pause_ended", gateway=gateway)
    return True


def _locked(conn: Connection, gateway: str, merchant_id: str) -> Throttle:
    """The row as it is, or a new one."""
    found = {one.merchant_id: one for one in throttles.lock(conn, [gateway], [merchant_id])}
    return found.get(merchant_id, Throttle(gateway=gateway, merchant_id=merchant_id))
