"""The job on Procrastinate, whose queue is PostgreSQL itself: asynchronous, so many charges at once in one process."""

from __future__ import annotations

import os
import sys

import procrastinate
from psycopg_pool import AsyncConnectionPool

from benchmarks.rival import job

CONCURRENCY = 16
app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(
        conninfo=job.plain_database_url() if job.URL_SETTING in os.environ else "", max_size=CONCURRENCY
    )
)
_pools: list[AsyncConnectionPool] = []


@app.task(name="charge", queue=job.QUEUE)
async def charge(merchant_id: str, invoice_id: str) -> None:
    """Charge one invoice."""
    if not _pools:
        _pools.append(
            AsyncConnectionPool(
                job.plain_database_url(), min_size=1, max_size=CONCURRENCY, kwargs={"autocommit": True}, open=False
            )
        )
        await _pools[0].open()
    async with _pools[0].connection() as conn:
        await job.charge_async(conn, merchant_id, invoice_id)


def enqueue(merchant_id: str, invoice_ids: list[str]) -> None:
    """Hand every charge over."""
    with app.open():
        app.schema_manager.apply_schema()
        charge.batch_defer(*({"merchant_id": merchant_id, "invoice_id": invoice_id} for invoice_id in invoice_ids))


def command() -> list[str]:
    """One worker; its own default of one job at a time would leave it waiting for PostgreSQL most of the time."""
    return [sys.executable, "-m", "procrastinate", "--app=benchmarks.rival.on_procrastinate.app", "worker",
            f"--concurrency={CONCURRENCY}"]  # fmt: skip
