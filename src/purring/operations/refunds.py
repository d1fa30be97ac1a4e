"""Give money back through the gateway that charged it: stored and committed first, asked then, recorded last.

Where nobody knows what came of it, the same key is sent again as long as the gateway remembers it; it answers what
it did the first time, or does it now. After that a person has to look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from purring.domain.attempt import Unavailable, Unknown
from purring.domain.changes import Draft
from purring.domain.errors import InvalidInput, PurringError, RefusalCode, Refused, StoreUnavailable
from purring.domain.ids import InvoiceId, MerchantId, RefundId
from purring.domain.money import Money
from purring.domain.refund import OPEN_REFUND, Refund, RefundStatus, chosen, ended, succeeded
from purring.gateways.base import Refunded, RefundOutcome, RefundRefused, RefundRequest
from purring.operations.services import Services
from purring.operations.transact import told, transact
from purring.operations.view import facts_in
from purring.store import Connection, refunds, test_clocks
from purring.store.changes import save_many
from purring.telemetry.logs import log

ASKS_AGAIN_AFTER = timedelta(minutes=5)
ASKED_MAX = 20
"""Refunds that are asked about at one look: each is a call that may take as long as the gateway's time-out."""


def refund(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, amount: Money | None = None) -> Refund:
    """Give back all that is left of an invoice's newest charge, or an amount that one charge has left.

    Raises:
        NotFound: no such invoice.
        Refused: it is disputed, or no charge has so much left.
        InvalidInput: the amount can't be given back.
    """
    begun = transact(services, lambda conn: _begin(conn, services, (merchant_id, invoice_id), amount))
    return _ask(services, merchant_id, begun)


def ask_again(services: Services, merchant_id: MerchantId, refund_id: RefundId) -> Refund:
    """Send a refund's key again, of which nobody knows what came; one that is known is given as it is.

    Raises:
        NotFound: no such refund.
        Refused: the gateway may have forgotten the key, so that sending it could give the money back twice.
    """
    now = services.clock.now()

    def act(conn: Connection) -> Refund:
        found = refunds.get(conn, merchant_id, refund_id)
        if found.is_open and now >= found.key_expires_at:
            raise Refused(RefusalCode.REFUND_UNKNOWN, details=(refund_id,))
        if found.is_open:
            refunds.change_many(conn, [(merchant_id, replace(found, asked_at=now))])
        return refunds.get(conn, merchant_id, refund_id)

    begun = transact(services, act)
    return _ask(services, merchant_id, begun) if begun.is_open else begun


def settle_refund(
    services: Services, merchant_id: MerchantId, refund_id: RefundId, to: RefundStatus, note: str
) -> Refund:
    """Write down what a person found out about a refund of which nobody knew what came.

    Raises:
        NotFound: no such refund.
        Refused: it is known what came of it.
        InvalidInput: it can't end so.
    """
    if to in OPEN_REFUND:
        raise InvalidInput("a refund is settled as succeeded, refused or failed", field="to")

    def act(conn: Connection) -> Refund:
        found = refunds.get(conn, merchant_id, refund_id)
        if not found.is_open:
            raise Refused(RefusalCode.REFUND_SETTLED, details=(refund_id,))
        return _recorded(conn, services, merchant_id, found.id, to, detail=note)

    return transact(services, act)


def ask_about_open(services: Services) -> int:
    """Send the keys again of refunds that were left open for a while. Gives how many there were."""
    now = services.clock.now()
    with services.store.reading() as conn:
        found = refunds.to_ask(conn, asked_before=now - ASKS_AGAIN_AFTER, now=now, limit=ASKED_MAX)
    for merchant_id, refund_id in found:
        try:
            ask_again(services, merchant_id, refund_id)
        except StoreUnavailable:
            raise
        except PurringError as error:  # one that can't be asked about holds no other up
            log.warning("refund_not_asked", refund_id=refund_id, error=told(error))
    return len(found)


def _begin(conn: Connection, services: Services, key: tuple[MerchantId, InvoiceId], amount: Money | None) -> Refund:
    """Write the intention down; nobody else bills the customer meanwhile."""
    now = services.clock.now()
    facts = facts_in(conn, services, *key, lock=True)
    attempt_id, given = chosen(facts, refunds.of_invoice(conn, *key), amount)
    gateway = facts.attempt(attempt_id).gateway
    begun = Refund(
        id=RefundId(services.ids.new("rfd_")),
        invoice_id=facts.invoice.id,
        attempt_id=attempt_id,
        gateway=gateway,
        amount=given,
        status=RefundStatus.STARTED,
        created_at=now,
        asked_at=now,
        key_expires_at=now + services.gateway(gateway).capabilities.key_lifetime,
    )
    refunds.create(conn, key[0], begun)
    return begun


def _ask(services: Services, merchant_id: MerchantId, begun: Refund) -> Refund:
    """Ask the gateway, with no transaction open, and write down what it says."""
    request = RefundRequest(key=begun.id, charge_key=begun.attempt_id, amount=begun.amount)
    outcome = services.gateway(begun.gateway).refund(request)
    status, ref, detail = _meaning(outcome, is_first=begun.asked_at == begun.created_at)
    return transact(
        services,
        lambda conn: _recorded(conn, services, merchant_id, begun.id, status, ref=ref, detail=detail),
    )


def _meaning(outcome: RefundOutcome, *, is_first: bool) -> tuple[RefundStatus, str | None, str]:
    """What an answer says of the refund: that a later call did nothing doesn't tell what an earlier one did."""
    match outcome:
        case Refunded():
            return RefundStatus.SUCCEEDED, outcome.gateway_ref, ""
        case RefundRefused():
            return RefundStatus.REFUSED, None, outcome.detail
        case Unavailable():
            return RefundStatus.FAILED if is_first else RefundStatus.UNKNOWN, None, outcome.detail
        case Unknown():
            return RefundStatus.UNKNOWN, None, outcome.detail
        case _:
            assert_never(outcome)


def _recorded(
    conn: Connection,
    services: Services,
    merchant_id: MerchantId,
    refund_id: RefundId,
    status: RefundStatus,
    *,
    ref: str | None = None,
    detail: str,
) -> Refund:
    """Write down what came of it; what went back is booked on the invoice once, whoever tells of it first."""
    now = services.clock.now()
    known = refunds.get(conn, merchant_id, refund_id)
    standing = test_clocks.standing_of(conn, merchant_id, known.invoice_id)
    at = standing.now_at if standing else now  # the gateway keeps the real time, the invoice its customer's
    draft = Draft(facts_in(conn, services, merchant_id, known.invoice_id, lock=True), at)
    known = refunds.get(conn, merchant_id, refund_id)  # as it is now that nobody else can change it
    is_back = status is RefundStatus.SUCCEEDED
    after = succeeded(draft, known, ref=ref) if is_back else ended(known, status, now, detail)
    if after != known:
        refunds.change_many(conn, [(merchant_id, after)])
    save_many(conn, [(merchant_id, draft.done())], services.ids, at)
    return refunds.get(conn, merchant_id, refund_id)
