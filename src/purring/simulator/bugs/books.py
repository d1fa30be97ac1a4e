"""Guards of the books, of what customers are told, and of what gateways tell us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from purring.domain.attempt import Approved, Attempt
from purring.domain.changes import Draft
from purring.domain.decide import answer, owing, settle
from purring.domain.event import EventKind
from purring.domain.journal import EntryKind
from purring.operations import methods
from purring.simulator.bugs.bug import Bug, Patch, around, instead, nothing
from purring.simulator.faults import Fault
from purring.store import events, inbound, journal, notices


def _not_booked(kind: EntryKind) -> Patch:
    """The journal lacks one kind of entry."""
    return around(journal, "book", _leaving_out(lambda draft: draft.kind is kind))


def _not_said(kind: EventKind) -> Patch:
    """Nobody hears of one kind of event."""
    return around(events, "append", _leaving_out(lambda draft: draft.kind is kind))


def _leaving_out(unwanted: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def wrap(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
        def write(conn: Any, drafts: Any, ids: Any) -> None:  # noqa: ANN401 - as what it stands for
            before(conn, [one for one in drafts if not unwanted(one[1])], ids)

        return write

    return wrap


def _as_whole(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def approved(draft: Draft, attempt: Attempt, outcome: Approved) -> None:
        before(draft, attempt, replace(outcome, captured=attempt.amount))

    return approved


def _always_new(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def store(conn: Any, gateway: str, some: Any, received_at: Any) -> int:  # noqa: ANN401 - as what it stands for
        renamed = [replace(one, event_id=f"{one.event_id}-{received_at:%j%H%M%S}") for one in some]
        stored: int = before(conn, gateway, renamed, received_at)
        return stored

    return store


def _with_number(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def add_method(services: Any, merchant_id: Any, customer_id: Any, new: Any) -> Any:  # noqa: ANN401 - as what it stands for
        return before(services, merchant_id, customer_id, replace(new, holder_name=f"Kari {TEST_NUMBER}"))

    return add_method


TEST_NUMBER = "4242 4242 4242 4242"

BUGS = (
    Bug(
        name="a part counts as the whole",
        what="A partial approval is booked as if all had been captured.",
        needs=(Fault.PARTIAL,),
        patches=[around(answer, "_approved", _as_whole)],
    ),
    Bug(
        name="payments aren't booked",
        what="The journal lacks what was paid.",
        patches=[_not_booked(EntryKind.PAID)],
    ),
    Bug(
        name="invoices aren't booked",
        what="The journal lacks what was invoiced.",
        patches=[_not_booked(EntryKind.INVOICED)],
    ),
    Bug(
        name="losses aren't booked",
        what="The journal lacks what was written off.",
        needs=(Fault.PEOPLE_END_IT,),
        patches=[_not_booked(EntryKind.WRITTEN_OFF)],
    ),
    Bug(
        name="refunds aren't booked",
        what="The journal lacks what was given back.",
        needs=(Fault.REFUND,),
        patches=[_not_booked(EntryKind.REFUNDED)],
    ),
    Bug(
        name="chargebacks aren't booked",
        what="The journal lacks what banks took back.",
        needs=(Fault.CHARGEBACK,),
        patches=[_not_booked(EntryKind.CHARGED_BACK)],
    ),
    Bug(
        name="an event that comes twice acts twice",
        what="Events of gateways are told apart by when they came.",
        needs=(Fault.REFUND, Fault.CHARGEBACK, Fault.EVENTS_TWICE),
        patches=[around(inbound, "store_many", _always_new)],
    ),
    Bug(
        name="an event is never done",
        what="An event that has acted isn't marked.",
        patches=[instead(inbound, "mark_worked", nothing)],
    ),
    Bug(
        name="a decline is told twice",
        what="A decline after a request to confirm is told again.",
        needs=(Fault.CONFIRMATION,),
        patches=[instead(owing, "is_told", lambda *_: False)],
    ),
    Bug(
        name="a decline isn't told",
        what="Nobody hears of a decline.",
        patches=[instead(answer, "owe_for_decline", nothing)],
    ),
    Bug(
        name="failure is told after success",
        what="Notices that wait aren't withdrawn when the money comes.",
        needs=(Fault.MAIL_TROUBLE, Fault.PEOPLE_PAY),
        patches=[instead(settle, "withdraw_declines", nothing)],
    ),
    Bug(
        name="a mail is never done",
        what="A copy that went out isn't marked.",
        patches=[instead(notices, "mark_sent", nothing)],
    ),
    Bug(
        name="a card's number is kept",
        what="What stands on a card is stored with its holder's name.",
        patches=[around(methods, "add_method", _with_number)],
    ),
    Bug(
        name="declines make no event",
        what="Subscribers don't hear of declines.",
        patches=[_not_said(EventKind.ATTEMPT_DECLINED)],
    ),
    Bug(
        name="payments make no event",
        what="Subscribers don't hear of payments.",
        patches=[_not_said(EventKind.INVOICE_PAID)],
    ),
)
