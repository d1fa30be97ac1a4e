"""The routes, one module for each kind of thing. A new module is one more line here."""

from __future__ import annotations

from purring.web.api.routes import (
    catalog,
    customers,
    invoices,
    merchant,
    records,
    recoveries,
    subscriptions,
    test_clocks,
)

ROUTERS = (
    merchant.router,
    catalog.router,
    customers.router,
    subscriptions.router,
    invoices.router,
    recoveries.router,
    records.router,
    test_clocks.router,
)
