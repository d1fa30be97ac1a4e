"""Which gateways there are: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx2

from purring.domain.errors import ConfigError
from purring.gateways.base import Gateway
from purring.gateways.http import HttpClient, HttpSettings
from purring.gateways.sandbox.codes import says_not_processed
from purring.gateways.sandbox.gateway import SandboxGateway


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What an installation says about one of its gateways. `event_secret` verifies the events it sends us."""

    name: str
    http: HttpSettings
    event_secret: str = field(repr=False)


Factory = Callable[[GatewaySettings, httpx2.BaseTransport | None], Gateway]


def _sandbox(settings: GatewaySettings, transport: httpx2.BaseTransport | None) -> Gateway:
    client = HttpClient(settings.http, says_not_processed=says_not_processed, transport=transport)
    return SandboxGateway(client, event_secret=settings.event_secret)


FACTORIES: Mapping[str, Factory] = {
    "sandbox": _sandbox,
}


def open_gateway(settings: GatewaySettings, transport: httpx2.BaseTransport | None = None) -> Gateway:
    """The gateway that the settings name; `transport` replaces the network.

    Raises:
        ConfigError: there is no gateway of that name.
    """
    factory = FACTORIES.get(settings.name)
    if factory is None:
        known = ", ".join(sorted(FACTORIES))
        raise ConfigError(f"There is no gateway {settings.name!r}; use one of: {known}.", field="gateway")
    return factory(settings, transport)
