"""The job on Celery, its broker the same PostgreSQL through kombu's SQLAlchemy transport, its only one for that."""

from __future__ import annotations

import os
import sys

import psycopg
from celery import Celery
from celery.signals import worker_process_init

from benchmarks.rival import job

app = Celery("rival", broker=f"sqla+{job.database_url()}" if job.URL_SETTING in os.environ else None)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,  # a charge that dies with its worker must be run again
    task_default_queue=job.QUEUE,
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=4,  # Celery's own default, written out
)
_connections: list[psycopg.Connection] = []


@worker_process_init.connect
def _connect(**_: object) -> None:
    _connections[:] = [psycopg.connect(job.plain_database_url(), autocommit=True)]


@app.task(name="charge")
def charge(merchant_id: str, invoice_id: str) -> None:
    """Charge one invoice."""
    job.charge(_connections[0], merchant_id, invoice_id)


def enqueue(merchant_id: str, invoice_ids: list[str]) -> None:
    """Hand every charge over."""
    for invoice_id in invoice_ids:
        charge.delay(merchant_id, invoice_id)


def command() -> list[str]:
    """One worker with Celery's own defaults: as many processes as cores."""
    return [sys.executable, "-m", "celery", "-A", "benchmarks.rival.on_celery", "worker", "--loglevel", "ERROR",
            "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
