"""The job on Dramatiq, its broker the same PostgreSQL through dramatiq-postgres, the maintained one of two."""

from __future__ import annotations

import os
import sys

import dramatiq
import psycopg
from dramatiq_postgres import PostgresBroker
from dramatiq_postgres.schema import init
from psycopg_pool import ConnectionPool

from benchmarks.rival import job

THREADS = 8
_pool: ConnectionPool | None = None
if job.URL_SETTING in os.environ:
    dramatiq.set_broker(PostgresBroker(url=job.plain_database_url(), results=False))
    _pool = ConnectionPool(
        job.plain_database_url(), min_size=0, max_size=2 * THREADS, kwargs={"autocommit": True}, open=True
    )


@dramatiq.actor(queue_name=job.QUEUE, max_retries=0)
def charge(merchant_id: str, invoice_id: str) -> None:
    """Charge one invoice."""
    assert _pool is not None, f"{job.URL_SETTING} names the database"
    with _pool.connection() as conn:
        job.charge(conn, merchant_id, invoice_id)


def enqueue(merchant_id: str, invoice_ids: list[str]) -> None:
    """Hand every charge over."""
    with psycopg.connect(job.plain_database_url()) as conn, conn.cursor() as cursor:
        init(cursor)
    for invoice_id in invoice_ids:
        charge.send(merchant_id, invoice_id)


def command() -> list[str]:
    """One worker with Dramatiq's own defaults: as many processes as cores, eight threads in each."""
    return [
        sys.executable,
        "-m",
        "dramatiq",
        "benchmarks.rival.on_dramatiq",
        "--threads",
        str(THREADS),
        "--skip-logging",
    ]
