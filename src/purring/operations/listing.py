"""Any of a merchant's things, one by its id or page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from purring.domain.errors import NotFound
from purring.domain.ids import MerchantId
from purring.operations.services import Services
from purring.store import (
    Connection,
    attempts,
    catalog,
    customers,
    events,
    invoices,
    listing,
    methods,
    notices,
    recoveries,
    refunds,
    subscriptions,
    test_clocks,
)
from purring.store.listing import Listed

# Any: each kind of thing has its own noun.
Load = Callable[[Connection, Iterable[tuple[str, str]]], Mapping[tuple[str, str], Any]]

_LOAD: Mapping[Listed, Load] = {
    Listed.PRODUCT: catalog.load_products,
    Listed.PRICE: catalog.load_prices,
    Listed.CUSTOMER: customers.load,
    Listed.METHOD: methods.load,
    Listed.SUBSCRIPTION: subscriptions.load,
    Listed.INVOICE: invoices.load,
    Listed.ATTEMPT: attempts.load,
    Listed.RECOVERY: recoveries.load,
    Listed.NOTICE: notices.load,
    Listed.EVENT: events.under_keys,
    Listed.TEST_CLOCK: test_clocks.load,
    Listed.REFUND: refunds.load,
    Listed.DISPUTE: invoices.load,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """A page of nouns, newest first, and whether more follow."""

    nouns: tuple[Any, ...]
    has_more: bool


def page_of(
    services: Services,
    what: Listed,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str | None = None,
    where: Mapping[str, str],
) -> Things:
    """The newest things of a kind before an id, whose columns have the values of `where`."""
    with services.store.reading() as conn:
        page = listing.page(conn, what, merchant_id, limit=limit, before=before, where=where)
        found = _LOAD[what](conn, [(merchant_id, one) for one in page.ids]) if page.ids else {}
    return Things(nouns=tuple(found[merchant_id, one] for one in page.ids), has_more=page.has_more)


def some_of(services: Services, what: Listed, merchant_id: MerchantId, ids: Iterable[str]) -> dict[str, Any]:
    """Things by their ids; those that aren't there are left out."""
    wanted = [(merchant_id, one) for one in set(ids)]
    if not wanted:
        return {}
    with services.store.reading() as conn:
        return {key[1]: noun for key, noun in _LOAD[what](conn, wanted).items()}


def one_of(services: Services, what: Listed, merchant_id: MerchantId, thing_id: str) -> Any:  # noqa: ANN401 - any noun
    """One thing by its id.

    Raises NotFound.
    """
    found = some_of(services, what, merchant_id, [thing_id])
    if thing_id not in found:
        raise NotFound(f"There is no {what.replace('_', ' ')} {thing_id}.", field="id")
    return found[thing_id]
