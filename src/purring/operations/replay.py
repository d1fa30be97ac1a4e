"""Play charges again that a restored database has forgotten, each at its own time, as if they had just been made."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from purring.domain.attempt import (
    Absent,
    ActionRequired,
    Approved,
    Attempt,
    AttemptStatus,
    Declined,
    Initiator,
    Outcome,
    Pending,
    Unavailable,
    Unknown,
)
from purring.domain.changes import Changes, Draft
from purring.domain.charge_plan import window_ends_at
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import RESEND_WITHIN, plan_next, recounted
from purring.domain.decide.telling import context
from purring.domain.decline import Answer
from purring.domain.errors import InvalidId, InvalidInput
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, MethodId, made_at
from purring.domain.money import Money
from purring.domain.notice import DECLINE_NOTICES, NoticeStatus
from purring.domain.payment_method import MethodKind, MethodStatus, PaymentMethod
from purring.domain.schedule import schedule
from purring.domain.test_clock import own_card
from purring.gateways.base import ListedCharge
from purring.operations.services import LEASE, Services
from purring.operations.view import facts_in
from purring.store import Connection, installation, methods
from purring.store.changes import save_many
from purring.store.facts import Key
from purring.store.installation import Found

A_DAY = timedelta(hours=24)
SENT_WITHIN = RESEND_WITHIN + LEASE
"""So long after its beginning a charge is sent at the latest; a key that seems older has another clock's time."""
_OUTCOMES: Mapping[str, type[Any]] = {
    one.__name__: one for one in (Approved, Declined, ActionRequired, Pending, Unknown, Unavailable, Absent)
}


# ---------------------------------------------------------------------------------------------------------------------
# As it is kept


def as_kept(gateway: str, one: ListedCharge) -> Found:
    """A listed charge as it is kept until it is played again."""
    charge = {
        "token": one.token,
        "kind": one.kind,
        "scheme": one.scheme,
        "last4": one.last4,
        "fingerprint": one.fingerprint,
        "off_session": one.off_session,
        "outcome_at": one.outcome_at.isoformat(),
        "outcome": type(one.outcome).__name__,
        **_plain(one.outcome),
    }
    return Found(
        gateway=gateway,
        key=one.key,
        merchant_id=one.merchant_id,
        invoice_id=one.invoice_id,
        amount=one.amount,
        charge=charge,
        charged_at=one.charged_at,
    )


def _plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome's figures as JSON has them."""
    match outcome:
        case Approved():
            return {"ref": outcome.gateway_ref, "captured_minor": outcome.captured.minor}
        case Declined():
            return {"ref": outcome.gateway_ref, "answer": asdict(outcome.answer)}
        case ActionRequired():
            return {"ref": outcome.gateway_ref, "until": outcome.expires_at.isoformat(), "url": outcome.url}
        case Pending():
            return {"ref": outcome.gateway_ref, "until": outcome.expected_at.isoformat()}
        case Unknown() | Unavailable():
            return {"detail": outcome.detail}
        case Absent():
            return {}


def _outcome(found: Found) -> Outcome:
    """The outcome that was kept."""
    charge, made = found.charge, _OUTCOMES[found.charge["outcome"]]
    if made is Approved:
        captured = Money(charge["captured_minor"], found.amount.currency)
        return Approved(gateway_ref=charge["ref"], captured=captured)
    if made is Declined:
        return Declined(gateway_ref=charge["ref"], answer=Answer(**charge["answer"]))
    if made is ActionRequired:
        until = datetime.fromisoformat(charge["until"])
        return ActionRequired(gateway_ref=charge["ref"], expires_at=until, url=charge["url"])
    if made is Pending:
        return Pending(gateway_ref=charge["ref"], expected_at=datetime.fromisoformat(charge["until"]))
    return Unknown(detail=charge.get("detail", "the list doesn't tell"))


# ---------------------------------------------------------------------------------------------------------------------
# Playing


def replay(conn: Connection, services: Services, key: Key, now: datetime) -> list[str]:
    """Play an invoice's found charges in their order and save what comes of them; gives the keys that are settled.

    Meanwhile the invoice counts as checked, so that everything is decided as it was then.
    """
    facts = facts_in(conn, services, *key, lock=True)
    found = installation.found_for(conn, [key])[key]
    unchecked, known = facts.invoice.unchecked, {notice.id for notice in facts.notices}
    for one in found:
        draft = Draft(facts, _begun_at(one))
        draft.put_invoice(unchecked=False)
        _play(conn, services, draft, one, {other.key for other in found})
        save_many(conn, [(key[0], draft.done())], services.ids, now)
        facts = facts_in(conn, services, *key, lock=True)
    if found:
        save_many(conn, [(key[0], _told_afresh(facts, known, now, unchecked=unchecked))], services.ids, now)
    return [one.key for one in found]


def _play(conn: Connection, services: Services, draft: Draft, one: Found, listed: set[str]) -> None:
    """Begin one charge and end it, each at its time.

    An attempt that was open in the backup never reached the gateway if it isn't listed and another one followed.
    """
    before = draft.facts.open_attempt
    if before is not None and before.id != one.key:
        if before.id in listed or before.gateway != one.gateway:
            raise InvalidInput(f"charge {one.key} was made while {before.id} was open; settle that one first")
        after_charge(draft, before.id, Absent())
    if all(attempt.id != one.key for attempt in draft.facts.attempts):
        _start(conn, services, draft, one)
    draft.now = max(datetime.fromisoformat(one.charge["outcome_at"]), one.charged_at)
    after_charge(draft, one.key, _outcome(one))


def _start(conn: Connection, services: Services, draft: Draft, one: Found) -> None:
    """Write the attempt down as it was begun, without the reason, which nobody knows any more."""
    facts = draft.facts
    method = _method(conn, services, facts, one)
    if method not in facts.methods:
        draft.facts = replace(facts, methods=(*facts.methods, method))
    attempt = Attempt(
        id=AttemptId(one.key),
        invoice_id=facts.invoice.id,
        method_id=method.id,
        gateway=one.gateway,
        fingerprint=method.fingerprint,
        amount=one.amount,
        number=len(facts.attempts) + 1,
        initiator=_initiator(facts, method, one),
        status=AttemptStatus.STARTED,
        started_at=draft.now,
        key_expires_at=one.charged_at + timedelta(seconds=1),
    )
    draft.put_attempt(attempt)
    draft.facts = recounted(draft.facts, attempt)
    draft.say(EventKind.ATTEMPT_STARTED, attempt.id, invoice_id=facts.invoice.id, found_at_gateway=one.gateway)


def _begun_at(one: Found) -> datetime:
    """When a charge was begun, which its key tells: limits count from there; it may have been sent a little later."""
    try:
        begun_at = made_at(one.key)
    except InvalidId:
        return one.charged_at
    return begun_at if one.charged_at - SENT_WITHIN < begun_at < one.charged_at else one.charged_at


def _method(conn: Connection, services: Services, facts: Facts, one: Found) -> PaymentMethod:
    """The method that was charged. One that was added after the backup comes back as removed: the customer adds it."""
    for method in facts.methods:
        if (method.gateway, method.token) == (one.gateway, one.charge["token"]):
            return method
    now = services.clock.now()
    lost = PaymentMethod(
        id=MethodId(services.ids.new("pm_")),
        customer_id=facts.customer.id,
        kind=MethodKind(one.charge["kind"]),
        gateway=one.gateway,
        token=one.charge["token"],
        fingerprint=own_card(one.charge["fingerprint"], facts.customer.test_clock_id),
        scheme=one.charge["scheme"],
        last4=one.charge["last4"],
        created_at=one.charged_at,
        status=MethodStatus.REMOVED,
        removed_at=now,
        is_live=facts.merchant.is_live,
    )
    methods.insert(conn, [(facts.merchant.id, lost)])
    return lost


def _initiator(facts: Facts, method: PaymentMethod, one: Found) -> Initiator:
    """Who caused it, as far as can be seen: what the worker would never have done by itself, an operator did."""
    at, recovery = _begun_at(one), facts.recovery
    if not one.charge["off_session"]:
        return Initiator.CUSTOMER
    just_declined = any(
        attempt.fingerprint == method.fingerprint
        and attempt.status is AttemptStatus.DECLINED
        and at < attempt.started_at + A_DAY
        for attempt in facts.attempts
    )
    outside = at < facts.invoice.issued_at or at > window_ends_at(facts)
    held = recovery is not None and recovery.is_held(at)
    return Initiator.OPERATOR if just_declined or outside or held or not method.is_active else Initiator.AUTOMATIC


def _told_afresh(facts: Facts, known: Collection[str], now: datetime, *, unchecked: bool) -> Changes:
    """Take back what is owed to customers anew, who were told then; only the last decline is told, as things are now.

    It carries those before it, as it would if they had waited.
    """
    draft = Draft(facts, now)
    afresh = [one for one in facts.notices if one.id not in known and one.status is NoticeStatus.OWED]
    declines = [one for one in afresh if one.kind in DECLINE_NOTICES and facts.invoice.is_open]
    last = max(declines, key=lambda one: (one.number, one.id), default=None)
    for notice in afresh:
        if notice is last and notice.attempt_id:
            said = {**context(facts, now, facts.attempt(notice.attempt_id)), "number": notice.number}
            draft.put_notice(replace(notice, due_at=now, context=said))
        else:
            carrier = last.id if last and notice in declines else None
            draft.put_notice(replace(notice, status=NoticeStatus.WITHDRAWN, carried_by=carrier))
    plan_next(draft, schedule(draft.facts, now).next_step_at)
    if unchecked:
        draft.put_invoice(unchecked=True)
    return draft.done()
