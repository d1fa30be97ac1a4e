"""After a restore: nothing is charged before the gateways were asked what they charged since the backup (ADR 0030).

What they charged is played again, each charge at its own time, on the database as it was: with it come back invoices
that were paid, recoveries that were opened, and uses of cards under the networks' ceilings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from purring.domain.attempt import OPEN_ATTEMPT, Approved, AttemptStatus, Unavailable, Unknown
from purring.domain.errors import NotFound
from purring.domain.ids import InvoiceId, MerchantId
from purring.gateways.base import ChargePage, Gateway, ListedCharge, lister_of
from purring.operations.charge import Answered, ask_gateway, question_about, record
from purring.operations.renew import renew_due
from purring.operations.replay import as_kept, replay
from purring.operations.services import Services
from purring.operations.transact import together_or_alone, told, transact
from purring.store import Connection, installation, test_clocks
from purring.store.facts import Key
from purring.store.installation import Found, Restored
from purring.telemetry.logs import log

CLOCKS_DIFFER = timedelta(minutes=1)
_DONE = {"done": True, "lists": True}
_CANNOT = {"done": True, "lists": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the check after the last restore is: invoices still to be checked, charges found that aren't settled."""

    restored: Restored
    unchecked: int
    unsettled: int

    @property
    def goes_on(self) -> bool:
        """Whether nothing is charged yet."""
        return self.restored.reconciled_at is None


def progress(services: Services) -> Progress | None:
    """How far the check is; None if the database never was restored."""
    with services.store.reading() as conn:
        restored = installation.state(conn)
        if restored is None:
            return None
        unchecked, unsettled = installation.progress(conn)
    return Progress(restored=restored, unchecked=unchecked, unsettled=unsettled)


def start(services: Services, why: str) -> None:
    """Mark the database as restored: the next worker checks everything before it charges anything."""
    with services.store.transaction() as conn:
        installation.begin(conn, services.clock.now(), why)
    log.warning("restored", why=why)


def is_known_to_gateways(services: Services) -> bool:
    """Compare our newest charge with the gateways': a database that was put back without a word is marked as restored.

    False: a gateway can't be asked now, so nothing may be charged yet.
    """
    with services.store.reading() as conn:
        since = installation.newest_charge_at(conn) - CLOCKS_DIFFER
    for gateway in services.gateways.values():
        unknown = _unknown_since(services, gateway, since)
        if unknown is None:
            return False
        if unknown:
            start(services, f"{gateway.name} made charge {unknown}, of which this database knows nothing")
            break
    return True


def _unknown_since(services: Services, gateway: Gateway, since: datetime) -> str | None:
    """The key of a charge that isn't ours to forget; "" if there is none; None if the gateway can't be asked."""
    lister, cursor = lister_of(gateway), ""
    while lister is not None:
        page = lister.charges_since(since, cursor)
        if not isinstance(page, ChargePage):
            log.warning("gateway_not_compared", gateway=gateway.name, detail=page.detail)
            return None
        with services.store.reading() as conn:
            unknown = installation.unknown_keys(conn, [(one.key, one.merchant_id) for one in page.charges])
        if unknown:
            return min(unknown)
        if page.cursor is None:
            break
        cursor = page.cursor
    return ""


# ---------------------------------------------------------------------------------------------------------------------
# One step of the check


def reconcile(services: Services) -> tuple[bool, int]:
    """Go one step on. Whether nothing may be charged yet, and how much the step found to do.

    Each step is committed by itself, so that a worker that dies loses none; several workers may do them together.
    """
    with services.store.reading() as conn:
        known = installation.state(conn)
    if known is None:
        return False, 0
    if known.reconciled_at is not None:
        return False, _replay_found(services)
    return True, _step(services, known)


def _step(services: Services, known: Restored) -> int:
    """List, then issue what was forgotten, then play the charges again, then ask about what is open, then let go."""
    waiting = [name for name in services.gateways if not known.cursors.get(name, {}).get("done")]
    if waiting:
        return sum(_list_page(services, known, services.gateways[name]) for name in waiting[:1])
    done = renew_due(services, punctually=True) or _replay_found(services) or _ask_open(services, known)
    return done or _let_go(services, known)


def _list_page(services: Services, known: Restored, gateway: Gateway) -> int:
    """Keep one page of a gateway's charges, as far as we don't have them, and remember where to go on."""
    lister = lister_of(gateway)
    if lister is None:
        _remember(services, known, gateway.name, _CANNOT, ())
        return 1
    page = lister.charges_since(known.charges_since, str(known.cursors.get(gateway.name, {}).get("cursor", "")))
    if isinstance(page, Unknown | Unavailable):
        log.warning("charges_not_listed", gateway=gateway.name, detail=page.detail)
        return 0
    where = _DONE if page.cursor is None else {"done": False, "cursor": page.cursor}
    _remember(services, known, gateway.name, where, page.charges)
    return 1


def _remember(
    services: Services, known: Restored, gateway: str, where: Mapping[str, object], charges: Sequence[ListedCharge]
) -> None:
    now = services.clock.now()
    with services.store.transaction() as conn:
        kept = installation.keep(conn, _news(conn, gateway, charges), now)
        installation.save_cursor(conn, known, {**known.cursors, gateway: where})
    log.info("charges_listed", gateway=gateway, listed=len(charges), kept=kept)


def _news(conn: Connection, gateway: str, charges: Sequence[ListedCharge]) -> list[Found]:
    """The charges that we don't have, and those that ended otherwise than we know."""
    unknown = installation.unknown_keys(conn, [(one.key, one.merchant_id) for one in charges])
    known = installation.statuses(conn, [one.key for one in charges])
    return [as_kept(gateway, one) for one in charges if one.key in unknown or _is_news(one, known.get(one.key))]


def _is_news(one: ListedCharge, status: AttemptStatus | None) -> bool:
    if status is None or status is AttemptStatus.SUCCEEDED:
        return False
    return status in OPEN_ATTEMPT or isinstance(one.outcome, Approved)


def _replay_found(services: Services) -> int:
    """Play the charges of some invoices again; what can't be is left to the operators with the reason."""
    with services.store.reading() as conn:
        keys = installation.to_replay(conn, services.batch_max)
    together_or_alone(
        keys,
        lambda some: transact(services, lambda conn: _replay_in(conn, services, some)),
        lambda key, error: _leave(services, key, error),
    )
    return len(keys)


def _replay_in(conn: Connection, services: Services, keys: Sequence[Key]) -> list[Key]:
    now = services.clock.now()
    for key in keys:
        played = replay(conn, services, key, now)
        installation.settle(conn, played, now)
    known = installation.state(conn)
    if known is not None and known.reconciled_at is not None and known.all_list:
        installation.clear(conn, now, keys)
    return list(keys)


def _leave(services: Services, key: Key, error: Exception) -> None:
    log.error("not_replayed", invoice_id=key[1], error=told(error))
    with services.store.transaction() as conn:
        keys = [one.key for one in installation.found_for(conn, [key])[key]]
        installation.has_problem(conn, keys, told(error))


def _ask_open(services: Services, known: Restored) -> int:
    """Ask about open attempts that no list has told of: most never reached the gateway."""
    with services.store.reading() as conn:
        asked = installation.to_ask(conn, known.restored_at, services.batch_max)
    now = services.clock.now()
    answers = [
        ask_gateway(services, question_about(key, attempt_id, gateway, is_live=is_live, now=now))
        for key, attempt_id, gateway, is_live in asked
    ]

    def write(some: Sequence[Answered]) -> list[Answered]:
        transact(services, lambda conn: _record_in_its_time(conn, services, some))
        return list(some)

    written = together_or_alone(
        [one for one in answers if one is not None],
        write,
        lambda answer, error: log.error("not_recorded", attempt_id=answer.attempt_id, error=told(error)),
    )
    return len(written)


def _record_in_its_time(conn: Connection, services: Services, some: Sequence[Answered]) -> None:
    """Write answers down, those about a test clock's customers at the time where it stands."""
    for at, own in test_clocks.in_their_time(conn, some, lambda one: one.key, services.clock.now()):
        record(conn, services, own, at)


def _let_go(services: Services, known: Restored) -> int:
    """End the check: what is known to be unpaid may be charged; the rest waits for a person, invoice by invoice."""
    now = services.clock.now()
    with services.store.transaction() as conn:
        installation.finish(conn, now)
        cleared = installation.clear(conn, now) if known.all_list else 0
    log.warning("reconciled", cleared=cleared, all_gateways_list=known.all_list)
    return 1


# ---------------------------------------------------------------------------------------------------------------------
# What a person says


def clear(services: Services, keys: Sequence[tuple[MerchantId, InvoiceId]] | None) -> int:
    """Say that invoices weren't charged since the backup: these, or all that wait; gives how many are let go."""
    with services.store.transaction() as conn:
        return installation.clear(conn, services.clock.now(), keys)


def accept(services: Services, key: str, note: str) -> None:
    """Say that a charge without an invoice of ours is dealt with.

    Raises:
        NotFound: no such charge waits.
    """
    with services.store.transaction() as conn:
        installation.has_problem(conn, [key], note)
        if not installation.settle(conn, [key], services.clock.now()):
            raise NotFound(f"no charge {key} waits; `purring queue` lists those that do", field="key")
    log.warning("charge_accepted", key=key, note=note)
