"""Money that goes back: refunds that you ask for, disputes that the customer's bank decides."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from purring.domain.disputed import Dispute
from purring.domain.ids import DisputeId, InvoiceId, RefundId
from purring.domain.invoice import DisputeStatus
from purring.domain.refund import Refund, RefundStatus
from purring.operations import disputes, refunds
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of
from purring.operations.services import Services
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    IdempotencyKey,
    Limit,
    PageOut,
    done,
    done_beyond,
    opened_cursor,
    page,
    page_out,
    shown,
)
from purring.web.api.caller import Call, may
from purring.web.api.types import (
    AttemptKey,
    DisputeKey,
    In,
    InvoiceKey,
    MoneyIn,
    MoneyOut,
    Name,
    Nothing,
    Out,
    RefundKey,
    Word,
    money_out,
)

router = APIRouter(tags=["Refunds and disputes"])
Reads = Annotated[Call, may(Scope.INVOICES_READ)]
Writes = Annotated[Call, may(Scope.INVOICES_WRITE)]


class RefundEnd(StrEnum):
    """What a person can find out about a refund."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"


class Disputed(StrEnum):
    """A dispute's course."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class RefundIn(In):
    """The invoice to give money of back; without an amount all that is left of its newest charge."""

    invoice_id: InvoiceKey
    amount: MoneyIn | None = None


class Settlement(In):
    """What became of a refund in truth, and how that is known."""

    to: Word[RefundEnd]
    note: Name


class RefundOut(Out):
    """Money given back of one charge. `unknown`: the gateway can't say yet whether it was; it is asked again."""

    id: str
    invoice_id: str
    attempt_id: str
    gateway: str
    gateway_ref: str | None
    amount: MoneyOut
    status: RefundStatus
    detail: str
    created_at: datetime
    ended_at: datetime | None
    version: int


class DisputeOut(Out):
    """A chargeback: the customer's bank took money back. Answer it at the gateway."""

    id: str
    invoice_id: str
    status: Disputed
    amount: MoneyOut
    opened_at: datetime
    closed_at: datetime | None


def refund_out(value: Refund) -> RefundOut:
    """A refund as it goes out."""
    return RefundOut(
        id=value.id,
        invoice_id=value.invoice_id,
        attempt_id=value.attempt_id,
        gateway=value.gateway,
        gateway_ref=value.gateway_ref,
        amount=money_out(value.amount),
        status=value.status,
        detail=value.detail,
        created_at=value.created_at,
        ended_at=value.ended_at,
        version=value.version,
    )


def dispute_out(value: Dispute) -> DisputeOut:
    """A dispute as it goes out."""
    return DisputeOut(
        id=value.id,
        invoice_id=value.invoice_id,
        status=Disputed(value.status.value),
        amount=money_out(value.amount),
        opened_at=value.opened_at,
        closed_at=value.closed_at,
    )


@router.get("/refunds", response_model=PageOut[RefundOut])
def list_refunds(
    *,
    call: Reads,
    invoice_id: InvoiceKey | None = None,
    attempt_id: AttemptKey | None = None,
    status: RefundStatus | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List refunds that were made here, newest first."""
    where = {"invoice_id": invoice_id, "attempt_id": attempt_id, "status": status}
    asked = Asked(what=Listed.REFUND, limit=limit, cursor=cursor, where=where)
    return page(call, asked, lambda nouns: [refund_out(one) for one in nouns])


@router.post("/refunds", response_model=RefundOut, status_code=201)
def create_refund(call: Writes, body: RefundIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Give money back through the gateway that charged it. One that the gateway refuses is an answer, too."""

    def act(services: Services) -> RefundOut:
        amount = body.amount.money() if body.amount else None
        return refund_out(refunds.refund(services, call.merchant_id, InvoiceId(body.invoice_id), amount))

    return done_beyond(call, idempotency_key, act, 201)


@router.get("/refunds/{refund_id}", response_model=RefundOut)
def get_refund(call: Reads, refund_id: RefundKey) -> Response:
    """Read a refund."""
    value = one_of(call.services, Listed.REFUND, call.merchant_id, refund_id)
    return shown(refund_out(value), value.version)


@router.post("/refunds/{refund_id}/ask_again", response_model=RefundOut)
def ask_again(call: Writes, refund_id: RefundKey, body: Nothing, idempotency_key: IdempotencyKey = None) -> Response:
    """Ask the gateway again about a refund of which nobody knows what came; it never gives the money back twice."""
    del body

    def act(services: Services) -> RefundOut:
        return refund_out(refunds.ask_again(services, call.merchant_id, RefundId(refund_id)))

    return done_beyond(call, idempotency_key, act)


@router.post("/refunds/{refund_id}/settle", response_model=RefundOut)
def settle_refund(
    call: Writes, refund_id: RefundKey, body: Settlement, idempotency_key: IdempotencyKey = None
) -> Response:
    """Write down what the gateway's own pages say became of a refund of which nobody here knew."""

    def act(services: Services) -> RefundOut:
        to = RefundStatus(body.to.value)
        return refund_out(refunds.settle_refund(services, call.merchant_id, RefundId(refund_id), to, body.note))

    return done(call, idempotency_key, act)


@router.get("/disputes", response_model=PageOut[DisputeOut])
def list_disputes(
    *,
    call: Reads,
    status: Disputed | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List disputes, those of the newest invoices first."""
    before = opened_cursor(cursor)
    things = disputes.disputes_of(
        call.services,
        call.merchant_id,
        status=DisputeStatus(status) if status else None,
        before=DisputeId(before) if before else None,
        limit=limit,
    )
    data = [dispute_out(one) for one in things.nouns]
    return page_out(data, data[-1].id if things.has_more else None)


@router.get("/disputes/{dispute_id}", response_model=DisputeOut)
def get_dispute(call: Reads, dispute_id: DisputeKey) -> Response:
    """Read a dispute; what is owed again stands in its invoice."""
    return shown(dispute_out(disputes.dispute_of(call.services, call.merchant_id, DisputeId(dispute_id))))
