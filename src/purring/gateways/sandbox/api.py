"""The sandbox without its server: a request goes in, an answer comes out, the ledger has changed by one transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never
from urllib.parse import parse_qsl, unquote, urlsplit

from purring.gateways.sandbox import bank, card_field, charges, controls, events, listing, refunds, tokens
from purring.gateways.sandbox.calls import Answered, Call, Fault, SandboxRefusal, refusal
from purring.gateways.sandbox.ledger import Ledger, stamp
from purring.gateways.sandbox.numbers import looks_like_card_number
from purring.gateways.sandbox.settings import Controls, Outage, OutageKind, SandboxSettings

BODY_BYTES_MAX = 65_536
KEY_PREFIX = "Bearer sk_test_"


class SandboxApi:
    """The sandbox's brain, safe to call from many threads. Its time is what `now` says whenever it is asked."""

    def __init__(
        self,
        ledger: Ledger,
        now: Callable[[], datetime],
        settings: SandboxSettings | None = None,
        *,
        set_now: Callable[[datetime], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._now = now
        self.controls = Controls(settings=settings or SandboxSettings(), set_now=set_now)

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Answer one request. `target` is path and query; header names are lower case."""
        parts = urlsplit(target)
        try:
            is_page = parts.path == card_field.PATH or parts.path.startswith("/bank/")
            _check_door(headers, body, is_open=is_page)
            handler, path = _route(method, parts.path)
            fields = {} if is_page else _fields(body)
            if handler is not tokens.create:
                _refuse_card_numbers(fields, headers.get("idempotency-key", ""))
            with self._ledger.transaction() as connection:
                call = Call(
                    ledger=connection,
                    controls=self.controls,
                    now=self._now(),
                    route=f"{method} {parts.path}",
                    headers=headers,
                    query=dict(parse_qsl(parts.query)),
                    path=path,
                    body=fields,
                    raw_body=body,
                )
                return _work(call, handler)
        except SandboxRefusal as error:
            return refusal(error.status, error.code, error.message)

    def due_pushes(self, limit: int) -> list[events.Push]:
        """Deliveries to post to the push URL, in order."""
        with self._ledger.transaction() as connection:
            now = self._now()
            return events.due_pushes(connection, self.controls, now, limit)

    def record_push(self, push: events.Push, *, taken: bool) -> None:
        """Write down that a delivery was taken, or when to try again."""
        with self._ledger.transaction() as connection:
            events.record_push(connection, push, self._now(), taken=taken)


Handler = Callable[[Call], Answered]


def _work(call: Call, handler: Handler) -> Answered:
    charges.settle_due(call)
    events.release_due(call)
    answered = _weather(call) or handler(call)
    events.release_due(call)
    return answered


def _weather(call: Call) -> Answered | None:
    """The answer of a bad day: an outage or a rate limit; the switches themselves always work."""
    if not call.route.split(" ")[1].startswith("/v1/"):
        return None
    outage = call.controls.outage
    if outage is not None and (outage.until is None or call.now < outage.until):
        return _out(call, outage)
    if call.controls.throttled_left > 0:
        call.controls.throttled_left -= 1
        headers = {"Retry-After": str(call.controls.retry_after_s)}
        return refusal(429, "rate_limited", "Too many requests; nothing was done.", headers)
    return None


def _out(call: Call, outage: Outage) -> Answered:
    match outage.kind:
        case OutageKind.NOT_PROCESSED:
            wait = timedelta(seconds=60) if outage.until is None else outage.until - call.now
            headers = {"Retry-After": str(max(1, int(wait.total_seconds())))}
            return refusal(503, "not_processed", "The sandbox is unavailable and did nothing.", headers)
        case OutageKind.ERROR:
            return refusal(500, "error", "Something broke.")
        case OutageKind.TIMEOUT:
            return Answered(status=504, body={}, fault=Fault.TIMEOUT)
        case OutageKind.CUT:
            return Answered(status=504, body={}, fault=Fault.CUT)
        case _:
            assert_never(outage.kind)


def _check_door(headers: Mapping[str, str], body: bytes, *, is_open: bool) -> None:
    if not is_open and not headers.get("authorization", "").startswith(KEY_PREFIX):
        raise SandboxRefusal(401, "key_refused", "Authorization: send Bearer sk_test_…; live keys are refused.")
    if len(body) > BODY_BYTES_MAX:
        raise SandboxRefusal(413, "body_too_large", f"Send at most {BODY_BYTES_MAX} bytes.")


def _fields(body: bytes) -> Mapping[str, object]:
    try:
        fields = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        fields = None
    if isinstance(fields, dict):
        return fields
    raise SandboxRefusal(400, "invalid_request", "Send a JSON object.")


def _refuse_card_numbers(fields: Mapping[str, object], key: str) -> None:
    """Only the token endpoint may see a number, and it keeps none."""
    if looks_like_card_number(json.dumps(fields)) or looks_like_card_number(key):
        raise SandboxRefusal(422, "card_number", "Something in the request looks like a card number; send a token.")


def _route(method: str, path: str) -> tuple[Handler, Mapping[str, str]]:
    fixed = FIXED.get((method, path))
    if fixed is not None:
        return fixed, {}
    for route_method, pattern, handler in WITH_KEY:
        match = pattern.fullmatch(path) if method == route_method else None
        if match is not None:
            return handler, {"key": unquote(match["key"])}
    raise SandboxRefusal(404, "no_such_page", f"There is no {method} {path[:100]}.")


def _capabilities(call: Call) -> Answered:
    """GET /v1/capabilities: how long a key lives, in seconds, how many requests may be under way, what it can do."""
    settings = call.controls.settings
    body = {
        "key_lifetime_s": int(settings.key_lifetime.total_seconds()),
        "in_flight_max": settings.in_flight_max,
        "lists_charges": settings.lists_charges,
    }
    return Answered(status=200, body=body)


def _movements(call: Call) -> Answered:
    """GET /v1/ledger: every movement of money, oldest first."""
    rows = call.ledger.execute(
        "SELECT seq, at, kind, key, merchant_id, invoice_id, amount_minor, currency FROM movements ORDER BY seq"
    ).fetchall()
    return Answered(status=200, body={"movements": [dict(row) for row in rows]})


def _clock(call: Call) -> Answered:
    """GET /sandbox/clock: the sandbox's time."""
    return Answered(status=200, body={"now": stamp(call.now)})


def _set_clock(call: Call) -> Answered:
    """POST /sandbox/clock: move the virtual clock to `now`, and settle what falls due by then."""
    moment = controls.instant_of(call.text("now"))
    if call.controls.set_now is None:
        raise SandboxRefusal(409, "clock_is_real", "Start the sandbox with --virtual-clock to set its time.")
    call.controls.set_now(moment)
    later = replace(call, now=moment)
    charges.settle_due(later)
    events.release_due(later)
    return _clock(later)


FIXED: Mapping[tuple[str, str], Handler] = {
    ("POST", "/v1/tokens"): tokens.create,
    ("GET", "/v1/tokens"): tokens.show,
    ("POST", "/v1/charges"): charges.create,
    ("GET", "/v1/charges"): charges.find,
    ("GET", "/v1/charges/list"): listing.since,
    ("POST", "/v1/refunds"): refunds.refund,
    ("GET", "/v1/events"): events.page,
    ("GET", "/v1/capabilities"): _capabilities,
    ("GET", "/v1/ledger"): _movements,
    ("GET", card_field.PATH): card_field.page,
    ("POST", card_field.PATH): card_field.press,
    ("GET", "/sandbox/clock"): _clock,
    ("POST", "/sandbox/clock"): _set_clock,
    ("POST", "/sandbox/scripts"): controls.script,
    ("POST", "/sandbox/scripts/many"): controls.script_many,
    ("POST", "/sandbox/find"): controls.find,
    ("POST", "/sandbox/outage"): controls.outage,
    ("POST", "/sandbox/rate-limit"): controls.rate_limit,
    ("POST", "/sandbox/chargebacks"): refunds.open_chargeback,
    ("POST", "/sandbox/events/plan"): controls.plan_events,
    ("POST", "/sandbox/events/release"): events.release_held,
    ("POST", "/sandbox/events/again"): events.again,
}

WITH_KEY: tuple[tuple[str, re.Pattern[str], Handler], ...] = (
    ("POST", re.compile(r"/v1/charges/(?P<key>[^/]+)/cancel"), charges.cancel),
    ("POST", re.compile(r"/v1/charges/(?P<key>[^/]+)/confirm"), charges.confirm),
    ("GET", re.compile(r"/bank/(?P<key>[^/]+)"), bank.page),
    ("POST", re.compile(r"/bank/(?P<key>[^/]+)"), bank.press),
    ("POST", re.compile(r"/sandbox/chargebacks/(?P<key>[^/]+)/won"), refunds.win),
    ("POST", re.compile(r"/sandbox/chargebacks/(?P<key>[^/]+)/lost"), refunds.lose),
)
