"""Messages: everything that was sent to the reader, to be read again."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.ids import DeliveryId
from purring.operations.messages import PAGE_MESSAGES, message_to, messages_to
from purring.web.portal.visit import Front, Visit


def routes(front: Front) -> list[Route]:
    """The pages of this module."""
    return [front.own("/billing/messages", list_messages), front.own("/billing/messages/{id}", show)]


def list_messages(visit: Visit) -> Response:
    """A page of messages, newest first."""
    who, before = visit.who, visit.request.query_params.get("before")
    found = messages_to(
        visit.services,
        who.merchant.id,
        who.customer.id,
        who.person.id,
        before=DeliveryId(before) if before else None,
    )
    shown = found[:PAGE_MESSAGES]
    return visit.page("messages.html", messages=shown, older=shown[-1].id if len(found) > len(shown) else "")


def show(visit: Visit) -> Response:
    """One message, as it was sent."""
    who, told_id = visit.who, DeliveryId(visit.request.path_params["id"])
    told = message_to(visit.services, who.merchant.id, who.customer.id, who.person.id, told_id)
    return visit.page("message.html", told=told)
