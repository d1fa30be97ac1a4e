"""The routes, one module for each kind of thing. A new module is one more line here."""

from __future__ import annotations

from purring.web.api.routes import (
    catalog,
    customers,
    endpoints,
    invoices,
    merchant,
    money_back,
    people,
    records,
    recoveries,
    subscriptions,
    test_clocks,
)

ROUTERS = (
    merchant.router,
    catalog.router,
    customers.router,
    people.router,
    subscriptions.router,
    invoices.router,
    recoveries.router,
    money_back.router,
    records.router,
    test_clocks.router,
    endpoints.router,
)
