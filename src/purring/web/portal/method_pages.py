"""Payment methods: the list, adding one through the gateway's own field, editing, replacing, removing."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission
from purring.domain.card_testing import TryKind
from purring.domain.errors import Refused
from purring.domain.ids import InvoiceId, MethodId, SubscriptionId
from purring.domain.payment_method import MethodKind
from purring.domain.standing import Standing
from purring.gateways.base import TokenDetails
from purring.i18n.catalog import mark
from purring.operations import methods, tokens
from purring.operations.account import Account, OpenInvoice, OwnMethod, own_invoice
from purring.operations.mandates import mandate_pdf, methods_with_mandate
from purring.operations.methods import NewMethod
from purring.web.files import file_of
from purring.web.portal.billing_pages import account_of
from purring.web.portal.frame import framed
from purring.web.portal.invoice_pages import changed_meanwhile, charged, has_moved_on
from purring.web.portal.mandate import consent_of, mandate_problems, wording_for
from purring.web.portal.visit import Form, Front, Page, Visit
from purring.web.portal.words import BADGES

_EXPIRY = re.compile(r"(\d{1,2})\s*/\s*(?:20)?(\d{2})")
_FIELDS = ("holder_name", "billing_address", "phone")
_LENGTH_MAX = 200


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    manage = Permission.MANAGE_METHODS

    def own(path: str, handler: Page, *verbs: str) -> Route:
        return front.own(f"/billing/methods{path}", handler, *verbs, needs=manage)

    return [
        front.own("/billing/methods", list_methods),
        own("/add", add, "GET"),
        own("/new", confirm_new, "GET", "POST"),
        front.own("/billing/methods/{id}/mandate", download_mandate),
        own("/{id}/edit", edit, "GET", "POST"),
        own("/{id}/tie", tie, "GET", "POST"),
        own("/{id}/replace", replace, "GET", "POST"),
        own("/{id}/remove", remove, "GET", "POST"),
    ]


def list_methods(visit: Visit) -> Response:
    """Everything on file, and what each pays."""
    with_mandate = methods_with_mandate(visit.services, visit.who.merchant.id, visit.who.customer.id)
    return visit.page("methods.html", account=account_of(visit), badges=BADGES, with_mandate=with_mandate)


def download_mandate(visit: Visit) -> Response:
    """What was agreed to when an account was added, as a PDF to keep."""
    who, method_id = visit.who, MethodId(visit.request.path_params["id"])
    return file_of(mandate_pdf(visit.services, who.merchant.id, who.customer.id, method_id))


def method_of(visit: Visit, own: Account) -> OwnMethod:
    """The method that the address names, if it is the customer's."""
    return own.method(MethodId(visit.request.path_params["id"]))


# ---------------------------------------------------------------------------------------------------------------------
# Adding


def add(visit: Visit) -> Response:
    """Lead to the gateway's own field, which sends the customer back with a token."""
    purpose = _purpose(visit)
    back = f"{visit.services.base_url}/billing/methods/new{purpose}"
    field = tokens.field(visit.services, visit.who.merchant, back, visit.locale)
    if visit.is_framed:
        merchant = visit.who.merchant
        page = visit.page("field.html", merchant=merchant, field=field, back=back, away="/billing")
        return framed(page, field)
    return visit.page("method_add.html", url=field.url, gateway=field.origin)


def _purpose(visit: Visit) -> str:
    """Why a method is added, handed on from page to page: for a subscription, an invoice, or in place of another."""
    query = visit.request.query_params
    given = {name: query[name] for name in ("for", "pay", "replaces") if query.get(name)}
    return f"?{urlencode(given)}" if given else ""


def confirm_new(visit: Visit) -> Response:
    """Show what came back from the field, take the rest, and save it. A reload adds nothing twice."""
    query = visit.request.query_params
    token = query.get("token", "")
    details = tokens.details(visit.services, visit.who.merchant, token)
    if details is None:
        return visit.go(f"/billing/methods/add{_purpose(visit)}", "field_failed")
    own, paying = account_of(visit), _invoice(visit, query.get("pay", ""))
    wording = wording_for(visit, visit.who.merchant, details, visit.locale)
    shown: dict[str, Any] = {"details": details, "paying": paying, "mandate": wording}
    values = holder_fields(visit.form)
    if not visit.is_post:
        values["holder_name"] = visit.who.customer.name
        return visit.page("method_new.html", values=values, problems={}, **shown)
    problems = holder_problems(values) | mandate_problems(visit.form, wording)
    if problems:
        return visit.page("method_new.html", 422, values=values, problems=problems, **shown)
    if paying and has_moved_on(visit, paying):
        return changed_meanwhile(visit, paying.facts, f"/billing/invoices/{paying.invoice.id}")
    visit.begin_try(TryKind.ADD, visit.who.merchant.id, visit.who.customer.id)
    new = new_method(tokens.gateway_name(visit.services, visit.who.merchant), token, details, values)
    agreed = dataclasses.replace(new, consent=consent_of(visit.who.person, wording))
    return _used(visit, own, tokens.add_once(visit.services, visit.who.merchant.id, visit.who.customer.id, agreed))


def holder_fields(form: Form) -> dict[str, str]:
    """What was typed beside the number."""
    return {name: form.get(name)[:_LENGTH_MAX] for name in _FIELDS}


def new_method(gateway: str, token: str, details: TokenDetails, values: Mapping[str, str]) -> NewMethod:
    """A method from what the gateway says of a token, and what was typed."""
    return NewMethod(
        kind=MethodKind(details.kind),
        gateway=gateway,
        token=token,
        fingerprint=details.fingerprint,
        scheme=details.scheme,
        last4=details.last4,
        exp_month=details.exp_month,
        exp_year=details.exp_year,
        holder_name=values["holder_name"],
        billing_address=values["billing_address"],
        phone=values["phone"],
    )


def _used(visit: Visit, own: Account, method_id: MethodId) -> Response:
    """Go on with what the method was added for."""
    query, merchant_id = visit.request.query_params, visit.who.merchant.id
    if query.get("replaces"):
        return visit.go(f"/billing/methods/{query['replaces']}/replace?with={method_id}")
    if query.get("for"):
        subscription = own.subscription(SubscriptionId(query["for"])).subscription
        methods.tie_method(visit.services, merchant_id, subscription.id, method_id)
        return visit.go(f"/billing/methods/{method_id}/pays", "added")
    if query.get("pay"):
        one = _invoice(visit, query["pay"])
        assert one, "the address was checked when the page was shown"
        if one.invoice.subscription_id:
            methods.tie_method(visit.services, merchant_id, one.invoice.subscription_id, method_id)
        return charged(visit, one.facts, method_id).lead(visit, f"/billing/invoices/{one.invoice.id}")
    return visit.go(f"/billing/methods/{method_id}/tie", "added")


def _invoice(visit: Visit, invoice_id: str) -> OpenInvoice | None:
    """The invoice that is to be paid with a new method, if one is."""
    if not invoice_id:
        return None
    return own_invoice(visit.services, visit.who.merchant.id, visit.who.customer.id, InvoiceId(invoice_id))


# ---------------------------------------------------------------------------------------------------------------------
# What it pays


def tie(visit: Visit) -> Response:
    """Ask what a method should pay: nothing, some subscriptions (the failing ones are ticked), or all."""
    own = account_of(visit)
    one = method_of(visit, own)
    if not visit.is_post:
        return visit.page("method_tie.html", one=one, account=own, failing=_failing(own))
    ticked = visit.form.all("subscription_id")
    for subscription_id in ticked:
        subscription = own.subscription(SubscriptionId(subscription_id)).subscription
        methods.tie_method(visit.services, visit.who.merchant.id, subscription.id, one.method.id)
    return visit.go(f"/billing/methods/{one.method.id}/pays") if ticked else visit.go("/billing/methods", "untied")


def _failing(own: Account) -> frozenset[str]:
    """The subscriptions whose payment needs another method."""
    bad = {Standing.RETRYING, Standing.NEEDS_YOU, Standing.LAST_NOTICE, Standing.SUSPENDED}
    return frozenset(
        one.subscription.id for one in own.subscriptions if any(owed.status.standing in bad for owed in one.unpaid)
    )


# ---------------------------------------------------------------------------------------------------------------------
# Editing, replacing, removing


def edit(visit: Visit) -> Response:
    """Change what can be changed: holder, address, phone, and a card's expiry date; never its number."""
    one = method_of(visit, account_of(visit))
    is_card = one.method.kind is MethodKind.CARD
    names = (*_FIELDS, "expiry") if is_card else _FIELDS
    if not visit.is_post:
        values = {name: getattr(one.method, name) for name in _FIELDS} | {"expiry": visit.pen.expiry(one.method)}
        return visit.page("method_edit.html", one=one, values=values, problems={}, is_card=is_card)
    values = {name: visit.form.get(name)[:_LENGTH_MAX] for name in names}
    problems = holder_problems(values)
    if problems:
        return visit.page("method_edit.html", 422, one=one, values=values, problems=problems, is_card=is_card)
    changes: dict[str, object] = {name: values[name] for name in _FIELDS}
    if is_card and values["expiry"]:
        month, year = _expiry(values["expiry"])
        changes |= {"exp_month": month, "exp_year": year}
    methods.edit_method(visit.services, visit.who.merchant.id, one.method.id, **changes)
    return visit.go(f"/billing/methods/{one.method.id}/pays" if one.pays else "/billing/methods", "saved")


def holder_problems(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with what was typed, in the order of the fields."""
    problems = {}
    if "holder_name" in values and not values["holder_name"]:
        problems["holder_name"] = mark("Enter the name of the holder.")
    if values.get("expiry") and _expiry(values["expiry"]) == (0, 0):
        problems["expiry"] = mark("Enter the expiry date as it stands on the card, such as 04/31.")
    return problems


def _expiry(text: str) -> tuple[int, int]:
    """Month and year; zeros if the text is no date."""
    match = _EXPIRY.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= 12:  # noqa: PLR2004 - the months of a year
        return 0, 0
    return int(match[1]), 2000 + int(match[2])


def replace(visit: Visit) -> Response:
    """Let another method take this one's place: list what will move, then move it all in one transaction."""
    own = account_of(visit)
    one = method_of(visit, own)
    others = [other for other in own.methods if other.method.id != one.method.id]
    if not visit.is_post:
        chosen = visit.request.query_params.get("with", "")
        return visit.page("method_replace.html", one=one, others=others, chosen=chosen, badges=BADGES)
    new = own.method(MethodId(visit.form.get("method_id"))).method
    methods.replace_everywhere(visit.services, visit.who.merchant.id, one.method.id, new.id)
    return visit.go(f"/billing/methods/{new.id}/pays", "replaced")


def remove(visit: Visit) -> Response:
    """Remove a method that nothing uses, or let another take its place and remove it: both or neither."""
    own = account_of(visit)
    one = method_of(visit, own)
    if not visit.who.session.has_proved(visit.services.clock.now()):
        return visit.go(f"/prove?next=/billing/methods/{one.method.id}/remove")
    others = [other for other in own.methods if other.method.id != one.method.id]
    if not visit.is_post:
        return visit.page("method_remove.html", one=one, others=others, badges=BADGES, refused=None)
    try:
        _remove(visit, own, one)
    except Refused as refused:
        return visit.page("method_remove.html", 409, one=one, others=others, badges=BADGES, refused=refused.code.value)
    return visit.go("/billing/methods", "removed")


def _remove(visit: Visit, own: Account, one: OwnMethod) -> None:
    merchant_id, successor = visit.who.merchant.id, visit.form.get("method_id")
    if successor:
        new = own.method(MethodId(successor)).method
        methods.remove_and_replace(visit.services, merchant_id, one.method.id, new.id)
    else:
        methods.remove_method(visit.services, merchant_id, one.method.id)
