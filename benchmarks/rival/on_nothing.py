"""The job without any queue: threads that take the next invoice from a list. No queue can be faster than this."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psycopg_pool import ConnectionPool

from benchmarks.rival import job

THREADS = 8
LIST_SETTING = "BENCHMARK_LIST"


def _list() -> Path:
    return Path(os.environ[LIST_SETTING])


def enqueue(merchant_id: str, invoice_ids: list[str]) -> None:
    """Write the list."""
    _list().write_text(json.dumps([merchant_id, invoice_ids]))


def command() -> list[str]:
    """One process."""
    return [sys.executable, "-m", "benchmarks.rival.on_nothing"]


def main() -> None:
    """Work the list."""
    merchant_id, invoice_ids = json.loads(_list().read_text())
    with ConnectionPool(job.plain_database_url(), max_size=THREADS, kwargs={"autocommit": True}) as pool:

        def charge(invoice_id: str) -> None:
            with pool.connection() as conn:
                job.charge(conn, merchant_id, invoice_id)

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(charge, invoice_ids))


if __name__ == "__main__":
    main()
