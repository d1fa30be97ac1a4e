"""One request by somebody at a customer: who they are, what they sent, and how pages are written for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from purring.domain.access import Permission, may, require
from purring.domain.calendar import zone
from purring.domain.card_testing import TryKind
from purring.domain.errors import NotFound, NotPermitted, RefusalCode, Refused, TooLarge
from purring.domain.ids import CustomerId, MerchantId, PortalTryId
from purring.i18n.locales import negotiate
from purring.operations.portal_tries import Who, begin_try
from purring.operations.services import Services
from purring.operations.sign_in import SignedIn, signed_in
from purring.web.portal.brand import brand_of
from purring.web.portal.pen import Pen
from purring.web.portal.render import page
from purring.web.portal.sayings import saying

FIELDS_MAX = 50
HOME = "/billing"
LINK_KEPT_S = 3_600


class Form:
    """What was sent with a POST."""

    def __init__(self, fields: Sequence[tuple[str, str]] = ()) -> None:
        """Keep the fields in the order in which they stood in the form."""
        self._fields = fields

    def get(self, name: str) -> str:
        """What was typed into a field, without spaces around it; empty if nothing was, or there is no such field."""
        return next((value.strip() for key, value in self._fields if key == name), "")

    def all(self, name: str) -> list[str]:
        """Everything that was ticked under a name."""
        return [value for key, value in self._fields if key == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A request by anybody. `is_framed`: whether the gateway's field stands in a frame on a page of ours."""

    services: Services
    is_https: bool
    request: Request
    form: Form
    is_framed: bool = False

    @property
    def locale(self) -> str:
        """The language that the browser asks for."""
        return negotiate(self.request.query_params.get("lang") or self.request.headers.get("accept-language"))

    @property
    def is_post(self) -> bool:
        """Whether something is to be done, rather than shown."""
        return self.request.method == "POST"

    @property
    def network(self) -> str:
        """Where the request comes from, coarsely."""
        return network_of(self.request.client.host if self.request.client else "")

    @property
    def session(self) -> str:
        """What their tries are counted under: the link that they hold."""
        return str(self.request.path_params.get("token", ""))

    def begin_try(self, kind: TryKind, merchant_id: MerchantId, customer_id: CustomerId) -> PortalTryId:
        """Count something that is about to be tried for a customer. Raises Refused: too much was."""
        who = Who(merchant_id=merchant_id, customer_id=customer_id, session=self.session, network=self.network)
        return begin_try(self.services, kind, who)

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """A page in their language."""
        said = saying(self.request.query_params.get("said", ""))
        path = self.request.url.path
        return page(template, self.locale, status=status, said=said, path=path, **values)

    def go(self, path: str, said: str = "") -> Response:
        """Lead to another of our pages, where a sentence is said."""
        mark = "&" if "?" in path else "?"
        return RedirectResponse(f"{path}{mark}said={said}" if said else path, 303)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Guest):
    """A request by somebody who is signed in."""

    who: SignedIn

    @property
    def locale(self) -> str:
        """The person's own language."""
        return negotiate(self.who.person.locale)

    @property
    def session(self) -> str:
        """Their session."""
        return self.who.session.id

    @property
    def pen(self) -> Pen:
        """Writes amounts and days as this person reads them."""
        return Pen(self.locale, zone(self.who.customer.timezone))

    def may(self, permission: str) -> bool:
        """Whether the person's role has a permission."""
        return may(self.who.person, Permission(permission))

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """A page in their language, with everything that stands around it."""
        brand = brand_of(self.services, self.who.merchant)
        return Guest.page(self, template, status, visit=self, who=self.who, pen=self.pen, brand=brand, **values)


GuestPage = Callable[[Guest], Response]
Page = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Makes routes of pages."""

    services: Services
    is_https: bool
    is_framed: bool = False

    def guest(self, path: str, handler: GuestPage, *methods: str) -> Route:
        """A page for anybody."""
        return self._route(path, methods, lambda request, form: handler(self._guest(request, form)))

    def own(self, path: str, handler: Page, *methods: str, needs: Permission = Permission.SEE) -> Route:
        """A page for people who are signed in and whose role has a permission."""
        return self._route(path, methods, lambda request, form: self._visited(request, form, handler, needs))

    def _route(self, path: str, methods: tuple[str, ...], answer: Callable[..., Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            form = _form(await request.body()) if request.method == "POST" else Form()
            return await run_in_threadpool(answer, request, form)

        return Route(path, endpoint, methods=list(methods or ("GET",)))

    def _guest(self, request: Request, form: Form) -> Guest:
        return Guest(
            services=self.services, is_https=self.is_https, is_framed=self.is_framed, request=request, form=form
        )

    def _visited(self, request: Request, form: Form, handler: Page, needs: Permission) -> Response:
        guest = self._guest(request, form)
        who = signed_in(self.services, request.cookies.get(cookie_name(is_https=self.is_https), ""))
        if who is None:
            return guest.go(f"/sign-in?next={quote(_here(request), safe='')}")
        visit = Visit(**{name: getattr(guest, name) for name in _GUEST}, who=who)
        try:
            require(who.customer, who.person, needs)
            return handler(visit)
        except NotFound:
            return visit.page("gone.html", 404)
        except NotPermitted as error:
            return visit.page("not_permitted.html", 403, holders=error.details)
        except Refused as refused:
            if refused.code is RefusalCode.TOO_MANY_TRIES:
                return slow_down(visit.page("slow_down.html", 429, minutes=refused.details[0]), refused)
            return visit.page("refused.html", 409, sentence=saying(refused.code.value))


def slow_down(page: Response, refused: Refused) -> Response:
    """Tell programs, too, for how long to wait."""
    page.headers["Retry-After"] = str(60 * int(refused.details[0]))
    return page


_GUEST = [one.name for one in fields(Guest)]


def cookie_name(*, is_https: bool) -> str:
    """What the session's cookie is called: browsers guard the prefix, which only TLS allows."""
    return "__Host-purring" if is_https else "purring"


def link_cookie_name(*, is_https: bool) -> str:
    """What the cookie is called that keeps a notice's link while its holder is at the bank."""
    return "__Host-purring-link" if is_https else "purring-link"


def keep_link(guest: Guest, answer: Response, token: str, locale: str) -> None:
    """Let the browser keep a notice's link for an hour: whoever comes back from the bank goes on with it.

    The language stands beside it, since a link whose invoice is paid names nobody any more.
    """
    answer.set_cookie(
        link_cookie_name(is_https=guest.is_https),
        f"{token}.{locale}",
        max_age=LINK_KEPT_S,
        secure=guest.is_https,
        httponly=True,
        samesite="lax",
    )


def kept_link(guest: Guest) -> tuple[str, str]:
    """The token of the link that the browser keeps, and its holder's language; empty and the browser's without one."""
    kept = guest.request.cookies.get(link_cookie_name(is_https=guest.is_https), "")
    token, _, locale = kept.partition(".")
    return token, negotiate(locale) if locale else guest.locale


def own_path(target: str) -> str:
    """The path to go to after signing in, if it is one of ours; else the first page."""
    parts = urlsplit(target)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and "\\" not in target
    return target if inside and not target.startswith("//") else HOME


def network_of(address: str) -> str:
    """The network of an address: people of one household or company share it, and one attacker has many of it."""
    if ":" in address:
        return ":".join(address.split(":")[:4])
    return ".".join(address.split(".")[:3])


def _here(request: Request) -> str:
    """Where to come back to: the page itself, or for a form the first page, since it can't be sent again."""
    if request.method != "GET":
        return HOME
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _form(body: bytes) -> Form:
    """Raises TooLarge."""
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise TooLarge(f"The form has more than {FIELDS_MAX} fields; send our own page's.") from None
