"""Send owed notices: each person's copy is claimed, rendered in their language, handed over, and remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from purring.domain.decide.settle import recovery_id
from purring.domain.errors import PurringError
from purring.notices.contexts import from_json
from purring.notices.render import Rendered, render
from purring.notices.send import Bounced, Deferred, Delivered, Message, Outcome
from purring.operations.services import LEASE, Services
from purring.store import leases, notices
from purring.store.leases import Claim, Work
from purring.store.notices import Delivery, NotSent, Sent


def send_due(services: Services) -> int:
    """Send one batch of copies that are due. Gives how many were due.

    A copy is sent at least once: one that went out before a crash goes out again under the same Message-ID.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        claims = leases.claim(conn, Work.DELIVERY, services.owner, now, limit=services.batch_max, lease=LEASE)
        copies = notices.deliveries(conn, [(claim.merchant_id, claim.id) for claim in claims]) if claims else {}
    if not claims:
        return 0
    results = _send_while_it_works(services, claims, copies, now)
    services.sender.close()
    with services.store.transaction() as conn:
        notices.mark_sent(conn, [one for one in results if isinstance(one, Sent)], services.owner, now)
        notices.mark_failed(conn, [one for one in results if isinstance(one, NotSent)], services.owner, now)
    return len(claims)


def _send_while_it_works(
    services: Services, claims: Sequence[Claim], copies: Mapping[tuple[str, str], Delivery], now: datetime
) -> list[Sent | NotSent]:
    """Send copy after copy; once the mail server itself fails, the rest is put off without trying it again."""
    results: list[Sent | NotSent] = []
    fault: Deferred | None = None
    for claim in claims:
        if fault is not None:
            results.append(NotSent(claim=claim, problem=fault.detail))
            continue
        result, outcome = _send(services, claim, copies[claim.merchant_id, claim.id], now)
        results.append(result)
        if isinstance(outcome, Deferred) and outcome.affects_all:
            fault = outcome
    return results


def _send(services: Services, claim: Claim, copy: Delivery, now: datetime) -> tuple[Sent | NotSent, Outcome | None]:
    """Render one copy and hand it over; what can't be rendered or addressed is reported, never dropped."""
    try:
        rendered = rendered_for(copy)
        message = _message(services, copy, rendered, now)
    except PurringError as error:
        return NotSent(claim=claim, problem=str(error), permanent=True), None
    outcome = services.sender.send(message)
    return _result(claim, copy, rendered, outcome), outcome


def rendered_for(copy: Delivery) -> Rendered:
    """The notice as this person reads it."""
    context = from_json(copy.notice.kind, copy.notice.context)
    return render(copy.notice.kind, context, copy.person.locale, copy.person.name)


def _message(services: Services, copy: Delivery, rendered: Rendered, now: datetime) -> Message:
    """The mail: its Message-ID follows from the delivery, its thread from the invoice's recovery."""
    notice, person = copy.notice, copy.person
    return Message(
        delivery_id=copy.id,
        thread=recovery_id(notice.invoice_id) if notice.invoice_id else notice.id,
        at=now,
        locale=person.locale,
        from_name=str(notice.context["merchant_name"]),
        from_email=services.from_email,
        to_name=person.name,
        to_email=person.email,
        reply_to=str(notice.context.get("support_email") or ""),
        subject=rendered.subject,
        body=rendered.body_text,
    )


def _result(claim: Claim, copy: Delivery, rendered: Rendered, outcome: Outcome) -> Sent | NotSent:
    """What the sender said, as the store keeps it."""
    match outcome:
        case Delivered():
            return Sent(claim=claim, subject=rendered.subject, body=rendered.body_text, locale=copy.person.locale)
        case Deferred():
            return NotSent(claim=claim, problem=outcome.detail)
        case Bounced():
            return NotSent(claim=claim, problem=outcome.detail, permanent=True)
        case _:
            assert_never(outcome)
