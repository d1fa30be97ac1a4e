"""The least that charging can cost: claim, begin, charge and record by hand, with nothing but the driver.

It writes the rows that ours writes, in two durable commits per batch, and leaves out everything else: it reads nothing
but what it claims, locks nobody, decides nothing, checks no versions and no ceilings, and can't be run again after a
crash. Nobody should charge cards with it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import count
from typing import Any

from benchmarks.floor import rows as of
from benchmarks.floor.rows import Due, Sample, Write
from purring.domain.journal import Account

Values = tuple[Any, ...]
LEASE = timedelta(minutes=2)
DECLINED_KINDS = (2, 3)
PAID_ACCOUNTS = (Account.CASH.value, Account.RECEIVABLE.value)


class Floor(ABC):
    """A worker: one connection, its own ids, and the values that follow from the kind of charge."""

    def __init__(self, sample: Sample, owner: str, batch_max: int) -> None:
        """Look everything up once."""
        self.owner, self.batch_max = owner, batch_max
        self._sample = sample
        self._ids = (f"{number:016d}{owner[-10:]:0>10}" for number in count())
        self._by_kind: dict[Write, list[Values]] = {}

    @abstractmethod
    def claim(self) -> list[Due]:
        """Lease due invoices and give what their charges need."""

    @abstractmethod
    def run(self, write: Write, same: Values, rows: Iterator[Values]) -> None:
        """Write rows."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Commit what happens in the block."""

    @abstractmethod
    def close(self) -> None:
        """Hang up."""

    def turn(self) -> int:
        """Work one batch. Gives how many invoices were due."""
        with self.transaction():
            due = self.claim()
            if not due:
                return 0
            begun = [(one, one.kind, f"att_{next(self._ids)}") for one in due]
            self._begin(begun)
        with self.transaction():
            self._record(begun)
        return len(due)

    def _begin(self, begun: Sequence[tuple[Due, int, str]]) -> None:
        attempts = (
            (
                one.merchant_id, key, one.invoice_id, one.method_id, one.gateway, one.fingerprint, one.amount_minor,
                one.currency, *self._for(of.ATTEMPT, kind),
            )
            for one, kind, key in begun
        )  # fmt: skip
        started = ("automatic", "started", *self._sample.same(of.ATTEMPT)[2:5], 0, False, "[]", 0, "", 1)
        self.run(of.ATTEMPT, started, attempts)
        started_events = self._sample.started
        events = ((one.merchant_id, self._id("evt_"), key, *started_events[kind]) for one, kind, key in begun)
        self._put(of.EVENT, events)

    def _record(self, begun: Sequence[tuple[Due, int, str]]) -> None:
        paid = [(one, kind, key) for one, kind, key in begun if kind not in DECLINED_KINDS]
        known = [(one, kind) for one, kind, _ in begun if one.recovery_id]
        told = [(*it, self._id("ntc_")) for it in begun if it[1]]
        self._put(
            of.ENDED,
            ((one.merchant_id, key, f"ch_{key}", *self._for(of.ENDED, kind)) for one, kind, key in begun),
        )
        self._put(
            of.INVOICE, ((one.merchant_id, one.invoice_id, *self._for(of.INVOICE, kind)) for one, kind, _ in begun)
        )
        self._put(
            of.OPENED,
            (
                (one.merchant_id, f"rec_{one.invoice_id[4:]}", one.invoice_id, *self._for(of.OPENED, kind))
                for one, kind, _ in begun
                if kind == DECLINED_KINDS[0]
            ),
        )
        self._put(
            of.RECOVERED,
            ((one.merchant_id, one.recovery_id, *self._for(of.RECOVERED, kind)) for one, kind in known if kind == 1),
        )
        self._put(
            of.SUBSCRIPTION,
            (
                (one.merchant_id, one.subscription_id, *self._for(of.SUBSCRIPTION, kind))
                for one, kind, _ in begun
                if kind in (1, 2)
            ),
        )
        self._tell(told)
        self._put(of.EVENT, self._events(begun))
        self._book(paid)

    def _tell(self, told: Sequence[tuple[Due, int, str, str]]) -> None:
        self._put(
            of.NOTICE,
            (
                (
                    one.merchant_id, notice_id, one.customer_id, one.invoice_id, one.subscription_id, key,
                    *self._for(of.NOTICE, kind),
                )
                for one, kind, key, notice_id in told
            ),
        )  # fmt: skip
        self._put(
            of.DELIVERY, ((one.merchant_id, self._id("dlv_"), notice, one.person_id) for one, _, _, notice in told)
        )

    def _events(self, begun: Iterable[tuple[Due, int, str]]) -> Iterator[Values]:
        for one, kind, key in begun:
            whose = {"att_": key, "inv_": one.invoice_id, "sub_": one.subscription_id}
            for prefix, event, data in self._sample.ended[kind]:
                object_id = whose.get(prefix) or f"rec_{one.invoice_id[4:]}"
                yield (one.merchant_id, self._id("evt_"), object_id, event, data)

    def _book(self, paid: Sequence[tuple[Due, int, str]]) -> None:
        booked = [(one, key, self._id("je_")) for one, _, key in paid]
        self._put(
            of.ENTRY,
            (
                (one.merchant_id, entry, one.invoice_id, key, one.amount_minor, one.currency)
                for one, key, entry in booked
            ),
        )
        debit, credit = PAID_ACCOUNTS
        self._put(
            of.POSTING,
            (
                (one.merchant_id, entry, account, minor, one.currency)
                for one, _, entry in booked
                for account, minor in ((debit, one.amount_minor), (credit, -one.amount_minor))
            ),
        )

    def _put(self, write: Write, rows: Iterator[Values]) -> None:
        if write is of.INVOICE:
            self.run(write, (None, None), rows)
        elif write is of.EVENT:
            self.run(write, (self._sample.rows[0]["attempt"]["started_at"],), rows)
        else:
            self.run(write, self._sample.same(write), rows)

    def _id(self, prefix: str) -> str:
        return prefix + next(self._ids)

    def _for(self, write: Write, kind: int) -> Values:
        if write not in self._by_kind:
            known = range(len(self._sample.rows))
            self._by_kind[write] = [
                self._sample.values(write, one) if write.table in self._sample.rows[one] else () for one in known
            ]
        return self._by_kind[write][kind]
