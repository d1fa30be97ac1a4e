"""The figures as lines of text: every number with its unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from purring.demo.figures import Figures, middle_and_p90
from purring.domain.attempt import AttemptStatus
from purring.domain.invoice import InvoiceStatus
from purring.domain.recovery import Cause, RecoveryStatus

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and its rows; all rows have as many cells as the head."""

    title: str
    head: Row
    rows: Sequence[Row]


def sections(figures: Figures) -> list[Section]:
    """Everything about the weeks."""
    return [
        _invoices(figures),
        _declines(figures),
        _recoveries(figures),
        _causes(figures),
        _by_attempt(figures),
        _effort(figures),
        _money(figures),
        _subscriptions(figures),
        _notices(figures),
        _gateway(figures),
        _invariants(figures),
    ]


def _invoices(figures: Figures) -> Section:
    summary = figures.summary
    issued = sum(summary.invoices.values())
    tried = sum(summary.first_tries.values())
    rows = [_share("issued", issued, issued)]
    rows += [_share(status.value, summary.invoices.get(status, 0), issued) for status in InvoiceStatus]
    rows += [
        _share(f"first try {_said(status)}", count, tried) for status, count in sorted(summary.first_tries.items())
    ]
    return Section(title="Invoices", head=("", "invoices", "share"), rows=[row for row in rows if row[1] != "0"])


def _declines(figures: Figures) -> Section:
    declined = sum(figures.declines.values())
    rows = [
        (_said(reason), _said(decline_class), f"{count:,}", _percent(count, declined))
        for (reason, decline_class), count in figures.declines.items()
    ]
    return Section(title="Declines, all attempts", head=("reason", "what then", "declines", "share"), rows=rows)


def _recoveries(figures: Figures) -> Section:
    cases = figures.cases
    by_status = Counter(case.status for case in cases)
    rows = [_share("opened", len(cases), len(cases))]
    rows += [_share(_said(status), by_status[status], len(cases)) for status in RecoveryStatus if by_status[status]]
    return Section(title="Recoveries", head=("", "recoveries", "share"), rows=rows)


_CAUSES: Mapping[Cause, str] = {
    Cause.RETRY: "a retry of ours",
    Cause.CUSTOMER: "the customer: another card, new data, a payment",
    Cause.OPERATOR: "an operator's charge",
    Cause.OUTSIDE: "a bank transfer, booked by an operator",
    Cause.NONE: "nothing that was noted",
}


def _causes(figures: Figures) -> Section:
    causes = Counter(case.cause for case in figures.recovered).most_common()
    rows = [_share(_CAUSES[cause], count, len(figures.recovered)) for cause, count in causes]
    return Section(title="What brought the money", head=("", "recovered", "share"), rows=rows)


def _by_attempt(figures: Figures) -> Section:
    numbers = sorted(Counter(case.paid_by or 0 for case in figures.recovered).items())
    rows = [
        _share(f"attempt {number}" if number else "none, a transfer", count, len(figures.recovered))
        for number, count in numbers
    ]
    return Section(title="Which attempt brought it", head=("", "recovered", "share"), rows=rows)


def _effort(figures: Figures) -> Section:
    tries = [case.tries for case in figures.recovered]
    days_median, days_p90 = middle_and_p90(figures.days_to_recover)
    rows = [
        ("attempts, mean", f"{sum(tries) / max(len(tries), 1):.1f} attempts"),
        ("days from decline to payment, median", f"{days_median:.1f} days"),
        ("days from decline to payment, nine in ten within", f"{days_p90:.1f} days"),
    ]
    return Section(title="What it took", head=("per recovered invoice", ""), rows=rows)


def _money(figures: Figures) -> Section:
    rows = [(str(money.recovered), str(money.at_risk), str(money.lost)) for money in figures.amounts().values()]
    return Section(title="Money in recoveries", head=("recovered", "still at risk", "not recovered"), rows=rows)


def _subscriptions(figures: Figures) -> Section:
    found = figures.summary.subscriptions
    rows = [_share(_said(status), count, sum(found.values())) for status, count in sorted(found.items())]
    return Section(title="Subscriptions at the end", head=("", "subscriptions", "share"), rows=rows)


def _notices(figures: Figures) -> Section:
    sent = figures.summary.sent
    locales = sorted({locale for _, locale in sent})
    kinds = sorted({kind for kind, _ in sent})
    rows = [(_said(kind), *(f"{sent.get((kind, locale), 0):,}" for locale in locales)) for kind in kinds]
    return Section(title="Mails sent, by language", head=("mails", *locales), rows=rows)


_FOUND_OUT: Mapping[AttemptStatus, str] = {
    AttemptStatus.SUCCEEDED: "it had been paid",
    AttemptStatus.DECLINED: "it had been declined",
    AttemptStatus.FAILED: "it had never arrived",
}


def _gateway(figures: Figures) -> Section:
    attempts = figures.summary.attempts
    rows = [
        ("attempts", f"{sum(attempts.values()):,}"),
        ("never worked on: outage, rate limit, lost on the way", f"{attempts.get(AttemptStatus.FAILED, 0):,}"),
    ]
    rows += [
        (f"answer lost, asked later: {_FOUND_OUT.get(status, 'not known yet')}", f"{count:,}")
        for status, count in figures.unknown.items()
    ]
    rows += [("events received; some came late or twice, some never", f"{figures.inbound:,}")]
    rows += [(f"chargebacks: {_said(status)}", f"{count:,}") for status, count in figures.disputes.items()]
    return Section(title="At the gateway", head=("", "count"), rows=rows)


def _invariants(figures: Figures) -> Section:
    held = [result for result in figures.invariants if result.holds]
    broken = [result for result in figures.invariants if not result.holds]
    rows: list[Row] = [("hold", f"{len(held)}/{len(figures.invariants)}")]
    rows += [(f"BROKEN {r.number}: {r.name}", f"{r.violations_count:,} ({', '.join(r.examples)})") for r in broken]
    return Section(title="What must always hold", head=("invariants", "count"), rows=rows)


def _share(label: str, count: int, whole: int) -> Row:
    return label, f"{count:,}", _percent(count, whole)


def _percent(count: int, whole: int) -> str:
    return f"{100 * count / whole:.1f} %" if whole else "–"


def _said(word: str) -> str:
    return str(word).replace("_", " ")


def lines(section: Section) -> Iterable[str]:
    """A section in columns, numbers on the right."""
    table = [section.head, *section.rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = (
            cell.ljust(width) if left else cell.rjust(width)
            for cell, width, left in zip(row, widths, _left(section), strict=True)
        )
        yield "  ".join(["  " + first, *others]).rstrip()


def _left(section: Section) -> list[bool]:
    """Which columns hold words."""
    columns = list(zip(*section.rows, strict=True)) or [()] * len(section.head)
    return [not _numeric(column) for column in columns]


def _numeric(column: Sequence[str]) -> bool:
    return bool(column) and all(cell[:1].isdigit() or cell in {"", "–"} for cell in column)
