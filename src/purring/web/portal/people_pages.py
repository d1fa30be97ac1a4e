"""Who may see, pay and manage; changes ask for a fresh code."""

from __future__ import annotations

from collections.abc import Callable

from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.routing import Route

from purring.domain.access import Permission
from purring.domain.customer import Role
from purring.domain.errors import InvalidInput, NotFound
from purring.domain.ids import PersonId
from purring.i18n.catalog import mark
from purring.i18n.locales import LOCALES
from purring.operations import people
from purring.operations.customers import NewPerson
from purring.web.portal.visit import Front, Visit
from purring.web.portal.words import ROLES

_NAME_LENGTH_MAX = 200


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    manage = Permission.MANAGE_PEOPLE
    return [
        front.own("/billing/people", list_people),
        front.own("/billing/people/add", proven(add), "GET", "POST", needs=manage),
        front.own("/billing/people/{id}/role", proven(change), "POST", needs=manage),
        front.own("/billing/people/{id}/remove", proven(remove), "GET", "POST", needs=manage),
    ]


def proven(handler: Callable[[Visit], Response]) -> Callable[[Visit], Response]:
    """A page for those who have entered a fresh code; others are asked for one first."""

    def checked(visit: Visit) -> Response:
        if visit.who.session.has_proved(visit.services.clock.now()):
            return handler(visit)
        then = "/billing/people" if visit.is_post else visit.request.url.path
        return visit.go(f"/prove?next={then}")

    return checked


def list_people(visit: Visit) -> Response:
    """Everybody at the customer, with their roles."""
    return visit.page("people.html", roles=ROLES)


def add(visit: Visit) -> Response:
    """Add somebody."""
    values = {"name": visit.form.get("name")[:_NAME_LENGTH_MAX], "email": visit.form.get("email")}
    if not visit.is_post:
        return _add_page(visit, values, {})
    problems = {} if values["name"] else {"name": mark("Enter a name.")}
    role, locale = visit.form.get("role"), visit.form.get("locale")
    if problems or role not in set(Role) or locale not in LOCALES:
        return _add_page(visit, values, problems, 422)
    new = NewPerson(name=values["name"], email=values["email"], locale=locale, role=Role(role))
    try:
        people.add_person(visit.services, visit.who.merchant.id, visit.who.customer.id, new)
    except InvalidInput:
        wrong = {"email": mark("Enter an e-mail address that nobody here has yet, such as name@example.com.")}
        return _add_page(visit, values, wrong, 422)
    return visit.go("/billing/people", "invited")


def _add_page(visit: Visit, values: dict[str, str], problems: dict[str, str], status: int = 200) -> Response:
    return visit.page("person_add.html", status, values=values, problems=problems, roles=ROLES, locales=LOCALES)


def change(visit: Visit) -> Response:
    """Give somebody another role."""
    person_id, role = PersonId(visit.request.path_params["id"]), visit.form.get("role")
    if role in set(Role):
        people.change_role(visit.services, visit.who.merchant.id, visit.who.customer.id, person_id, Role(role))
    return visit.go("/billing/people", "saved")


def remove(visit: Visit) -> Response:
    """Ask, then remove somebody; whoever removes themselves is signed out with it."""
    person = next((one for one in visit.who.customer.people if one.id == visit.request.path_params["id"]), None)
    if person is None:
        raise NotFound("This person is none of this customer's, or not any more.", field="person_id")
    if not visit.is_post:
        return visit.page("person_remove.html", person=person)
    removed = people.remove_person(visit.services, visit.who.merchant.id, visit.who.customer.id, person.id)
    answer = visit.go("/sign-in" if person.id == visit.who.person.id else "/billing/people", "person_removed")
    answer.background = BackgroundTask(people.tell_removed, visit.services, removed)
    return answer
