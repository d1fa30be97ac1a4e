"""Follow a merchant's events as they are made, and write them as an endpoint would get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from purring.domain.endpoint import wants
from purring.domain.event import EventKind
from purring.domain.ids import EventId, MerchantId, make_id
from purring.operations.services import Services
from purring.store import event_deliveries, events
from purring.webhooks.payloads import body_of

LATE = timedelta(minutes=1)
"""So much later than its id says may an event be committed: its transaction is as old as that at most."""
_PAGE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event with its body."""

    id: EventId
    kind: EventKind
    at: datetime
    object_id: str
    body: bytes


class Listener:
    """Reads new events each time it is asked, none twice."""

    def __init__(self, services: Services, merchant_id: MerchantId, wanted: Sequence[str]) -> None:
        """Begin with what is made from now on."""
        self._services, self._merchant_id, self._wanted = services, merchant_id, tuple(wanted)
        self._since = services.clock.now()
        self._seen: set[str] = set(self._new(self._since))

    def hear(self) -> list[Heard]:
        """Give what is new, in the order in which it was made."""
        since = max(self._services.clock.now() - LATE, self._since)
        found = self._new(since)
        fresh = [one for event_id, one in sorted(found.items()) if event_id not in self._seen]
        self._seen = set(found)
        return fresh

    def _new(self, since: datetime) -> dict[str, Heard]:
        """Read events that may have been committed since we last looked."""
        last, found = make_id("evt_", (since - _EPOCH) // _ONE_MS, 0), dict[str, Heard]()
        with self._services.store.reading() as conn:
            while True:
                page = events.after(conn, self._merchant_id, last, limit=_PAGE)
                told = [one for one in page if wants(self._wanted, one.kind)]
                rows = event_deliveries.states(conn, [(self._merchant_id, one.kind, one.object_id) for one in told])
                for one in told:
                    body = body_of(
                        one.kind,
                        event_id=one.id,
                        at=one.at,
                        merchant_id=self._merchant_id,
                        facts=one.data,
                        state=rows.get((self._merchant_id, one.object_id)),
                    )
                    found[one.id] = Heard(id=one.id, kind=one.kind, at=one.at, object_id=one.object_id, body=body)
                if len(page) < _PAGE:
                    return found
                last = page[-1].id
