"""The production store, with the moments around each transaction at which trouble may come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from purring.store import Connection
from purring.store.engine import Store

if TYPE_CHECKING:
    from purring.simulator.moments import Moments


class WatchedStore(Store):
    """Hands everything on to the real store. `is_writing`: a writing transaction is open."""

    def __init__(self, inner: Store, moments: Moments) -> None:
        self._inner, self._moments = inner, moments
        self.url, self.dialect = inner.url, inner.dialect
        self.is_writing = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run a transaction that writes; the process may die on either side of its commit, or never learn of it."""
        self._moments.before_transaction()
        with self._inner.transaction() as conn:
            self.is_writing = True
            try:
                yield conn
                self._moments.before_commit()
            finally:
                self.is_writing = False
        self._moments.after_commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one moment of the database."""
        self._moments.before_reading()
        with self._inner.reading() as conn:
            yield conn
