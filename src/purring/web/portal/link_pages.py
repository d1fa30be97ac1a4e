"""The pages behind a link in a notice: one invoice, nobody to sign in, and everything that pays it.

What the link's person may not do by their role, they may not do here either. Looking changes nothing: mail scanners
open links, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission, may
from purring.domain.calendar import zone
from purring.domain.card_testing import TryKind
from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import MethodId
from purring.domain.payment_method import PaymentMethod
from purring.i18n.locales import negotiate
from purring.operations import methods, tokens
from purring.operations.invoice_paper import invoice_pdf
from purring.operations.links import PATH, Opened, open_link
from purring.operations.notices import mark_read
from purring.web.files import file_of
from purring.web.portal.brand import brand_of
from purring.web.portal.frame import framed
from purring.web.portal.invoice_pages import changed_meanwhile, charged, paying_path
from purring.web.portal.mandate import consent_of, mandate_problems, wording_for
from purring.web.portal.method_pages import holder_fields, holder_problems, new_method
from purring.web.portal.pen import Pen
from purring.web.portal.render import page
from purring.web.portal.sayings import saying
from purring.web.portal.visit import Front, Guest, keep_link, slow_down

THANKS = "/thanks"

LinkPage = Callable[[Guest, Opened], Response]


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    own = f"{PATH}{{token}}"
    return [
        front.guest(own, _opened(show)),
        front.guest(f"{own}/pdf", _opened(download)),
        front.guest(f"{own}/pay", _opened(pay, Permission.PAY), "POST"),
        front.guest(f"{own}/card", _opened(card, Permission.MANAGE_METHODS)),
        front.guest(f"{own}/new", _opened(pay_with_new, Permission.MANAGE_METHODS), "GET", "POST"),
        front.guest(f"{own}/bank", _opened(to_bank, Permission.PAY)),
        front.guest(THANKS, thanks),
    ]


def _opened(handler: LinkPage, needs: Permission | None = None) -> Callable[[Guest], Response]:
    """A page for whoever holds a link that leads somewhere; what it `needs` beyond looking, their role must have.

    Raises NotFound: the link leads nowhere.
    """

    def answer(guest: Guest) -> Response:
        opened = open_link(guest.services, guest.request.path_params["token"])
        if needs and not may(opened.person, needs):
            return guest.go(_home(guest), "not_permitted")
        try:
            return handler(guest, opened)
        except Refused as refused:
            if refused.code is not RefusalCode.TOO_MANY_TRIES:
                raise
            minutes = refused.details[0]
            return slow_down(_page(guest, opened, "link_slow_down.html", 429, minutes=minutes), refused)

    return answer


def _home(guest: Guest) -> str:
    return f"{PATH}{guest.request.path_params['token']}"


def _page(guest: Guest, opened: Opened, template: str, status: int = 200, **values: object) -> Response:
    locale = negotiate(opened.person.locale)
    return page(
        template,
        locale,
        status=status,
        brand=brand_of(guest.services, opened.facts.merchant),
        said=saying(guest.request.query_params.get("said", "")),
        pen=Pen(locale, zone(opened.facts.customer.timezone)),
        one=opened,
        home=_home(guest),
        may_pay=may(opened.person, Permission.PAY),
        may_add=may(opened.person, Permission.MANAGE_METHODS),
        **values,
    )


def show(guest: Guest, opened: Opened) -> Response:
    """How the invoice stands, and what pays it."""
    paying = paying_path(guest.services, opened.facts)
    return _page(guest, opened, "link.html", tied=opened.facts.tied_method, paying=paying)


def to_bank(guest: Guest, opened: Opened) -> Response:
    """Lead to the bank, and let the browser keep the link until it comes back from there: nobody is signed in."""
    if not opened.status.confirm_url:
        return guest.go(_home(guest))
    answer = guest.go(opened.status.confirm_url)
    keep_link(guest, answer, guest.request.path_params["token"], negotiate(opened.person.locale))
    return answer


def download(guest: Guest, opened: Opened) -> Response:
    """The invoice as a PDF to keep."""
    facts, locale = opened.facts, negotiate(opened.person.locale)
    return file_of(invoice_pdf(guest.services, facts.merchant.id, facts.invoice.id, locale=locale))


def pay(guest: Guest, opened: Opened) -> Response:
    """Charge the tied method, or the newer one that pays nothing yet, which then pays from now on."""
    untied, tied = opened.status.untied, opened.facts.tied_method
    offered: Mapping[str, PaymentMethod] = {method.id: method for method in (untied, tied) if method}
    method = offered.get(guest.form.get("method_id"))
    if method is None or _has_moved_on(guest, opened):
        return changed_meanwhile(guest, opened.facts, _home(guest))
    return _pay(guest, opened, method.id, ties=untied is not None and method.id == untied.id)


def _has_moved_on(guest: Guest, opened: Opened) -> bool:
    """Whether an attempt was made since the form was shown."""
    return guest.form.get("seen") != str(len(opened.facts.attempts))


def _pay(guest: Guest, opened: Opened, method_id: MethodId, *, ties: bool) -> Response:
    facts, merchant_id = opened.facts, opened.facts.merchant.id
    mark_read(guest.services, merchant_id, [facts.invoice.id], opened.person.id)
    try:
        if ties and facts.subscription:
            methods.tie_method(guest.services, merchant_id, facts.subscription.id, method_id)
        done = charged(guest, facts, method_id)
    except Refused as refused:
        if refused.code is RefusalCode.TOO_MANY_TRIES:
            raise
        return guest.go(_home(guest), refused.code.value)
    if done.said == "paid":
        return guest.go(f"{THANKS}?lang={negotiate(opened.person.locale)}")
    answer = done.lead(guest, _home(guest))
    if done.wait_at:
        keep_link(guest, answer, guest.request.path_params["token"], negotiate(opened.person.locale))
    return answer


def card(guest: Guest, opened: Opened) -> Response:
    """Lead to the gateway's own field, which sends the person back with a token."""
    locale = negotiate(opened.person.locale)
    back = f"{guest.services.base_url}{_home(guest)}/new"
    field = tokens.field(guest.services, opened.facts.merchant, back, locale)
    if guest.is_framed:
        merchant = opened.facts.merchant
        page = _page(guest, opened, "field.html", merchant=merchant, field=field, back=back, away=_home(guest))
        return framed(page, field)
    return _page(guest, opened, "link_card.html", url=field.url, origin=field.origin)


def pay_with_new(guest: Guest, opened: Opened) -> Response:
    """Save what came back from the field, let it pay from now on, and pay: one button, one charge."""
    token = guest.request.query_params.get("token", "")
    merchant = opened.facts.merchant
    details = tokens.details(guest.services, merchant, token)
    if details is None:
        return guest.go(f"{_home(guest)}/card", "field_failed")
    wording = wording_for(guest, merchant, details, negotiate(opened.person.locale))
    values = holder_fields(guest.form) if guest.is_post else holder_fields_of(opened)
    problems = holder_problems(values) | mandate_problems(guest.form, wording) if guest.is_post else {}
    if not guest.is_post or problems:
        shown = {"details": details, "values": values, "problems": problems, "mandate": wording}
        return _page(guest, opened, "link_new.html", 422 if problems else 200, **shown)
    if _has_moved_on(guest, opened):
        return changed_meanwhile(guest, opened.facts, _home(guest))
    guest.begin_try(TryKind.ADD, merchant.id, opened.facts.customer.id)
    new = new_method(tokens.gateway_name(guest.services, merchant), token, details, values)
    agreed = replace(new, consent=consent_of(opened.person, wording))
    method_id = tokens.add_once(guest.services, merchant.id, opened.facts.customer.id, agreed)
    return _pay(guest, opened, method_id, ties=True)


def holder_fields_of(opened: Opened) -> dict[str, str]:
    """What the form begins with: most people pay with a card in their customer's name."""
    return {"holder_name": opened.facts.customer.name, "billing_address": "", "phone": ""}


def thanks(guest: Guest) -> Response:
    """Say that it is paid; by now the link leads nowhere."""
    return guest.page("thanks.html")
