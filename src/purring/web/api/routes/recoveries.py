"""Attempts, and recoveries: the weeks in which a declined invoice is got paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from purring.domain.attempt import AttemptStatus
from purring.domain.ids import AttemptId, InvoiceId
from purring.domain.recovery import RecoveryStatus
from purring.operations import recoveries
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of, some_of
from purring.operations.pay import retry_now
from purring.operations.services import Services
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    Expand,
    IdempotencyKey,
    Limit,
    PageOut,
    done,
    done_beyond,
    page,
    shown,
)
from purring.web.api.billing import AttemptOut, RecoveryOut, attempt_out, recovery_out
from purring.web.api.caller import Call, may
from purring.web.api.types import AttemptKey, In, Instant, InvoiceKey, MethodKey, Name, Nothing, RecoveryKey, Word

router = APIRouter(tags=["Recoveries"])
Reads = Annotated[Call, may(Scope.INVOICES_READ)]
Writes = Annotated[Call, may(Scope.INVOICES_WRITE)]
Verb = Callable[[Services, InvoiceId], object]
AttemptExpands = Literal["invoice", "payment_method"]


class Settled(StrEnum):
    """What an attempt's outcome can be corrected to."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class Correction(In):
    """What became of an attempt in truth, and how that is known."""

    to: Word[Settled]
    note: Name


class Pause(In):
    """Until when; null: until somebody resumes."""

    until: Instant | None = None


class Move(In):
    """When the next planned charge is to happen instead, within the window."""

    to: Instant


@router.get("/attempts", response_model=PageOut[AttemptOut])
def list_attempts(
    *,
    call: Reads,
    invoice_id: InvoiceKey | None = None,
    payment_method_id: MethodKey | None = None,
    status: AttemptStatus | None = None,
    expand: Expand[AttemptExpands] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List attempts, newest first."""
    whole = frozenset[str](expand or ())
    where = {"invoice_id": invoice_id, "method_id": payment_method_id, "status": status}
    asked = Asked(what=Listed.ATTEMPT, limit=limit, cursor=cursor, where=where)
    return page(call, asked, lambda nouns: _attempts(call, whole, nouns))


@router.get("/attempts/{attempt_id}", response_model=AttemptOut)
def get_attempt(call: Reads, attempt_id: AttemptKey, expand: Expand[AttemptExpands] = None) -> Response:
    """Read an attempt."""
    whole = frozenset[str](expand or ())
    value = one_of(call.services, Listed.ATTEMPT, call.merchant_id, attempt_id)
    return shown(_attempts(call, whole, [value])[0], value.version)


@router.post("/attempts/{attempt_id}/correct", response_model=AttemptOut)
def correct_attempt(
    call: Writes, attempt_id: AttemptKey, body: Correction, idempotency_key: IdempotencyKey = None
) -> Response:
    """Settle what a gateway could not say, or put a wrong outcome right; all that follows from it follows."""

    def act(services: Services) -> AttemptOut:
        to = AttemptStatus(body.to.value)
        recoveries.correct_outcome(services, call.merchant_id, AttemptId(attempt_id), to, body.note)
        return attempt_out(one_of(services, Listed.ATTEMPT, call.merchant_id, attempt_id))

    return done(call, idempotency_key, act)


@router.get("/recoveries", response_model=PageOut[RecoveryOut])
def list_recoveries(
    *,
    call: Reads,
    invoice_id: InvoiceKey | None = None,
    status: RecoveryStatus | None = None,
    expand: Expand[Literal["invoice"]] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List recoveries, newest first."""
    whole = frozenset[str](expand or ())
    asked = Asked(what=Listed.RECOVERY, limit=limit, cursor=cursor, where={"invoice_id": invoice_id, "status": status})
    return page(call, asked, lambda nouns: _recoveries(call, whole, nouns))


@router.get("/recoveries/{recovery_id}", response_model=RecoveryOut)
def get_recovery(call: Reads, recovery_id: RecoveryKey, expand: Expand[Literal["invoice"]] = None) -> Response:
    """Read a recovery; what is to come stands in its invoice's schedule."""
    whole = frozenset[str](expand or ())
    value = one_of(call.services, Listed.RECOVERY, call.merchant_id, recovery_id)
    return shown(_recoveries(call, whole, [value])[0], value.version)


@router.post("/recoveries/{recovery_id}/retry", response_model=AttemptOut)
def retry(call: Writes, recovery_id: RecoveryKey, body: Nothing, idempotency_key: IdempotencyKey = None) -> Response:
    """Charge the tied method at once, as far as the networks' limits leave room."""
    del body

    def act(services: Services) -> AttemptOut:
        invoice_id = one_of(services, Listed.RECOVERY, call.merchant_id, recovery_id).invoice_id
        return attempt_out(retry_now(services, call.merchant_id, invoice_id).attempt)

    return done_beyond(call, idempotency_key, act)


@router.post("/recoveries/{recovery_id}/pause", response_model=RecoveryOut)
def pause(call: Writes, recovery_id: RecoveryKey, body: Pause, idempotency_key: IdempotencyKey = None) -> Response:
    """Pause automatic charges, and with them the end of the window."""
    return _do(
        call,
        recovery_id,
        idempotency_key,
        lambda services, invoice_id: recoveries.pause(services, call.merchant_id, invoice_id, body.until),
    )


@router.post("/recoveries/{recovery_id}/resume", response_model=RecoveryOut)
def resume(call: Writes, recovery_id: RecoveryKey, body: Nothing, idempotency_key: IdempotencyKey = None) -> Response:
    """Lift a pause, whoever set it."""
    del body
    return _do(
        call,
        recovery_id,
        idempotency_key,
        lambda services, invoice_id: recoveries.resume(services, call.merchant_id, invoice_id),
    )


@router.post("/recoveries/{recovery_id}/skip", response_model=RecoveryOut)
def skip(call: Writes, recovery_id: RecoveryKey, body: Nothing, idempotency_key: IdempotencyKey = None) -> Response:
    """Leave the next planned charge out."""
    del body
    return _do(
        call,
        recovery_id,
        idempotency_key,
        lambda services, invoice_id: recoveries.skip_next(services, call.merchant_id, invoice_id),
    )


@router.post("/recoveries/{recovery_id}/move", response_model=RecoveryOut)
def move(call: Writes, recovery_id: RecoveryKey, body: Move, idempotency_key: IdempotencyKey = None) -> Response:
    """Move the next planned charge to another time within the window; the networks' limits may still delay it."""
    return _do(
        call,
        recovery_id,
        idempotency_key,
        lambda services, invoice_id: recoveries.move_next(services, call.merchant_id, invoice_id, body.to),
    )


def _do(call: Call, recovery_id: str, idempotency_key: str | None, verb: Verb) -> Response:
    """Do something about the recovery's invoice, and show the recovery."""

    def act(services: Services) -> RecoveryOut:
        verb(services, one_of(services, Listed.RECOVERY, call.merchant_id, recovery_id).invoice_id)
        return recovery_out(one_of(services, Listed.RECOVERY, call.merchant_id, recovery_id))

    return done(call, idempotency_key, act)


def _attempts(call: Call, whole: frozenset[str], nouns: Sequence[Any]) -> list[AttemptOut]:
    invoice_ids = [one.invoice_id for one in nouns] if "invoice" in whole else []
    method_ids = [one.method_id for one in nouns] if "payment_method" in whole else []
    bills = some_of(call.services, Listed.INVOICE, call.merchant_id, invoice_ids)
    charged = some_of(call.services, Listed.METHOD, call.merchant_id, method_ids)
    return [attempt_out(one, bills.get(one.invoice_id), charged.get(one.method_id)) for one in nouns]


def _recoveries(call: Call, whole: frozenset[str], nouns: Sequence[Any]) -> list[RecoveryOut]:
    bills = some_of(call.services, Listed.INVOICE, call.merchant_id, [one.invoice_id for one in nouns] if whole else [])
    return [recovery_out(one, bills.get(one.invoice_id)) for one in nouns]
