"""The endpoints under /sandbox: the hands on the switches, for tests, scenarios and the demo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from purring.domain.errors import InvalidInput
from purring.gateways.sandbox import charges, scripts, tokens
from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.script import parse_answer
from purring.gateways.sandbox.settings import Outage, OutageKind

COPIES_MAX = 20


def script(call: Call) -> Answered:
    """POST /sandbox/scripts: the `answers` to come for `token`, and what it says `afterwards`."""
    token = tokens.find(call, call.text("token"))
    afterwards = call.text("afterwards", "")
    try:
        parsed = scripts.Script(
            answers=tuple(parse_answer(text) for text in call.texts("answers")),
            afterwards=parse_answer(afterwards) if afterwards else None,
        )
    except InvalidInput as error:
        raise SandboxRefusal(422, "invalid_script", error.message) from error
    scripts.save(call.ledger, token["token"], parsed)
    return Answered(status=200, body={"token": token["token"], "answers": len(parsed.answers)})


def script_many(call: Call) -> Answered:
    """POST /sandbox/scripts/many: `scripts`, each as for /sandbox/scripts; all of them or none."""
    wanted = call.body.get("scripts")
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise SandboxRefusal(400, "invalid_request", "scripts: send a list of objects.")
    for one in wanted:
        script(replace(call, body=one))
    return Answered(status=200, body={"scripts": len(wanted)})


def find(call: Call) -> Answered:
    """POST /sandbox/find: make `find` not know `key` so many `times`."""
    charges.forget_for(call.ledger, call.text("key"), call.number("times", 1))
    return Answered(status=200, body={})


def outage(call: Call) -> Answered:
    """POST /sandbox/outage: `kind` is how everything fails, or "" to end it; `until` an instant, or "" for ever."""
    kind, until = call.text("kind"), call.text("until", "")
    try:
        call.controls.outage = (
            Outage(kind=OutageKind(kind), until=instant_of(until) if until else None) if kind else None
        )
    except ValueError:
        raise SandboxRefusal(400, "invalid_request", f"kind: one of {', '.join(OutageKind)}, or empty.") from None
    return Answered(status=200, body={})


def rate_limit(call: Call) -> Answered:
    """POST /sandbox/rate-limit: answer 429 to the next `times` requests."""
    call.controls.throttled_left = call.number("times")
    call.controls.retry_after_s = call.number("retry_after_s", 30)
    return Answered(status=200, body={})


def plan_events(call: Call) -> Answered:
    """POST /sandbox/events/plan: from now on events are `held`, come `delay_s` late, or in so many `copies`."""
    copies = call.number("copies", 1)
    if not 0 <= copies <= COPIES_MAX:
        raise SandboxRefusal(400, "invalid_request", f"copies: 0 (lost) to {COPIES_MAX}.")
    call.controls.events_held = call.flag("held", default=False)
    call.controls.event_delay = timedelta(seconds=call.number("delay_s", 0))
    call.controls.event_copies = copies
    return Answered(status=200, body={})


def instant_of(text: str) -> datetime:
    """A time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 -- refused below, like every time without a zone
    if moment.tzinfo is None:
        raise SandboxRefusal(400, "invalid_request", "Times need a zone, e.g. 2027-03-01T09:00:00Z.")
    return moment.astimezone(UTC)
