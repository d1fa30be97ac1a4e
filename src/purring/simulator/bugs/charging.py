"""Guards of "charged once": keys, leases, unknown outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from purring.domain import charge_plan, schedule
from purring.domain.attempt import Absent, Attempt, AttemptStatus, Declined, Unavailable, Unknown
from purring.domain.changes import Changes
from purring.domain.decide import answer, begin, person
from purring.domain.decide.begin import Resend
from purring.domain.decline import Answer
from purring.domain.facts import Facts
from purring.engine import loop
from purring.engine.pipeline import Pipeline
from purring.operations import charge, pay, reconcile, services
from purring.operations.charge import Answered, Sending, ask_gateway
from purring.simulator.bugs.bug import Bug, around, instead, nothing
from purring.simulator.faults import Fault
from purring.store import leases

DROP_OPEN_ATTEMPT = "DROP INDEX uq_attempt_open"


def _new_key(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def request(key: Any, move: Any) -> Any:  # noqa: ANN401 - as what it stands for
        made = before(key, move)
        return replace(made, key=f"{made.key}x") if isinstance(move, Resend) else made

    return request


def _other_body(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def request(key: Any, move: Any) -> Any:  # noqa: ANN401 - as what it stands for
        made = before(key, move)
        return replace(made, description="again") if isinstance(move, Resend) else made

    return request


def _without_attempts(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def save(conn: Any, batch: Any, *others: Any) -> None:  # noqa: ANN401 - as what it stands for
        before(conn, [(merchant_id, _not_written(changes)) for merchant_id, changes in batch], *others)

    return save


def _not_written(changes: Changes) -> Changes:
    return replace(changes, created=tuple(one for one in changes.created if not isinstance(one, Attempt)))


def _sent_at_once(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def begin_in(self: Pipeline, *arguments: Any) -> list[Sending]:
        sendings: list[Sending] = before(self, *arguments)
        for sending in sendings:
            ask_gateway(self._services, sending)
        return sendings

    return begin_in


def _answers(of: type, becomes: object, *, asked_only: bool = False) -> Any:  # noqa: ANN401 - a wrapper
    """Let one kind of answer be taken for another."""

    def wrap(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
        def called(services: Any, sending: Sending) -> Any:  # noqa: ANN401 - as what it stands for
            outcome = before(services, sending)
            meant = isinstance(outcome, of) and (sending.request is None or not asked_only)
            return becomes if meant else outcome

        return called

    return wrap


def _taken(_before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def take(conn: Any, work: Any, row: Any, owner: str, now: Any, *, lease: timedelta) -> Any:  # noqa: ANN401 - as what it stands for
        return leases.take(conn, work, row, owner, now + lease)

    return take


def _given_up(_before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def given_up(_services: Any, key: Any, attempt: Attempt) -> Answered:  # noqa: ANN401 - as what it stands for
        return Answered(
            key=key, gateway=attempt.gateway, attempt_id=attempt.id, outcome=Absent(), is_first=False, is_charge=False
        )

    return given_up


def _as_if_first(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def failed(draft: Any, attempt: Attempt, outcome: Any) -> None:  # noqa: ANN401 - as what it stands for
        before(draft, replace(attempt, status=AttemptStatus.STARTED), outcome)

    return failed


def _as_if_free(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def claim(conn: Any, work: Any, owner: str, now: Any, *, limit: int, lease: timedelta) -> Any:  # noqa: ANN401 - as what it stands for
        return before(conn, work, owner, now + _AHEAD, limit=limit, lease=lease - _AHEAD)

    return claim


def _as_if_checked(before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    def schedule_of(facts: Facts, now: Any) -> Any:  # noqa: ANN401 - as what it stands for
        return before(replace(facts, invoice=replace(facts.invoice, unchecked=False)), now)

    return schedule_of


_AHEAD = timedelta(hours=1)

BUGS = (
    Bug(
        name="new key on resend",
        what="An interrupted charge goes out again under another key.",
        needs=(Fault.KILL,),
        patches=[around(charge, "_request", _new_key)],
    ),
    Bug(
        name="another body on resend",
        what="An interrupted charge goes out again with another body.",
        needs=(Fault.KILL,),
        patches=[around(charge, "_request", _other_body)],
    ),
    Bug(
        name="sent before it is stored",
        what="The attempt isn't written before the gateway is called.",
        patches=[around(charge, "save_many", _without_attempts)],
    ),
    Bug(
        name="sent inside the transaction",
        what="The gateway is called while the first transaction is open.",
        patches=[around(Pipeline, "_begin_in", _sent_at_once)],
    ),
    Bug(
        name="leases aren't looked at",
        what="Work that another worker holds is claimed, and work that isn't due yet.",
        needs=(Fault.RIVALS,),
        patches=[around(leases, "claim", _as_if_free)],
    ),
    Bug(
        name="settles what is being sent",
        what="Whoever wants to pay asks about a charge that a worker is just sending, and takes it for lost.",
        needs=(Fault.WORST_MOMENT, Fault.PEOPLE_PAY),
        patches=[around(leases, "take_if_free", _taken)],
    ),
    Bug(
        name="a time-out counts as refused",
        what="No answer is taken for an answer that nothing happened.",
        needs=(Fault.TIMEOUT_AFTER,),
        patches=[around(charge, "_called", _answers(Unknown, Unavailable(detail="bug")))],
    ),
    Bug(
        name="a refused resend counts as failed",
        what="That the second call did nothing is taken to mean that the first did nothing, by both who know better.",
        needs=(Fault.KILL, Fault.EVENTS_LOST, Fault.REFUSES_REPETITION),
        patches=[
            instead(Answered, "verdict", property(lambda self: self.outcome)),
            around(answer, "_failed", _as_if_first),
        ],
    ),
    Bug(
        name="don't know counts as never got",
        what="A gateway that can't say is taken for one that never got the charge.",
        needs=(Fault.TIMEOUT_AFTER, Fault.FIND_UNKNOWN),
        patches=[around(charge, "_called", _answers(Unknown, Absent(), asked_only=True))],
    ),
    Bug(
        name="a key outlives itself",
        what="A key goes out again however old it is.",
        needs=(Fault.KILL, Fault.WORKERS_DOWN, Fault.CLOCK_JUMPS),
        patches=[instead(begin, "may_resend", lambda *_: True)],
    ),
    Bug(
        name="an outage counts as a decline",
        what="A gateway that refuses work is taken for a bank that says no.",
        needs=(Fault.REFUSES_WORK,),
        patches=[
            around(
                charge,
                "_called",
                _answers(Unavailable, Declined(answer=Answer(gateway="sandbox", network="visa", raw_code="51"))),
            )
        ],
    ),
    Bug(
        name="an open attempt stands in nobody's way",
        what="A charge is begun while another is under way, and the schema lets it.",
        needs=(Fault.TIMEOUT_AFTER,),
        patches=[instead(Facts, "open_attempt", property(lambda _self: None))],
        sql=(DROP_OPEN_ATTEMPT,),
    ),
    Bug(
        name="paying doesn't wait for an unknown outcome",
        what="A customer may pay while nobody knows whether they have, and the schema lets them.",
        needs=(Fault.TIMEOUT_AFTER, Fault.FIND_UNKNOWN, Fault.PEOPLE_PAY),
        patches=[instead(person, "_require_payable", nothing)],
        sql=(DROP_OPEN_ATTEMPT,),
    ),
    Bug(
        name="a confirmation isn't taken back",
        what="A customer who pays otherwise can still confirm the first charge.",
        needs=(Fault.CONFIRMATION, Fault.PEOPLE_PAY),
        patches=[around(pay, "_given_up", _given_up)],
    ),
    Bug(
        name="leases never end",
        what="What a dead worker held is never taken over.",
        needs=(Fault.KILL,),
        patches=[instead(services, "LEASE", timedelta(days=3_650))],
    ),
    Bug(
        name="nobody asks about an unknown outcome",
        what="There are no questions after a time-out, and nobody is told.",
        needs=(Fault.TIMEOUT_AFTER,),
        patches=[instead(schedule, "UNKNOWN_ASKED_AFTER", ())],
    ),
    Bug(
        name="nobody asks about a debit",
        what="A debit whose event got lost is waited for and not asked about.",
        needs=(Fault.PENDING, Fault.EVENTS_LOST),
        patches=[instead(schedule, "_ask_times", lambda _attempt: [])],
    ),
    Bug(
        name="the next step is forgotten",
        what="The row isn't told when its schedule goes on.",
        patches=[around(begin, "plan_next", lambda before: lambda draft, _until: before(draft, None))],
    ),
    Bug(
        name="money that comes late is dropped",
        what="An approval of an attempt that was given up is ignored.",
        needs=(Fault.PENDING, Fault.OPERATORS_CORRECT),
        patches=[instead(answer, "correct_to_succeeded", nothing)],
    ),
    Bug(
        name="charges go on before the check after a restore is over",
        what="A restored database is worked on as if it were whole while it is being checked.",
        needs=(Fault.RESTORE, Fault.REFUSES_WORK),
        patches=[
            around(loop, "reconcile", lambda before: lambda services: (False, before(services)[1])),
            around(schedule, "schedule", _as_if_checked),
            around(begin, "schedule", _as_if_checked),
        ],
    ),
    Bug(
        name="nobody notices a silent restore",
        what="A worker that starts doesn't compare its database with the gateways.",
        needs=(Fault.RESTORE,),
        patches=[instead(loop, "is_known_to_gateways", lambda _services: True)],
    ),
    Bug(
        name="what was found after a restore is dropped",
        what="Charges that a restored database has forgotten aren't played again.",
        needs=(Fault.RESTORE,),
        patches=[instead(reconcile, "_news", lambda *_: [])],
    ),
    Bug(
        name="ceilings are never full",
        what="The rulebook always has room.",
        needs=(Fault.PEOPLE_PAY,),
        patches=[
            around(charge_plan, "permit", lambda before: lambda _limits, _uses, **asked: before((), (), **asked)),
        ],
    ),
)
