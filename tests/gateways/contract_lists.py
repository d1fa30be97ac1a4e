"""What a gateway must do that says it can list its charges; the other ones say that they can't."""

from __future__ import annotations

from datetime import datetime, timedelta

from purring.domain.attempt import Unavailable, Unknown
from purring.gateways.base import ChargePage, ListedCharge, ListsCharges, lister_of
from tests.gateways.contract import Behavior, Bench, request_of

LISTED = 120
"""More charges than any list holds on one page."""


class ListingContract:
    """Subclass it beside `GatewayContract`."""

    def test_a_list_holds_every_charge_since(self, bench: Bench) -> None:
        """A gateway that can lists charges as they were asked for, each once, with what `find` says; others say so."""
        lister = lister_of(bench.gateway)
        if lister is None:
            assert not bench.gateway.capabilities.lists_charges
            return
        bench.gateway.charge(request_of(bench, Behavior.APPROVES))
        bench.advance(timedelta(days=1))
        since = bench.now()
        behaviors = (
            Behavior.APPROVES,
            Behavior.DECLINES_FOR_FUNDS,
            Behavior.SETTLES_IN_3_DAYS,
            Behavior.TIMES_OUT_AFTER,
        )
        requests = [request_of(bench, behavior) for behavior in behaviors * (LISTED // len(behaviors))]
        for request in requests:
            bench.gateway.charge(request)
        bench.advance(timedelta(days=4))
        listed = _listed(lister, since)
        wanted = [(one.key, one.token, one.amount, one.merchant_id, one.invoice_id) for one in requests]
        assert wanted == [(one.key, one.token, one.amount, one.merchant_id, one.invoice_id) for one in listed]
        assert [bench.gateway.find(one.key) for one in requests] == [one.outcome for one in listed]
        assert all(since <= one.charged_at <= one.outcome_at <= bench.now() for one in listed)

    def test_a_list_that_cannot_be_had_is_no_empty_list(self, bench: Bench) -> None:
        """Where nobody listens, the gateway says so."""
        lister = lister_of(bench.gateway)
        assert lister is None or isinstance(bench.unreachable, ListsCharges)
        if isinstance(bench.unreachable, ListsCharges):
            assert isinstance(bench.unreachable.charges_since(bench.now()), Unavailable | Unknown)


def _listed(lister: ListsCharges, since: datetime) -> list[ListedCharge]:
    """All pages of a list."""
    listed: list[ListedCharge] = []
    cursor = ""
    while True:
        page = lister.charges_since(since, cursor)
        assert isinstance(page, ChargePage)
        listed += page.charges
        if page.cursor is None:
            return listed
        cursor = page.cursor
