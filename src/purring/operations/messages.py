"""What somebody was told, to read it again on our pages: links lead to the invoice there."""

from __future__ import annotations

from dataclasses import replace

from purring.domain.ids import CustomerId, DeliveryId, MerchantId, PersonId
from purring.operations.links import HIDDEN, PATH
from purring.operations.services import Services
from purring.store import messages
from purring.store.messages import Told

PAGE_MESSAGES = 25


def messages_to(
    services: Services,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    person_id: PersonId,
    *,
    before: DeliveryId | None = None,
) -> list[Told]:
    """A page of what went out to somebody, newest first; one more than `PAGE_MESSAGES` if others follow."""
    with services.store.reading() as conn:
        return messages.page_of_person(
            conn, merchant_id, customer_id, person_id, before=before, limit=PAGE_MESSAGES + 1
        )


def message_to(
    services: Services, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId, told_id: DeliveryId
) -> Told:
    """One of them, as it went out but for its link.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        told = messages.get(conn, merchant_id, customer_id, person_id, told_id)
    return replace(told, body=told.body.replace(f"{PATH}{HIDDEN}", f"/billing/invoices/{told.invoice_id}"))
