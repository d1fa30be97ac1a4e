"""Where somebody waits for a payment's end: back from the bank, or while a charge is under way elsewhere.

The page looks again by itself, ever less often, and then no more; as soon as the payment has ended it leads on. It can
be reloaded, opened in two tabs and come back to days later: looking changes nothing, and nothing here charges.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission, may
from purring.domain.calendar import zone
from purring.domain.customer import Person
from purring.domain.errors import NotFound
from purring.i18n.locales import negotiate
from purring.operations.links import PATH as LINK_PATH
from purring.operations.links import open_link
from purring.operations.payment import End, Payment, give_up, look, payment
from purring.operations.returning import PATH
from purring.operations.sign_in import signed_in
from purring.web.portal.brand import brand_of
from purring.web.portal.link_pages import THANKS
from purring.web.portal.pen import Pen
from purring.web.portal.render import page
from purring.web.portal.sayings import saying
from purring.web.portal.visit import Front, Guest, cookie_name, kept_link

PAUSES_S = (2, 3, 5, 8, 13, 21, 34)
"""After so many seconds each the page looks again; whoever still waits then is told that it takes longer."""

_LOOKS = [str(number) for number in range(len(PAUSES_S))]


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    own = f"{PATH}{{state}}"
    return [
        front.guest(own, show),
        front.guest(f"{own}/look", look_now, "POST"),
        front.guest(f"{own}/give-up", give_it_up, "POST"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who waits, as far as their browser shows it, and where their invoice's page is."""

    locale: str
    person: Person | None = None
    home: str = ""
    is_signed_in: bool = False

    @property
    def may_pay(self) -> bool:
        """Whether they may do more than look."""
        return self.person is not None and may(self.person, Permission.PAY)


def show(guest: Guest) -> Response:
    """How the payment stands; once it has ended, lead to the invoice and say how."""
    one = payment(guest.services, guest.request.path_params["state"])
    reader = _reader(guest, one)
    return _ended(guest, one, reader, one.end) if one.end else _waiting(guest, one, reader)


def _reader(guest: Guest, one: Payment) -> _Reader:
    """Who is signed in at the payment's customer, or holds a link to its invoice; anybody else may only look."""
    who = signed_in(guest.services, guest.request.cookies.get(cookie_name(is_https=guest.is_https), ""))
    if who and (who.merchant.id, who.customer.id) == (one.facts.merchant.id, one.facts.customer.id):
        home = f"/billing/invoices/{one.facts.invoice.id}"
        return _Reader(locale=negotiate(who.person.locale), person=who.person, home=home, is_signed_in=True)
    token, locale = kept_link(guest)
    try:
        opened = open_link(guest.services, token)
    except NotFound:
        return _Reader(locale=locale)
    if (opened.facts.merchant.id, opened.facts.invoice.id) != (one.facts.merchant.id, one.facts.invoice.id):
        return _Reader(locale=locale)
    return _Reader(locale=locale, person=opened.person, home=f"{LINK_PATH}{token}")


def _ended(guest: Guest, one: Payment, reader: _Reader, end: End) -> Response:
    if end is End.PAID and not reader.is_signed_in:
        return guest.go(f"{THANKS}?lang={reader.locale}")
    if reader.home:
        return guest.go(reader.home, end.value)
    return _page(guest, one, reader, "paying_over.html", said=saying(end.value))


def _waiting(guest: Guest, one: Payment, reader: _Reader) -> Response:
    before = guest.request.query_params.get("look", "0")
    number = _LOOKS.index(before) if before in _LOOKS else len(PAUSES_S)
    looks_again = number < len(PAUSES_S)
    answer = _page(guest, one, reader, "paying.html", again=looks_again)
    if looks_again:
        answer.headers["Refresh"] = f"{PAUSES_S[number]}; url={_home(guest)}?look={number + 1}"
    return answer


def look_now(guest: Guest) -> Response:
    """Ask the bank at once, for whoever doesn't want to wait."""
    one = payment(guest.services, guest.request.path_params["state"])
    if _reader(guest, one).may_pay:
        look(guest.services, one)
    return guest.go(_home(guest))


def give_it_up(guest: Guest) -> Response:
    """Take the payment back, so that the invoice can be paid another way. What was confirmed meanwhile stays paid."""
    one = payment(guest.services, guest.request.path_params["state"])
    if _reader(guest, one).may_pay:
        give_up(guest.services, one)
    return guest.go(_home(guest))


def _home(guest: Guest) -> str:
    return f"{PATH}{guest.request.path_params['state']}"


def _page(guest: Guest, one: Payment, reader: _Reader, template: str, **values: object) -> Response:
    locale = reader.locale
    bank = f"{reader.home}/bank" if reader.home.startswith(LINK_PATH) else one.status.confirm_url
    return page(
        template,
        locale,
        status=200,
        brand=brand_of(guest.services, one.facts.merchant),
        pen=Pen(locale, zone(one.facts.customer.timezone)),
        one=one,
        reader=reader,
        home=_home(guest),
        bank=bank if one.status.confirm_url else None,
        **values,
    )
