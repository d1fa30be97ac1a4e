"""Signing in and out, proving who one is, and where one is signed in."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import SESSION_MAX, OpenedBy, Session
from purring.domain.customer import Person
from purring.domain.errors import NotFound, Refused
from purring.domain.ids import MerchantId
from purring.domain.merchant import Merchant
from purring.operations import sign_in
from purring.operations.account import account
from purring.operations.merchants import sellers
from purring.operations.notices import mark_read
from purring.operations.services import Services
from purring.web.portal.brand import brand_of
from purring.web.portal.sayings import saying
from purring.web.portal.visit import HOME, Front, Guest, Visit, cookie_name, own_path

_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    return [
        front.guest(f"{sign_in.ENTRY_PATH}{{token}}", arrive),
        front.guest("/sign-in", ask, "GET", "POST"),
        front.guest("/sign-in/code", enter, "POST"),
        front.own("/sign-out", leave, "POST"),
        front.own("/accounts", choose, "GET", "POST"),
        front.own("/prove", prove, "GET", "POST"),
        front.own("/sessions", list_sessions),
        front.own("/sessions/end", end_all, "POST"),
    ]


def arrive(guest: Guest) -> Response:
    """Let in whom the merchant's own application sends here; the link's token isn't the session's."""
    token = sign_in.enter(guest.services, guest.request.path_params["token"])
    if token is None:
        return guest.go("/sign-in")
    answer = guest.go(HOME)
    set_session(guest, answer, token)
    return answer


def ask(guest: Guest) -> Response:
    """Ask for an address, and send a code to it. The answer is the same whoever has the address."""
    merchant, email = _merchant(guest), guest.form.get("email")
    if not guest.is_post:
        return _page(guest, "sign_in.html", merchant, email="", error="")
    if "@" not in email:
        return _page(guest, "sign_in.html", merchant, 422, email=email, error="email")
    try:
        to_send = sign_in.ask_code(guest.services, merchant.id, email, guest.network)
    except Refused as refused:
        return _code_page(guest, merchant, email, refused.code.value)
    page = _code_page(guest, merchant, email)
    if to_send:
        page.background = BackgroundTask(sign_in.send_code, guest.services, to_send)
    return page


def enter(guest: Guest) -> Response:
    """Take the code: whoever has it is signed in."""
    merchant, email = _merchant(guest), guest.form.get("email")
    people = sign_in.accounts(guest.services, merchant.id, email, guest.form.get("code"))
    if not people:
        return _code_page(guest, merchant, email, "wrong_code")
    then = "/accounts" if len(people) > 1 else _next(guest)
    return _let_in(guest, merchant.id, people[0], guest.go(then))


def _code_page(guest: Guest, merchant: Merchant, email: str, problem: str = "") -> Response:
    return _page(guest, "sign_in_code.html", merchant, 422 if problem else 200, email=email, error=saying(problem))


def _page(guest: Guest, template: str, merchant: Merchant, status: int = 200, **values: object) -> Response:
    brand = brand_of(guest.services, merchant)
    return guest.page(template, status, merchant=merchant.id, next=_next(guest), brand=brand, **values)


def _let_in(
    guest: Guest, merchant_id: MerchantId, person: Person, answer: Response, instead_of: Session | None = None
) -> Response:
    mark_seen(guest.services, merchant_id, person)
    token = sign_in.open_session(
        guest.services,
        merchant_id,
        person,
        OpenedBy.CODE,
        instead_of=instead_of,
        device=_device(guest.request.headers.get("user-agent", "")),
    )
    set_session(guest, answer, token)
    return answer


def mark_seen(services: Services, merchant_id: MerchantId, person: Person) -> None:
    """Whoever signs in sees at once what is unpaid: nobody else needs to be told of it."""
    unpaid = account(services, merchant_id, person.customer_id).unpaid
    mark_read(services, merchant_id, [one.invoice.id for one in unpaid], person.id)


def set_session(guest: Guest, answer: Response, token: str) -> None:
    """Let the browser keep the session's token, where no script and no other site can get at it."""
    answer.set_cookie(
        cookie_name(is_https=guest.is_https),
        token,
        max_age=int(SESSION_MAX.total_seconds()),
        secure=guest.is_https,
        httponly=True,
        samesite="lax",
    )


def leave(visit: Visit) -> Response:
    """Sign out: the session ends here, whatever the browser keeps."""
    sign_in.sign_out(visit.services, visit.who)
    answer = visit.go("/sign-in", "signed_out")
    answer.delete_cookie(cookie_name(is_https=visit.is_https), secure=visit.is_https, httponly=True)
    return answer


def choose(visit: Visit) -> Response:
    """Change to another customer that the same person looks after, if a code has shown who they are."""
    people = sign_in.same_person(visit.services, visit.who)
    if not visit.is_post:
        return visit.page("accounts.html", people=people)
    for person, _ in people:
        if person.id == visit.form.get("person_id"):
            return _let_in(visit, visit.who.merchant.id, person, visit.go(HOME), visit.who.session)
    raise NotFound("This person is none of theirs.", field="person_id")


def prove(visit: Visit) -> Response:
    """Ask for a fresh code before something that can't be taken back, and go on there."""
    then = own_path(visit.form.get("next") or visit.request.query_params.get("next", ""))
    if not visit.is_post:
        return visit.page("prove.html", next=then, is_sent=False, error=None)
    if not visit.form.get("code"):
        return _send_proof(visit, then)
    if sign_in.prove(visit.services, visit.who, visit.form.get("code")):
        return visit.go(then)
    return visit.page("prove.html", 422, next=then, is_sent=True, error=saying("wrong_code"))


def _send_proof(visit: Visit, then: str) -> Response:
    to_send = sign_in.ask_code(visit.services, visit.who.merchant.id, visit.who.person.email, visit.network)
    page = visit.page("prove.html", next=then, is_sent=True, error=None)
    if to_send:
        page.background = BackgroundTask(sign_in.send_code, visit.services, to_send)
    return page


def list_sessions(visit: Visit) -> Response:
    """Where the person is signed in."""
    return visit.page("sessions.html", sessions=sign_in.own_sessions(visit.services, visit.who))


def end_all(visit: Visit) -> Response:
    """Sign out everywhere."""
    sign_in.sign_out_everywhere(visit.services, visit.who)
    return visit.go("/sign-in", "signed_out")


def _merchant(guest: Guest) -> Merchant:
    """Whose customers sign in here: an installation with several sellers needs to be told.

    Raises NotFound.
    """
    named = guest.form.get("merchant") or guest.request.query_params.get("merchant", "")
    known = sellers(guest.services)
    found = [merchant for merchant in known if merchant.id == named] if named else known
    if len(found) == 1:
        return found[0]
    raise NotFound("There is no such seller; use the link that it gave you.", field="merchant")


def _next(guest: Guest) -> str:
    return own_path(guest.form.get("next") or guest.request.query_params.get("next", HOME))


def _device(agent: str) -> str:
    """What a person recognizes of a browser's name for itself: "Firefox, Windows"."""
    browser = next((_NAMES.get(name, name) for name in _BROWSERS if name in agent), "")
    system = next((name for name in _SYSTEMS if name in agent), "")
    return ", ".join(filter(None, (browser, system)))
