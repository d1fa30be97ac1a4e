"""What an operator or an app does with endpoints: add, change keys, disable, enable, send again, look at the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from purring.domain.endpoint import (
    DESCRIPTION_CHARS_MAX,
    DisabledReason,
    Endpoint,
    EndpointStatus,
    EventDeliveryStatus,
    check_url,
    check_wanted,
    is_told,
)
from purring.domain.errors import ConfigError, InvalidInput, NotFound, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import EndpointId, EventId, MerchantId, check_id, make_id
from purring.operations.deliver import disable as disable_in
from purring.operations.outbound import Outbound
from purring.operations.services import Services
from purring.operations.transact import transact
from purring.store import Connection, endpoints, event_deliveries, events, merchants
from purring.store.event_deliveries import EventDelivery, Try
from purring.store.events import Event
from purring.webhooks.sign import SECRET_BYTES, secret_of

OVERLAP = timedelta(hours=24)
"""How long the old secret signs beside the new one, unless something else is asked for."""
OVERLAP_MAX = timedelta(days=7)
ENDPOINTS_MAX = 32
"""Per merchant: each event is written once for each of them."""
LOG_MAX = 500
DELETED = "the endpoint was deleted"
_PAGE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An endpoint with its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A delivery with its tries, oldest first."""

    delivery: EventDelivery
    tries: tuple[Try, ...]


def add_endpoint(
    services: Services, merchant_id: MerchantId, url: str, *, wanted: Sequence[str] = (), description: str = ""
) -> Opened:
    """Send a merchant's events there from now on: all of them, or those of the kinds wanted.

    Raises:
        InvalidInput: the address isn't one we may send to, or there is no such kind of event.
        Refused: the merchant has as many endpoints as it may.
        ConfigError: this installation has no key to keep the secret under.
    """
    outbound = _outbound(services)
    secret = secret_of(outbound.draw_bytes(SECRET_BYTES))
    endpoint = Endpoint(
        id=EndpointId(services.ids.new("ep_")),
        merchant_id=merchant_id,
        url=check_url(url, allows_loopback=outbound.poster.allows_loopback),
        description=_described(description),
        wanted=check_wanted(wanted),
        status=EndpointStatus.ENABLED,
        reason=DisabledReason.NONE,
        created_at=services.clock.now(),
        secret=outbound.vault.seal(secret),
    )
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        if len(endpoints.all_of(conn, merchant_id)) >= ENDPOINTS_MAX:
            raise Refused(RefusalCode.TOO_MANY_ENDPOINTS)
        endpoints.create(conn, endpoint)
    return Opened(endpoint=endpoint, secret=secret)


def _described(description: str) -> str:
    if len(description) > DESCRIPTION_CHARS_MAX:
        raise InvalidInput(f"a description has at most {DESCRIPTION_CHARS_MAX} characters", field="description")
    return description.strip()


def change_endpoint(
    services: Services,
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    check: Callable[[Endpoint], None],
    *,
    url: str | None = None,
    wanted: Sequence[str] | None = None,
    description: str | None = None,
) -> Endpoint:
    """Send events elsewhere, or others of them; what isn't named stays. `check` sees it before, and may refuse.

    Raises:
        NotFound: the merchant has no such endpoint.
        InvalidInput: as `add_endpoint`.
    """
    allows_loopback = _outbound(services).poster.allows_loopback

    def act(conn: Connection) -> Endpoint:
        before = endpoints.get(conn, merchant_id, endpoint_id)
        check(before)
        after = replace(
            before,
            url=before.url if url is None else check_url(url, allows_loopback=allows_loopback),
            wanted=before.wanted if wanted is None else check_wanted(wanted),
            description=before.description if description is None else _described(description),
        )
        if after != before:
            endpoints.change(conn, after)
        return endpoints.get(conn, merchant_id, endpoint_id)

    return transact(services, act)


def delete_endpoint(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send nothing there ever again, and forget its secrets; its log is kept as long as any.

    Raises:
        NotFound: the merchant has no such endpoint.
    """
    now = services.clock.now()

    def act(conn: Connection) -> None:
        before = endpoints.get(conn, merchant_id, endpoint_id)
        gone = replace(before, status=EndpointStatus.DELETED, reason=DisabledReason.NONE, disabled_at=None, secret="")
        endpoints.change(conn, replace(gone, old_secret=None, old_secret_until=None))
        event_deliveries.end_all(conn, (merchant_id, endpoint_id), DELETED, now)

    transact(services, act)


def try_endpoint(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> Event:
    """Send an event that means nothing, whatever the endpoint wants, to see whether it arrives; gives that event.

    Raises:
        NotFound: the merchant has no such endpoint.
        Refused: the endpoint is disabled.
    """
    said = EventDraft(kind=EventKind.ENDPOINT_TESTED, object_id=endpoint_id, at=services.clock.now(), data={})

    def act(conn: Connection) -> Event:
        _taking(conn, merchant_id, endpoint_id)
        events.append(conn, [(merchant_id, said)], services.ids)
        return events.of_objects(conn, merchant_id, [endpoint_id])[-1]

    return transact(services, act)


def endpoints_of(
    services: Services, merchant_id: MerchantId
) -> list[tuple[Endpoint, Mapping[EventDeliveryStatus, int]]]:
    """A merchant's endpoints, oldest first, with how many events each is owed, and how many are dead."""
    with services.store.reading() as conn:
        found = endpoints.all_of(conn, merchant_id)
        counts = event_deliveries.counts(conn, merchant_id)
    return [(one, counts.get(one.id, {})) for one in found]


def endpoint_of(
    services: Services, merchant_id: MerchantId, endpoint_id: EndpointId
) -> tuple[Endpoint, Mapping[EventDeliveryStatus, int]]:
    """One endpoint, with how many events it is owed, and how many are dead.

    Raises:
        NotFound: the merchant has no such endpoint.
    """
    with services.store.reading() as conn:
        found = endpoints.get(conn, merchant_id, endpoint_id)
        counts = event_deliveries.counts(conn, merchant_id)
    return found, counts.get(endpoint_id, {})


def rotate_secret(
    services: Services, merchant_id: MerchantId, endpoint_id: EndpointId, *, overlap: timedelta = OVERLAP
) -> Opened:
    """Make a new secret; for a while both sign, so that a receiver can change over in its own time.

    Raises:
        NotFound: the merchant has no such endpoint.
        InvalidInput: the overlap is below zero or longer than a week.
    """
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise InvalidInput("the old secret can go on signing for 0 to 168 hours", field="overlap")
    outbound, now = _outbound(services), services.clock.now()
    secret = secret_of(outbound.draw_bytes(SECRET_BYTES))

    def act(conn: Connection) -> Endpoint:
        before = endpoints.get(conn, merchant_id, endpoint_id)
        after = replace(
            before,
            secret=outbound.vault.seal(secret),
            old_secret=before.secret if overlap else None,
            old_secret_until=now + overlap if overlap else None,
        )
        endpoints.change(conn, after)
        return after

    return Opened(endpoint=transact(services, act), secret=secret)


def reseal_secrets(services: Services) -> int:
    """Seal every secret anew with the newest key, so that older keys can be given up. Gives how many endpoints changed.

    Raises:
        ConfigError: a key with which one was sealed is missing.
    """
    vault = _outbound(services).vault
    changed = 0
    with services.store.reading() as conn:
        found = endpoints.everyone(conn)
    for one in found:
        if all(vault.is_newest(sealed) for sealed in (one.secret, one.old_secret) if sealed):
            continue
        old = vault.seal(vault.open(one.old_secret)) if one.old_secret else None
        resealed = replace(one, secret=vault.seal(vault.open(one.secret)), old_secret=old)
        with services.store.transaction() as conn:
            endpoints.change(conn, resealed)
        changed += 1
    return changed


def disable_endpoint(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send nothing there any more; what it is owed is dead, and can be replayed once it is enabled.

    Raises:
        NotFound: the merchant has no such endpoint.
    """
    now = services.clock.now()

    def act(conn: Connection) -> None:
        endpoints.get(conn, merchant_id, endpoint_id)
        disable_in(conn, services, (merchant_id, endpoint_id), DisabledReason.OPERATOR, now)

    transact(services, act)


def enable_endpoint(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> None:
    """Send events there from now on. What was missed meanwhile is sent by `replay`.

    Raises:
        NotFound: the merchant has no such endpoint.
    """

    def act(conn: Connection) -> None:
        before = endpoints.get(conn, merchant_id, endpoint_id)
        if not before.is_enabled:
            after = replace(before, status=EndpointStatus.ENABLED, reason=DisabledReason.NONE)
            endpoints.change(conn, replace(after, disabled_at=None, failing_since=None))

    transact(services, act)


def replay_dead(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId) -> int:
    """Send everything that is dead again. Gives how many deliveries are owed once more.

    Raises:
        NotFound: the merchant has no such endpoint.
        Refused: the endpoint is disabled.
    """
    now = services.clock.now()
    return transact(
        services, lambda conn: event_deliveries.owe_again(conn, _taking(conn, merchant_id, endpoint_id), now)
    )


def replay_event(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId, event_id: EventId) -> None:
    """Send one event, be it again, under the id that it always had.

    Raises:
        NotFound: the merchant has no such endpoint, or no such event of which the endpoint is told.
        Refused: the endpoint is disabled.
        InvalidId: that is no event's id.
    """
    check_id(event_id, "evt_")
    now = services.clock.now()

    def act(conn: Connection) -> None:
        to = _taking(conn, merchant_id, endpoint_id)
        found = [one for one in events.load(conn, [(merchant_id, event_id)]) if is_told(to, one.kind, one.object_id)]
        if not found:
            raise NotFound(f"no event {event_id} of which this endpoint is told", field="event_id")
        _owe(conn, services, to, found, now)

    transact(services, act)


def replay_since(services: Services, merchant_id: MerchantId, endpoint_id: EndpointId, since: datetime) -> int:
    """Send all events since an instant that the endpoint wants, whether or not it had them. Gives how many are owed.

    Raises:
        NotFound: the merchant has no such endpoint.
        Refused: the endpoint is disabled.
    """
    now, count = services.clock.now(), 0
    last = make_id("evt_", max((since - _EPOCH) // _ONE_MS, 0), 0)

    def act(conn: Connection, last: str) -> tuple[int, str | None]:
        to = _taking(conn, merchant_id, endpoint_id)
        page = events.after(conn, merchant_id, last, limit=_PAGE)
        n = _owe(conn, services, to, [one for one in page if is_told(to, one.kind, one.object_id)], now)
        return n, page[-1].id if len(page) == _PAGE else None

    goes_on: str | None = last
    while goes_on is not None:
        n, goes_on = transact(services, partial(act, last=goes_on))
        count += n
    return count


def _taking(conn: Connection, merchant_id: MerchantId, endpoint_id: EndpointId) -> Endpoint:
    """The endpoint, if events are sent there."""
    to = endpoints.get(conn, merchant_id, endpoint_id)
    if not to.is_enabled:
        raise Refused(RefusalCode.ENDPOINT_DISABLED)
    return to


def _owe(conn: Connection, services: Services, to: Endpoint, found: Sequence[Event], now: datetime) -> int:
    """Owe events, again or for the first time; how many weren't owed anyway."""
    if not found:
        return 0
    told = [(to.merchant_id, one.id, one.kind, one.object_id, one.at) for one in found]
    again = event_deliveries.owe_again(conn, to, now, event_ids=[one.id for one in found])
    return again + event_deliveries.owe_to(conn, to, told, services.ids, now)


def log_of(
    services: Services,
    merchant_id: MerchantId,
    endpoint_id: EndpointId,
    *,
    status: EventDeliveryStatus | None = None,
    before: EventId | None = None,
    limit: int = 50,
) -> list[Logged]:
    """An endpoint's deliveries with their tries, those of the newest events first.

    Raises:
        NotFound: the merchant has no such endpoint.
        InvalidInput: the limit is out of range.
    """
    if not 1 <= limit <= LOG_MAX:
        raise InvalidInput(f"ask for 1 to {LOG_MAX} rows, not {limit}", field="limit")
    with services.store.reading() as conn:
        endpoints.get(conn, merchant_id, endpoint_id)
        found = event_deliveries.of_endpoint(
            conn, (merchant_id, endpoint_id), status=status, before=before, limit=limit
        )
        tries = event_deliveries.tries_of(conn, [(merchant_id, one.id) for one in found])
    return [Logged(delivery=one, tries=tuple(tries.get((merchant_id, one.id), ()))) for one in found]


def _outbound(services: Services) -> Outbound:
    if services.outbound is None:
        raise ConfigError("nothing sends events here; run this where PURRING's settings are", field="outbound")
    return services.outbound
