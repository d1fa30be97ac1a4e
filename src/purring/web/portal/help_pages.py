"""The help article, with the reader's own invoice in it, and its source beside the translation if they want it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from purring.i18n.locales import DEFAULT
from purring.operations.account import OpenInvoice
from purring.web.portal.billing_pages import account_of
from purring.web.portal.help import article
from purring.web.portal.pen import Pen
from purring.web.portal.visit import Front, Visit


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    return [front.own("/billing/help", payment_declined)]


def payment_declined(visit: Visit) -> Response:
    """How declined payments work here, told by what is open right now."""
    unpaid = [one for one in account_of(visit).unpaid if one.status.failure]
    worst = unpaid[0] if unpaid else None
    source_pen = Pen(DEFAULT, visit.pen.tz)
    shown = article(visit.locale, _figures(visit, worst, visit.pen), _figures(visit, worst, source_pen))
    both = visit.request.query_params.get("both") == "1" and visit.locale != DEFAULT
    return visit.page("help.html", segments=shown, both=both, has_source=visit.locale != DEFAULT)


def _figures(visit: Visit, one: OpenInvoice | None, pen: Pen) -> dict[str, str]:
    """Everything that the article may name; what isn't known isn't there."""
    merchant = visit.who.merchant
    known = {
        "merchant_name": merchant.name,
        "support_email": merchant.support_email,
        "window_days": str(merchant.policy.window_days),
        "warning_days": str(merchant.policy.warning_lead_days),
        **(_of_invoice(one, pen) if one else {}),
    }
    return {name: value for name, value in known.items() if value}


def _of_invoice(one: OpenInvoice, pen: Pen) -> dict[str, str]:
    status = one.status
    failure = status.failure
    return {
        "invoice_number": one.invoice.number,
        "amount": pen.money(status.owed),
        "why": pen.why(failure) if failure else "",
        "method": pen.method(failure.method) if failure and failure.method else "",
        "next_day": pen.weekday(status.next_charge_at) if status.next_charge_at else "",
        "access_ends_day": pen.weekday(status.ends.access_ends_at) if status.ends.access_ends_at else "",
        "data_deleted_day": pen.day(status.ends.data_deleted_at) if status.ends.data_deleted_at else "",
        "window_days": str(one.facts.policy.window_days),
        "warning_days": str(one.facts.policy.warning_lead_days),
    }
