"""How PostgreSQL looks invoices up when its counts are a day old: by their keys, never all that are open."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, event, select
from sqlalchemy.engine import Engine

from purring.domain.ids import InvoiceId
from purring.operations import methods, recoveries, subscriptions
from purring.operations.account import account
from purring.store.columns import metadata
from purring.store.schema import customer
from tests.world import FUNDS, World

ROWS = 20_000
_COPIED = {
    "invoice": ("id", "customer_id", "subscription_id", "number"),
    "subscription": ("id", "customer_id", "method_id"),
    "payment_method": ("id", "customer_id", "fingerprint", "token"),
}
"""Tables, and the columns that are a copy's own."""
_SOLD = """
SELECT invoice.id, subscription.id, subscription.method_id FROM invoice
JOIN subscription ON subscription.id = invoice.subscription_id WHERE invoice.id = %(id)s
"""
_LIKE_IT = """
INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({own}))).*
FROM {table} AS one, generate_series(1, %(rows)s) AS copy WHERE one.id = %(id)s
"""


def _own(column: str) -> str:
    return f"'{column}', left(one.{column}, -8) || lpad(copy::text, 8, '0')"


def _crowded(world: World, invoice_id: InvoiceId) -> None:
    """Let very many have paid what one has paid, and let PostgreSQL count them before anybody owes anything."""
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the copies' customers aren't there
        found = conn.exec_driver_sql(_SOLD, {"id": invoice_id}).one()
        for (table, columns), its in zip(_COPIED.items(), found, strict=True):
            own = ", ".join(map(_own, columns))
            conn.exec_driver_sql(_LIKE_IT.format(table=table, own=own), {"rows": ROWS, "id": its})
    world.services.store.analyze()


def _alone_again(world: World) -> None:
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in map(metadata.tables.__getitem__, _COPIED):
            conn.execute(delete(table).where(table.c.customer_id.not_in(select(customer.c.id))))


def test_no_lookup_by_key_goes_through_all_open_invoices(world: World) -> None:
    """Charging, retrying, waking, paying, showing: on the first of a month all are open, and the counts say none is."""
    if world.services.store.dialect == "sqlite":
        return
    shop = world.shop()
    paid = shop.sold("approve")
    world.work()
    _crowded(world, shop.invoice(paid).id)
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
        if "invoice" in statement and statement.startswith(("SELECT", "UPDATE", "WITH")):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        owing = shop.sold(FUNDS, "approve")
        world.work()
        facts = shop.facts(owing)
        methods.edit_method(world.services, shop.id, facts.methods[0].id, exp_month=12, exp_year=2031)
        account(world.services, shop.id, facts.customer.id)
        recoveries.declare_transfer(world.services, shop.id, facts.invoice.id)
        recoveries.resume(world.services, shop.id, facts.invoice.id)
        world.play(days=7)
        subscriptions.change_quantity(world.services, shop.id, owing.id, 2)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) > 50
    with world.services.store.reading() as conn:
        plans = {
            statement: [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
            for statement, parameters in dict(asked).items()
        }
    through_all = {statement: plan for statement, plan in plans.items() if any("unpaid" in line for line in plan)}
    _alone_again(world)
    assert {} == through_all
