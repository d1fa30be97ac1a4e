"""A request under an idempotency key is worked once: the key is stored with its effect, the first answer is repeated.

What happens within the database is one transaction with the key: both or neither. What asks a gateway can't be, as
nothing is held open meanwhile: the key is stored first, the answer last, and a request that was cut off between them is
never repeated, but told to look at what became of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from purring.domain.errors import ConfigError, KeyReused, RequestUnderWay
from purring.domain.ids import MerchantId
from purring.operations.services import Services
from purring.operations.transact import transact
from purring.store import Connection, api_requests
from purring.webhooks.vault import Vault

KEPT_FOR = timedelta(hours=48)
"""How long an answer can be had again: longer than any client's retries."""

KEY_CHARS_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A request: whose, under which key, and a digest of all that it asks for.

    `is_secret`: its answer lets a reader do something; it is kept sealed.
    """

    merchant_id: MerchantId
    key: str
    request_hash: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered, as HTTP has it. `is_repeated`: it was answered before."""

    http_status: int
    text: str
    is_repeated: bool = False


Act = Callable[[Services], Answer]


def at_once(services: Services, act: Act) -> Answer:
    """Act in one transaction, from what is read first to what is answered."""

    def whole(conn: Connection) -> Answer:
        return act(replace(services, store=services.store.joined(conn)))

    return transact(services, whole)


def once(services: Services, request: Keyed, act: Act) -> Answer:
    """Act in one transaction with the key. An error leaves no trace of either, so that the key can be used again.

    Raises:
        KeyReused: the key came with another request before.
        RequestUnderWay: the same request was cut off while it asked a gateway.
    """
    now = services.clock.now()

    def whole(conn: Connection) -> Answer:
        if not _begins(conn, request, now):
            return _first_answer(conn, services, request)
        answer = act(replace(services, store=services.store.joined(conn)))
        _keep(conn, services, request, answer)
        return answer

    return transact(services, whole)


def once_beyond(services: Services, request: Keyed, act: Act) -> Answer:
    """Act where a gateway is asked: the key is stored before, the answer after. `act` turns its errors into answers.

    Raises as `once`; RequestUnderWay also while the first request is still at work.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        first = None if _begins(conn, request, now) else _first_answer(conn, services, request)
    if first is not None:
        return first
    answer = act(services)
    with services.store.transaction() as conn:
        _keep(conn, services, request, answer)
    return answer


def _begins(conn: Connection, request: Keyed, now: datetime) -> bool:
    api_requests.forget_before(conn, request.merchant_id, now - KEPT_FOR)
    return api_requests.begin(conn, request.merchant_id, request.key, request.request_hash, now)


def _keep(conn: Connection, services: Services, request: Keyed, answer: Answer) -> None:
    kept = _vault(services).seal(answer.text) if request.is_secret else answer.text
    api_requests.answer(conn, request.merchant_id, request.key, answer.http_status, kept)


def _vault(services: Services) -> Vault:
    if services.outbound is None:
        raise ConfigError("nothing keeps secrets here; run this where PURRING's settings are", field="outbound")
    return services.outbound.vault


def _first_answer(conn: Connection, services: Services, request: Keyed) -> Answer:
    first = api_requests.find(conn, request.merchant_id, request.key)
    if first.request_hash != request.request_hash:
        raise KeyReused(
            "This Idempotency-Key came with another request before; make a new one for each thing you want done.",
            field="Idempotency-Key",
        )
    if first.http_status is None or first.answer is None:
        raise RequestUnderWay(
            "The first request with this Idempotency-Key is under way, or was cut off while it asked the gateway; read "
            "the invoice's attempts to see what became of it.",
            field="Idempotency-Key",
        )
    text = _vault(services).open(first.answer) if request.is_secret else first.answer
    return Answer(http_status=first.http_status, text=text, is_repeated=True)
