"""What is open and what it is for: the first page, subscriptions, and which method pays them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission
from purring.domain.ids import MethodId, SubscriptionId
from purring.domain.payment_method import PaymentMethod
from purring.i18n.locales import LOCALES
from purring.operations import methods
from purring.operations.account import Account, OpenInvoice, account
from purring.operations.people import set_language
from purring.web.portal.visit import Front, Visit
from purring.web.portal.words import BADGES, INTERVALS, STATES


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    manage = Permission.MANAGE_METHODS
    return [
        front.own("/billing", overview),
        front.own("/billing/subscriptions/{id}", subscription),
        front.own("/billing/subscriptions/{id}/method", change_method, "GET", "POST", needs=manage),
        front.own("/billing/methods/{id}/pays", pays),
        front.own("/billing/language", language, "GET", "POST"),
    ]


def account_of(visit: Visit) -> Account:
    """The visitor's account."""
    return account(visit.services, visit.who.merchant.id, visit.who.customer.id)


def overview(visit: Visit) -> Response:
    """What is open, the most pressing first, and every subscription."""
    own = account_of(visit)
    return visit.page("overview.html", account=own, settle=_owes_much(own), states=STATES, intervals=INTERVALS)


def _owes_much(own: Account) -> PaymentMethod | None:
    """The method on which several invoices are unpaid, if there is one."""
    owing = [one.facts.tied_method for one in own.unpaid if one.status.can_pay and one.status.failure]
    several = [method for method in owing if method and owing.count(method) > 1]
    return several[0] if several else None


def subscription(visit: Visit) -> Response:
    """One subscription and its billing."""
    own = account_of(visit).subscription(SubscriptionId(visit.request.path_params["id"]))
    return visit.page("subscription.html", own=own, states=STATES, intervals=INTERVALS)


def change_method(visit: Visit) -> Response:
    """Choose which method pays a subscription."""
    own = account_of(visit)
    subscription = own.subscription(SubscriptionId(visit.request.path_params["id"]))
    if not visit.is_post:
        return visit.page("subscription_method.html", own=subscription, account=own, badges=BADGES)
    method_id = MethodId(visit.form.get("method_id"))
    own.method(method_id)
    methods.tie_method(visit.services, visit.who.merchant.id, subscription.subscription.id, method_id)
    return visit.go(f"/billing/methods/{method_id}/pays")


def pays(visit: Visit) -> Response:
    """What a method pays from now on, and what of it is still owed, each with a button."""
    own = account_of(visit).method(MethodId(visit.request.path_params["id"]))
    return visit.page("changed.html", method=own.method, pays=own.pays, owed=owed_by(account_of(visit), own.method))


def owed_by(own: Account, method: PaymentMethod) -> list[OpenInvoice]:
    """The invoices that wait for a person to pay them with this method."""
    return [
        one for one in own.unpaid if one.facts.tied_method_id == method.id and one.status.can_pay and one.facts.attempts
    ]


def language(visit: Visit) -> Response:
    """Choose the language of pages and notices."""
    if not visit.is_post:
        return visit.page("language.html", locales=LOCALES)
    set_language(visit.services, visit.who.merchant.id, visit.who.person, visit.form.get("locale"))
    return visit.go("/billing/language", "saved")
