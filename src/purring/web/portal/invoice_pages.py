"""Invoices: the list, each one's story, and paying it. One click is one charge, however often it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission
from purring.domain.attempt import ActionRequired, Approved, Declined, Outcome, Pending, Unavailable, Unknown
from purring.domain.card_testing import TryKind
from purring.domain.errors import NotFound, Refused
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MethodId
from purring.domain.recovery import HoldReason
from purring.domain.step import Charge, SetStatus, Step
from purring.domain.subscription import SubscriptionStatus
from purring.i18n.catalog import mark, translator
from purring.operations import methods, pay, recoveries, settle
from purring.operations.account import PAGE_INVOICES, OpenInvoice, bills, own_invoice
from purring.operations.invoice_paper import invoice_pdf
from purring.operations.payment import under_way
from purring.operations.portal_tries import count_decline
from purring.operations.returning import path_of
from purring.operations.services import Services
from purring.web.files import file_of
from purring.web.portal.billing_pages import account_of
from purring.web.portal.visit import Front, Guest, Visit
from purring.web.portal.words import ATTEMPT_STATES, BADGES, INVOICE_STATES


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    may_pay = Permission.PAY
    return [
        front.own("/billing/invoices", list_invoices),
        front.own("/billing/invoices/{id}", show),
        front.own("/billing/invoices/{id}/pdf", download),
        front.own("/billing/invoices/{id}/pay", pay_now, "GET", "POST", needs=may_pay),
        front.own("/billing/invoices/{id}/use", use_and_pay, "POST", needs=Permission.MANAGE_METHODS),
        front.own("/billing/invoices/{id}/transfer", declare_transfer, "POST", needs=may_pay),
        front.own("/billing/settle/{id}", settle_all, "GET", "POST", needs=may_pay),
    ]


def list_invoices(visit: Visit) -> Response:
    """A page of invoices, newest first."""
    before = visit.request.query_params.get("before")
    found = bills(
        visit.services,
        visit.who.merchant.id,
        visit.who.customer.id,
        before=InvoiceId(before) if before else None,
    )
    shown = found[:PAGE_INVOICES]
    older = shown[-1].id if len(found) > len(shown) else ""
    return visit.page("invoices.html", invoices=shown, older=older, invoice_states=INVOICE_STATES)


def show(visit: Visit) -> Response:
    """One invoice: how it stands, what has happened, what comes next."""
    one = invoice_of(visit)
    return visit.page(
        "invoice_own.html",
        one=one,
        paying=paying_path(visit.services, one.facts),
        steps=_steps(visit, one),
        can_declare=_can_declare(one),
        invoice_states=INVOICE_STATES,
        attempt_states=ATTEMPT_STATES,
    )


def download(visit: Visit) -> Response:
    """The invoice as a PDF to keep."""
    who, invoice_id = visit.who, InvoiceId(visit.request.path_params["id"])
    return file_of(
        invoice_pdf(visit.services, who.merchant.id, invoice_id, locale=visit.locale, customer_id=who.customer.id)
    )


def paying_path(services: Services, facts: Facts) -> str:
    """Where the payment stands that is under way; empty if none is."""
    return path_of(services, facts.open_attempt.id) if facts.open_attempt else ""


def invoice_of(visit: Visit) -> OpenInvoice:
    """The invoice that the address names, if it is the customer's."""
    invoice_id = InvoiceId(visit.request.path_params["id"])
    return own_invoice(visit.services, visit.who.merchant.id, visit.who.customer.id, invoice_id)


def _steps(visit: Visit, one: OpenInvoice) -> list[tuple[datetime, str]]:
    """What comes next as far as it concerns the reader: charges, and the end of access."""
    words = translator(visit.locale)
    said = ((step.at, _step(visit, one, step)) for step in one.schedule.steps)
    return [(at, words.gettext(text[0]) % text[1]) for at, text in said if text]


def _step(visit: Visit, one: OpenInvoice, step: Step) -> tuple[str, dict[str, str]] | None:
    match step.action:
        case Charge(method_id=method_id):
            method = one.facts.method(method_id)
            return mark("We charge %(method)s"), {"method": visit.pen.method(method) if method else ""}
        case SetStatus(status=SubscriptionStatus.SUSPENDED | SubscriptionStatus.CANCELED):
            return mark("Access ends"), {}
        case _:
            return None


def _can_declare(one: OpenInvoice) -> bool:
    """Whether a bank transfer can be told of: while a recovery is open, once."""
    recovery = one.facts.recovery
    return (
        one.status.can_pay
        and recovery is not None
        and recovery.is_open
        and recovery.transfer_declared_at is None
        and recovery.hold is not HoldReason.BANK_TRANSFER
    )


def pay_now(visit: Visit) -> Response:
    """Choose what to pay with; then one charge, unless something has happened since the page was shown."""
    one, own = invoice_of(visit), account_of(visit)
    back = f"/billing/invoices/{one.invoice.id}"
    if not visit.is_post:
        if not one.status.can_pay:
            return visit.go(back)
        return visit.page("pay.html", one=one, account=own, badges=BADGES)
    method = own.method(MethodId(visit.form.get("method_id"))).method
    if has_moved_on(visit, one):
        return changed_meanwhile(visit, one.facts, back)
    return charged(visit, one.facts, method.id).lead(visit, back)


def has_moved_on(visit: Visit, one: OpenInvoice) -> bool:
    """Whether an attempt was made since the form was shown: a second click, another tab, the back button, a worker."""
    return visit.form.get("seen") != str(len(one.facts.attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What came of a click: what to say about it, or where the bank's answer can be waited for."""

    said: str = ""
    wait_at: str = ""

    def lead(self, guest: Guest, back: str) -> Response:
        """Go there."""
        return guest.go(self.wait_at or back, self.said)


def charged(guest: Guest, facts: Facts, method_id: MethodId) -> Charged:
    """Charge the invoice once. Raises Refused, unless somebody else's charge of it will end in a moment."""
    services, merchant_id, invoice_id = guest.services, facts.merchant.id, facts.invoice.id
    try_id = guest.begin_try(TryKind.PAY, merchant_id, facts.customer.id)
    try:
        paid = pay.pay_now(services, merchant_id, invoice_id, method_id)
    except Refused:
        wait_at = under_way(services, merchant_id, invoice_id)
        if wait_at is None:
            raise
        return Charged(wait_at=wait_at)
    if isinstance(paid.outcome, Unknown):
        return Charged(wait_at=path_of(services, paid.attempt.id))
    if isinstance(paid.outcome, Declined):
        count_decline(services, merchant_id, try_id)
    return Charged(said=_said(paid.outcome))


def changed_meanwhile(guest: Guest, facts: Facts, back: str) -> Response:
    """Lead whoever sends a form of before to what happened since: to the payment that is under way, or say so."""
    wait_at = under_way(guest.services, facts.merchant.id, facts.invoice.id)
    return guest.go(wait_at) if wait_at else guest.go(back, "changed_meanwhile")


def _said(outcome: Outcome) -> str:
    match outcome:
        case Approved():
            return "paid"
        case Pending() | Unknown():
            return "processing"
        case Unavailable():
            return "unavailable"
        case ActionRequired():
            return "confirm"
        case _:
            return "declined"


def use_and_pay(visit: Visit) -> Response:
    """Let the newer method pay the subscription from now on, and this invoice at once."""
    one = invoice_of(visit)
    back = f"/billing/invoices/{one.invoice.id}"
    method = account_of(visit).method(MethodId(visit.form.get("method_id"))).method
    if has_moved_on(visit, one):
        return changed_meanwhile(visit, one.facts, back)
    if one.invoice.subscription_id:
        methods.tie_method(visit.services, visit.who.merchant.id, one.invoice.subscription_id, method.id)
    return charged(visit, one.facts, method.id).lead(visit, back)


def declare_transfer(visit: Visit) -> Response:
    """The customer says that a bank transfer is on its way."""
    one = invoice_of(visit)
    recoveries.declare_transfer(visit.services, visit.who.merchant.id, one.invoice.id)
    return visit.go(f"/billing/invoices/{one.invoice.id}", "transfer")


def settle_all(visit: Visit) -> Response:
    """Pay everything that is owed on one method, itemised first, each invoice a charge of its own."""
    own = account_of(visit)
    method = own.method(MethodId(visit.request.path_params["id"])).method
    owed = [one for one in own.unpaid if one.facts.tied_method_id == method.id and one.status.can_pay]
    if not owed:
        return visit.go("/billing")
    if not visit.is_post:
        return visit.page("settle.html", method=method, owed=owed, account=own, badges=BADGES, seen=_seen(owed))
    if visit.form.get("seen") != _seen(owed):
        return visit.go("/billing", "changed_meanwhile")
    with_method = own.method(MethodId(visit.form.get("method_id"))).method
    merchant_id, customer_id = visit.who.merchant.id, visit.who.customer.id
    try_id = visit.begin_try(TryKind.PAY, merchant_id, customer_id)
    settled = settle.settle(visit.services, merchant_id, customer_id, method.id, with_method.id)
    if not settled:
        raise NotFound("Nothing is owed on this method.", field="method_id")
    outcomes = [one.paid.outcome if one.paid else None for one in settled]
    if any(isinstance(one, Declined) for one in outcomes):
        count_decline(visit.services, merchant_id, try_id)
    return visit.go("/billing", "settled" if all(isinstance(one, Approved) for one in outcomes) else "settled_partly")


def _seen(owed: list[OpenInvoice]) -> str:
    """What the page showed, so that a second click finds something else."""
    return " ".join(f"{one.invoice.id}.{len(one.facts.attempts)}" for one in owed)
