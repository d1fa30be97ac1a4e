"""What came of the weeks, in figures, all read back from the database and the sandbox's ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from purring.demo.world import World
from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.event import EventKind
from purring.domain.ids import InvoiceId
from purring.domain.invoice import DisputeStatus
from purring.domain.money import Money, total
from purring.domain.recovery import Cause, RecoveryStatus
from purring.domain.subscription import SubscriptionStatus
from purring.gateways.sandbox import oracle
from purring.store import cases, invariants, reports
from purring.store.cases import Case
from purring.store.invariants import InvariantResult
from purring.store.reports import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What recoveries of one currency were about: brought in, still open, given up."""

    recovered: Money
    at_risk: Money
    lost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that is printed. `examples`: an invoice or recovery for each remarkable story that was found."""

    summary: Summary
    cases: Sequence[Case]
    declines: Mapping[tuple[DeclineReason, DeclineClass], int]
    unknown: Mapping[AttemptStatus, int]
    inbound: int
    disputes: Mapping[DisputeStatus, int]
    invariants: Sequence[InvariantResult]
    examples: Mapping[str, str]

    @property
    def recovered(self) -> list[Case]:
        """The recoveries that brought the money in."""
        return [case for case in self.cases if case.status is RecoveryStatus.RECOVERED]

    @property
    def days_to_recover(self) -> list[float]:
        """Days from the opening of a recovery to its payment, rising."""
        return sorted(
            (case.closed_at - case.opened_at).total_seconds() / 86_400 for case in self.recovered if case.closed_at
        )

    def amounts(self) -> dict[str, Amounts]:
        """What was at stake in recoveries, per currency."""
        currencies = sorted({case.total.currency for case in self.cases})
        return {currency: _amounts([c for c in self.cases if c.total.currency == currency]) for currency in currencies}


def _amounts(some: Sequence[Case]) -> Amounts:
    currency = some[0].total.currency
    return Amounts(
        recovered=total((case.total - case.owed for case in some if case.status is RecoveryStatus.RECOVERED), currency),
        at_risk=total((case.owed for case in some if _may_still_come(case)), currency),
        lost=total((case.owed for case in some if not _may_still_come(case)), currency),
    )


def _may_still_come(case: Case) -> bool:
    """Whether the recovery runs, or its money was taken back and nobody has decided whose it is."""
    return case.status is RecoveryStatus.OPEN or case.dispute is DisputeStatus.OPEN


def middle_and_p90(values: Sequence[float]) -> tuple[float, float]:
    """The median and the value that nine in ten don't exceed; zeros for too few values."""
    if len(values) < 2:  # noqa: PLR2004 -- quantiles need two
        return (values[0], values[0]) if values else (0.0, 0.0)
    return median(values), quantiles(values, n=10, method="inclusive")[8]


def figures_of(world: World) -> Figures:
    """Read everything back."""
    merchant_id = world.merchant.id
    captured = oracle.captured_by_invoice(world.provider.ledger_path)
    world.services.store.analyze()
    with world.services.store.reading() as conn:
        found = cases.of_merchant(conn, merchant_id)
        unknown = {
            status: cases.passed_through(conn, merchant_id, EventKind.ATTEMPT_UNKNOWN, status)
            for status in AttemptStatus
        }
        bounced = cases.passed_through(conn, merchant_id, EventKind.ATTEMPT_PENDING, AttemptStatus.DECLINED)
        return Figures(
            summary=reports.summary(conn, merchant_id),
            cases=found,
            declines=cases.declines(conn, merchant_id),
            unknown=Counter({status: len(invoices) for status, invoices in unknown.items() if invoices}),
            inbound=cases.inbound(conn),
            disputes=cases.disputes(conn, merchant_id),
            invariants=invariants.check(conn, world.clock.now(), captured),
            examples=_examples(found, unknown[AttemptStatus.SUCCEEDED], bounced),
        )


def _examples(found: Sequence[Case], resolved: Sequence[InvoiceId], bounced: Sequence[InvoiceId]) -> dict[str, str]:
    """One of each kind of story, as far as there is one: each of another invoice, none with a dispute in it."""
    plain = [case for case in found if case.dispute is DisputeStatus.NONE]
    recovered = [case for case in plain if case.status is RecoveryStatus.RECOVERED]
    by_retry = sorted((c for c in recovered if c.cause is Cause.RETRY), key=lambda case: -case.tries)
    new_card = (c for c in recovered if c.cause is Cause.CUSTOMER and c.paid_method_id not in {None, c.first_method_id})
    suspended = (c for c in plain if c.subscription_status is SubscriptionStatus.SUSPENDED and c.owed)
    still_open = (c for c in plain if c.status is RecoveryStatus.OPEN)
    wanted: dict[str, Iterable[tuple[InvoiceId, str]]] = {
        "paid after several retries": _recoveries(by_retry),
        "paid with the customer's new card": _recoveries(new_card),
        "not paid, access ended": _recoveries(suspended),
        "still open": _recoveries(still_open),
        "a charge without an answer, found paid": _invoices(resolved),
        "a bank debit that came back days later": _invoices(bounced),
    }
    return _one_each(wanted)


def _recoveries(some: Iterable[Case]) -> Iterator[tuple[InvoiceId, str]]:
    """Invoices, and how to look at their recoveries."""
    return ((case.invoice_id, f"recovery {case.id}") for case in some)


def _invoices(some: Iterable[InvoiceId]) -> Iterator[tuple[InvoiceId, str]]:
    """Invoices, and how to look at them."""
    return ((invoice_id, f"invoice {invoice_id}") for invoice_id in some)


def _one_each(wanted: Mapping[str, Iterable[tuple[InvoiceId, str]]]) -> dict[str, str]:
    """The first example of each story that no other story has taken."""
    taken: set[InvoiceId] = set()
    picked: dict[str, str] = {}
    for story, examples in wanted.items():
        for invoice_id, example in examples:
            if invoice_id not in taken:
                taken.add(invoice_id)
                picked[story] = example
                break
    return picked
