"""The adapter: Purring's `Gateway` in terms of the sandbox's API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never
from urllib.parse import quote, urlencode

from purring.domain.attempt import Absent, Outcome, Unavailable, Unknown
from purring.domain.rulebook.presentment import Presentment
from purring.gateways.base import (
    Capabilities,
    ChargePage,
    ChargeRequest,
    InboundEvent,
    Refunded,
    RefundOutcome,
    RefundRefused,
    RefundRequest,
    TokenDetails,
)
from purring.gateways.http import HttpClient, Reply, Sent
from purring.gateways.sandbox import inbound
from purring.gateways.sandbox.card_field import PATH as FIELD_PATH
from purring.gateways.sandbox.charges import PRESENTMENT, TIME
from purring.gateways.sandbox.codes import REFUSED_KEY, charge_page, error_code, outcome_of, token_details
from purring.gateways.sandbox.ledger import stamp
from purring.gateways.sandbox.script import SANDBOX
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET

CAUTIOUS_KEY_LIFETIME = timedelta(hours=1)
"""Assumed when the sandbox can't be asked: a key thought dead too early only costs a `find`."""


class SandboxGateway:
    """The sandbox as a gateway."""

    name = SANDBOX

    def __init__(
        self, client: HttpClient, *, capabilities: Capabilities | None = None, event_secret: str = DEFAULT_EVENT_SECRET
    ) -> None:
        self._client = client
        self._event_secret = event_secret
        self._time: Mapping[str, str] = {}
        self.capabilities = capabilities or ask_capabilities(client)

    def at(self, now: datetime) -> SandboxGateway:
        """The same sandbox, told that it is `now` for whoever asks: what waits there ends in that time."""
        told = SandboxGateway(self._client, capabilities=self.capabilities, event_secret=self._event_secret)
        told._time = {TIME: stamp(now)}
        return told

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money."""
        body = {
            "token": request.token,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
            "merchant_id": request.merchant_id,
            "invoice_id": request.invoice_id,
            "description": request.description,
            "off_session": request.off_session,
            **_presentment(request.presentment),
            **({"return_to": request.return_to} if request.return_to else {}),
        }
        sent = self._client.post("/v1/charges", body, idempotency_key=request.key, headers=self._time)
        return outcome_of(sent, self._client.base_url)

    def find(self, key: str) -> Outcome:
        """Say what became of `key`."""
        return self._absent_or(self._client.get("/v1/charges", {"key": key}, headers=self._time))

    def charges_since(self, at: datetime, cursor: str = "") -> ChargePage | Unknown | Unavailable:
        """List every charge that came in at or after an instant."""
        sent = self._client.get("/v1/charges/list", {"since": stamp(at), "after": cursor or "0"})
        return charge_page(sent, self._client.base_url)

    def cancel(self, key: str) -> Outcome:
        """Give up a charge that waits for the customer."""
        return self._absent_or(self._client.post(f"/v1/charges/{quote(key, safe='')}/cancel", {}))

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back."""
        body = {
            "charge_key": request.charge_key,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
        }
        sent = self._client.post("/v1/refunds", body, idempotency_key=request.key)
        match sent:
            case Unavailable() | Unknown():
                return sent
            case Reply():
                return _refunded(sent)
            case _:
                assert_never(sent)

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Verify and read one event."""
        return inbound.read_event(self._event_secret, headers, body, now)

    def _absent_or(self, sent: Sent) -> Outcome:
        """An answer about a charge that may not exist; a refusal of the question says nothing about the charge."""
        if not isinstance(sent, Reply) or not error_code(sent) or sent.status in REFUSED_KEY:
            return outcome_of(sent, self._client.base_url)
        if error_code(sent) == "charge_absent":
            return Absent()
        return Unknown(detail=f"asked in vain: {error_code(sent)}")

    @property
    def field_origin(self) -> str:
        """The origin that the field lives on."""
        return self._client.base_url

    def field_url(self, return_to: str, locale: str, *, framed: bool) -> str:
        """Where the field is."""
        query = {"return_to": return_to, "lang": locale, **({"frame": "1"} if framed else {})}
        return f"{self._client.base_url}{FIELD_PATH}?{urlencode(query)}"

    def token_details(self, token: str) -> TokenDetails | Unknown | Unavailable | None:
        """What is behind a token."""
        return token_details(self._client.get("/v1/tokens", {"token": token}))

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def _presentment(form: Presentment | None) -> dict[str, object]:
    """What is demanded of a debit's form, without what isn't."""
    said = {name: getattr(form, name, None) for name in PRESENTMENT}
    return {name: value for name, value in said.items() if value is not None}


def ask_capabilities(client: HttpClient) -> Capabilities:
    """What the sandbox states about itself, or what is safe to assume while it can't be asked."""
    sent = client.get("/v1/capabilities")
    lifetime_s = sent.body.get("key_lifetime_s") if isinstance(sent, Reply) else None
    key_lifetime = timedelta(seconds=lifetime_s) if isinstance(lifetime_s, int) else CAUTIOUS_KEY_LIFETIME
    # Whether it can list is not guessed at: the list itself will say that the sandbox can't be reached.
    lists_charges = not isinstance(sent, Reply) or sent.body.get("lists_charges") is True
    return Capabilities(key_lifetime=key_lifetime, in_flight_max=client.in_flight_max, lists_charges=lists_charges)


def _refunded(reply: Reply) -> RefundOutcome:
    if reply.status in REFUSED_KEY:
        return Unavailable(detail=f"the gateway refuses our key ({reply.status})")
    if error_code(reply) == "idempotency_conflict":
        return Unknown(detail="the key was sent before with another body")
    if error_code(reply):
        return RefundRefused(detail=error_code(reply))
    ref = reply.body.get("id")
    return Refunded(gateway_ref=ref) if isinstance(ref, str) else Unknown(detail="the answer can't be read")
