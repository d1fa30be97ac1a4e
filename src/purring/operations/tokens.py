"""From a gateway's own field to a payment method: where the field is, and what is behind the token it gave."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.attempt import Unavailable, Unknown
from purring.domain.errors import ConfigError, GatewayUnavailable
from purring.domain.ids import CustomerId, MerchantId, MethodId
from purring.domain.merchant import Merchant
from purring.gateways.base import OffersField, TokenDetails
from purring.operations.methods import NewMethod, add_method
from purring.operations.services import Services
from purring.store import methods


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A gateway's field: its origin, its address as a page of its own, and its address inside of a frame of ours."""

    origin: str
    url: str
    framed_url: str


def field(services: Services, merchant: Merchant, return_to: str, locale: str) -> Field:
    """Where a merchant's customers enter a card or an account; the field sends them back to `return_to`.

    Raises ConfigError.
    """
    _, gateway = _chosen(services, merchant)
    return Field(
        origin=gateway.field_origin,
        url=gateway.field_url(return_to, locale, framed=False),
        framed_url=gateway.field_url(return_to, locale, framed=True),
    )


def gateway_name(services: Services, merchant: Merchant) -> str:
    """Which gateway keeps what a merchant's customers enter: the first that the installation names and that fits.

    Raises ConfigError.
    """
    return _chosen(services, merchant)[0]


def details(services: Services, merchant: Merchant, token: str) -> TokenDetails | None:
    """What the gateway says is behind a token; None if it never made it.

    Raises:
        GatewayUnavailable: it can't be asked right now.
    """
    found = _chosen(services, merchant)[1].token_details(token) if token else None
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


def _chosen(services: Services, merchant: Merchant) -> tuple[str, OffersField]:
    """The first of the installation's gateways for fields that charges for real if the merchant does, and only then."""
    for name in services.field_gateways:
        gateway = services.gateway(name)
        if not isinstance(gateway, OffersField):
            raise ConfigError(f"the gateway {name} has no field of its own for card numbers", field="field_gateways")
        if gateway.capabilities.is_live == merchant.is_live:
            return name, gateway
    mode, named = "live" if merchant.is_live else "test", ", ".join(services.field_gateways) or "none"
    raise ConfigError(
        f"no gateway for the portal's field is in {mode} mode, as {merchant.id} is (there are: {named}); name one",
        field="field_gateways",
    )
