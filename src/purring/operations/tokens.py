"""From the gateway's own field to a payment method: where the field is, and what is behind the token it gave."""

from __future__ import annotations

from purring.domain.attempt import Unavailable, Unknown
from purring.domain.errors import ConfigError, GatewayUnavailable
from purring.domain.ids import CustomerId, MerchantId, MethodId
from purring.gateways.base import OffersField, TokenDetails
from purring.operations.methods import NewMethod, add_method
from purring.operations.services import Services
from purring.store import methods

GATEWAY = "sandbox"


def field(services: Services, return_to: str, locale: str) -> tuple[str, str]:
    """The origin of the gateway's field, and the address that leads to it and back to `return_to`."""
    gateway = _gateway(services)
    return gateway.field_origin, gateway.field_url(return_to, locale, framed=False)


def details(services: Services, token: str) -> TokenDetails | None:
    """What the gateway says is behind a token; None if it never made it.

    Raises:
        GatewayUnavailable: it can't be asked right now.
    """
    found = _gateway(services).token_details(token) if token else None
    if isinstance(found, Unknown | Unavailable):
        raise GatewayUnavailable(f"The gateway can't say what a token stands for: {found.detail}; try again.")
    return found


def add_once(services: Services, merchant_id: MerchantId, customer_id: CustomerId, new: NewMethod) -> MethodId:
    """Add a method, or find the one that the same token has added before: a form may arrive twice."""
    with services.store.reading() as conn:
        known = methods.of_customer(conn, merchant_id, customer_id)
    for method in known:
        if method.is_active and (method.gateway, method.token) == (new.gateway, new.token):
            return method.id
    return add_method(services, merchant_id, customer_id, new).id


def _gateway(services: Services) -> OffersField:
    gateway = services.gateway(GATEWAY)
    if not isinstance(gateway, OffersField):
        raise ConfigError(f"the gateway {GATEWAY} has no field of its own for card numbers", field="gateway")
    return gateway
