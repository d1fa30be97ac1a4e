"""The page that a notice's link leads to: what is owed, for what, what happens next, and how to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.calendar import zone
from purring.domain.payment_method import PaymentMethod
from purring.domain.standing import Standing, Status
from purring.i18n.catalog import translator
from purring.i18n.format import format_date, format_money
from purring.notices.reasons import no_method_text, reason_text
from purring.operations.links import Opened
from purring.web.portal.render import labeled


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """Everything that the template says, written in the reader's language; an empty text isn't said."""

    merchant: str
    support_email: str
    number: str
    amount: str
    lines: tuple[tuple[str, str], ...]
    invoice_day: str
    standing: Standing
    why: str
    method: str
    next_day: str
    next_method: str
    access_ends_day: str
    data_deleted_day: str


def invoice_view(opened: Opened, locale: str) -> InvoiceView:
    """The invoice as this reader sees it. Days are those of the customer's zone."""
    facts, status = opened.facts, opened.status
    invoice, tz = facts.invoice, zone(facts.customer.timezone)

    def day(at: datetime | None) -> str:
        return format_date(at, locale, tz=tz, weekday=True) if at else ""

    return InvoiceView(
        merchant=facts.merchant.name,
        support_email=facts.merchant.support_email,
        number=invoice.number,
        amount=format_money(status.owed, locale),
        lines=tuple((line.description, format_money(line.amount, locale)) for line in invoice.lines),
        invoice_day=format_date(invoice.invoice_on, locale),
        standing=status.standing,
        why=_why(status, locale),
        method=_label(status.failure.method if status.failure else None, locale),
        next_day=day(status.next_charge_at),
        next_method=_label(facts.tied_method, locale),
        access_ends_day=day(status.ends.access_ends_at),
        data_deleted_day=day(status.ends.data_deleted_at),
    )


def _why(status: Status, locale: str) -> str:
    failure = status.failure
    if failure is None or (failure.reason is None and not failure.has_no_method):
        return ""
    text = no_method_text() if failure.reason is None else reason_text(failure.reason)
    return translator(locale).gettext(text.why)


def _label(method: PaymentMethod | None, locale: str) -> str:
    return labeled(method, locale) if method else ""
