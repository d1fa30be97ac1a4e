"""An invoice as a document: its lines, what was paid and what is left to pay, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from purring.documents.paper import Document, Fact, Paper, Part, Sum, Table, document
from purring.domain.calendar import zone
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, InvoiceId, MerchantId
from purring.domain.invoice import InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.i18n.catalog import Translator, mark, translator
from purring.i18n.format import format_date, format_money
from purring.notices.contexts import MethodLabel
from purring.notices.look import Look
from purring.notices.values import method_label
from purring.operations.kid import kid_of
from purring.operations.looks import looks_of
from purring.operations.services import Services
from purring.operations.view import facts_in
from purring.store import journal
from purring.store.journal import Entry

PAGE = mark("Page {page} of {pages}")
_MOVEMENTS: Mapping[EntryKind, str] = {
    EntryKind.PAID: mark("Paid"),
    EntryKind.CREDITED: mark("Credited"),
    EntryKind.REFUNDED: mark("Paid back"),
    EntryKind.CHARGED_BACK: mark("Taken back by the bank"),
    EntryKind.CHARGEBACK_RETURNED: mark("The bank decided: paid"),
    EntryKind.PAYMENT_REVERSED: mark("Payment taken back"),
}
"""What is told of an invoice's money; what it was issued for and what the merchant gave up needs no line."""
_CLOSED: Mapping[InvoiceStatus, str] = {
    InvoiceStatus.PAID: mark("This invoice is paid. Thank you!"),
    InvoiceStatus.VOID: mark("This invoice is void: nothing is to be paid."),
    InvoiceStatus.UNCOLLECTIBLE: mark("This invoice was written off."),
}


def invoice_pdf(
    services: Services,
    merchant_id: MerchantId,
    invoice_id: InvoiceId,
    *,
    locale: str | None = None,
    customer_id: CustomerId | None = None,
) -> Document:
    """One of a merchant's invoices as a PDF, or of a customer's; without a `locale` in the customer's language.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        facts = facts_in(conn, services, merchant_id, invoice_id, lock=False)
        if customer_id not in {None, facts.customer.id}:
            raise NotFound(f"There is no invoice {invoice_id} of this customer.", field="invoice_id")
        entries = journal.of_invoice(conn, merchant_id, invoice_id)
        look = looks_of(conn, [merchant_id])[merchant_id]
    paper = paper_of(facts, entries, look, translator(locale or facts.customer.locale))
    return document(paper, paper.title)


def paper_of(facts: Facts, entries: Sequence[Entry], look: Look, words: Translator) -> Paper:
    """What stands on it."""
    invoice = facts.invoice
    return Paper(
        locale=words.locale,
        title=words.gettext("Invoice %(number)s") % {"number": invoice.number},
        sender=facts.merchant.name,
        color=look.brand.color,
        logo=look.brand.logo.data if look.brand.logo else None,
        recipient=(facts.customer.name,),
        facts=tuple(_facts(facts, words)),
        table=_table(facts, words),
        parts=tuple(_parts(facts, entries, words)),
        footer=look.brand.footer or tuple(filter(None, (facts.merchant.name, facts.merchant.support_email))),
        page=words.gettext(PAGE),
    )


def _facts(facts: Facts, words: Translator) -> list[Fact]:
    invoice = facts.invoice
    said = [(words.gettext("Invoice date"), format_date(invoice.invoice_on, words.locale))]
    if invoice.period_start_on and invoice.period_end_on:
        last_on = invoice.period_end_on - timedelta(days=1)
        days = (format_date(day, words.locale) for day in (invoice.period_start_on, last_on))
        said.append((words.gettext("Period"), " – ".join(days)))
    return said


def _table(facts: Facts, words: Translator) -> Table:
    invoice = facts.invoice
    rows = tuple((one.description, str(one.quantity), format_money(one.amount, words.locale)) for one in invoice.lines)
    return Table(
        head=(words.gettext("Description"), words.gettext("Quantity"), words.gettext("Amount")),
        rows=rows,
        sums=tuple(_sums(facts, words)),
    )


def _sums(facts: Facts, words: Translator) -> list[Sum]:
    invoice = facts.invoice
    taken_off = (("Paid", invoice.paid_minor), ("Credited", invoice.credited_minor))
    off = [
        Sum(label=words.gettext(label), amount=f"−{format_money(Money(minor, invoice.total.currency), words.locale)}")
        for label, minor in taken_off
        if minor
    ]
    total = Sum(label=words.gettext("Total"), amount=format_money(invoice.total, words.locale), is_total=True)
    if not invoice.is_open:
        return [total, *off]
    left = Sum(label=words.gettext("To pay"), amount=format_money(invoice.owed, words.locale), is_total=True)
    return [total, *off, left]


def _parts(facts: Facts, entries: Sequence[Entry], words: Translator) -> list[Part]:
    parts = []
    moved = tuple(_movement(facts, one, words) for one in entries if one.kind in _MOVEMENTS)
    if moved:
        parts.append(Part(title=words.gettext("Payments"), facts=moved))
    if closed := _CLOSED.get(facts.invoice.status):
        return [*parts, Part(sentences=(words.gettext(closed),))]
    kid = kid_of(facts)
    how = tuple(_how(facts, words))
    reference = (words.gettext("Payment reference (KID)"), kid) if kid else None
    return [*parts, Part(title=words.gettext("How it is paid"), facts=(reference,) if reference else (), sentences=how)]


def _movement(facts: Facts, entry: Entry, words: Translator) -> Fact:
    """A day, and what happened to money on it: "Paid NOK 249.00, Visa ending in 4242"."""
    attempt = next((one for one in facts.attempts if one.id == entry.attempt_id), None)
    method = facts.method(attempt.method_id) if attempt else None
    said = [f"{words.gettext(_MOVEMENTS[entry.kind])} {format_money(entry.amount, words.locale)}"]
    if method:
        said.append(label_of(method, words))
    return format_date(entry.at, words.locale, tz=zone(facts.customer.timezone)), ", ".join(said)


def _how(facts: Facts, words: Translator) -> list[str]:
    method = facts.tied_method
    if method is None:
        return [words.gettext("No payment method is on file. Add one on your billing pages, or pay there.")]
    return [words.gettext("It is charged automatically: %(method)s.") % {"method": label_of(method, words)}]


def label_of(method: PaymentMethod, words: Translator) -> str:
    """Brand and last four."""
    return method_label(MethodLabel(kind=method.kind, scheme=method.scheme, last4=method.last4), words)
