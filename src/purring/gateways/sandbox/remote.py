"""The sandbox's switches in Python, for scenarios, the demo and tests; they go through HTTP like everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from purring.domain.attempt import Unavailable, Unknown
from purring.domain.errors import GatewayGarbled, GatewayRefused, GatewayTimeout, GatewayUnavailable
from purring.domain.money import Money
from purring.gateways.http import HttpClient, Reply, Sent
from purring.gateways.sandbox.events import Forgery
from purring.gateways.sandbox.ledger import stamp
from purring.gateways.sandbox.script import Final, ScriptedAnswer, answer_text
from purring.gateways.sandbox.settings import OutageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxToken:
    """A token and what may be known of the card or account behind it. The expiry is None for an account."""

    token: str
    kind: str
    network: str
    last4: str
    fingerprint: str
    exp_month: int | None
    exp_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxDelivery:
    """One event as it would be posted to us."""

    position: int
    headers: Mapping[str, str]
    body: bytes


class SandboxRemote:
    """Every method raises GatewayUnavailable, GatewayTimeout or GatewayRefused if it didn't work."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def make_token(self, test: str, *, expiry: tuple[int, int] | None = None, source: str = "pan") -> SandboxToken:
        """A token for a test name such as `visa-42`; `expiry` is month and year."""
        return self._token({"test": test, "source": source}, expiry)

    def make_token_for_number(self, number: str, *, expiry: tuple[int, int] | None = None) -> SandboxToken:
        """A token for a test number, as the card field would make it."""
        return self._token({"number": number}, expiry)

    def script(self, token: str, answers: Iterable[ScriptedAnswer], *, afterwards: Final | None = None) -> None:
        """The answers to come for a token; an exhausted script repeats its last one unless told what to say."""
        texts = [answer_text(answer) for answer in answers]
        last = "" if afterwards is None else answer_text(afterwards)
        self._post("/sandbox/scripts", {"token": token, "answers": texts, "afterwards": last})

    def script_many(self, scripts: Mapping[str, tuple[Iterable[str], str]]) -> None:
        """For each token the answers to come, in words, and what it says afterwards, or "" to repeat the last one.

        Send a few dozen at a time: a request has at most 64 KiB.
        """
        items = [
            {"token": token, "answers": list(answers), "afterwards": afterwards}
            for token, (answers, afterwards) in scripts.items()
        ]
        self._post("/sandbox/scripts/many", {"scripts": items})

    def hide(self, key: str, times: int) -> None:
        """Make `find` not know a key so many times."""
        self._post("/sandbox/find", {"key": key, "times": times})

    def set_clock(self, now: datetime) -> None:
        """Move a virtual clock; what falls due by then settles."""
        self._post("/sandbox/clock", {"now": stamp(now)})

    def outage(self, kind: OutageKind, *, until: datetime | None = None) -> None:
        """Let everything but the switches fail."""
        self._post("/sandbox/outage", {"kind": kind, "until": "" if until is None else stamp(until)})

    def end_outage(self) -> None:
        """Let everything work again."""
        self._post("/sandbox/outage", {"kind": ""})

    def rate_limit(self, times: int, *, retry_after_s: int = 30) -> None:
        """Answer 429 to the next requests."""
        self._post("/sandbox/rate-limit", {"times": times, "retry_after_s": retry_after_s})

    def confirm(self, key: str, *, succeed: bool) -> None:
        """The customer confirms the charge with their bank, or fails to."""
        self._post(f"/v1/charges/{key}/confirm", {"succeed": succeed})

    def open_chargeback(self, key: str, *, amount: Money | None = None, reason: str = "fraudulent") -> None:
        """The customer's bank takes the money back."""
        part = {} if amount is None else {"amount_minor": amount.minor}
        self._post("/sandbox/chargebacks", {"key": key, "reason": reason, **part})

    def end_chargeback(self, key: str, *, won: bool) -> None:
        """Decide the dispute."""
        self._post(f"/sandbox/chargebacks/{key}/{'won' if won else 'lost'}", {})

    def plan_events(self, *, held: bool = False, delay_s: int = 0, copies: int = 1) -> None:
        """How events come from now on: held until released, late, several times; with 0 copies they are lost."""
        self._post("/sandbox/events/plan", {"held": held, "delay_s": delay_s, "copies": copies})

    def release_events(self, *, in_reverse: bool = False) -> None:
        """Send what was held, and hold no longer."""
        self._post("/sandbox/events/release", {"order": "reversed" if in_reverse else "created"})

    def send_again(self, key: str, *, delay_s: int = 0, copies: int = 1, forgery: Forgery | None = None) -> None:
        """The last event of a key once more, late or forged if wanted."""
        wrong = "" if forgery is None else forgery.value
        self._post("/sandbox/events/again", {"key": key, "delay_s": delay_s, "copies": copies, "forgery": wrong})

    def deliveries(self, after: int = 0) -> list[SandboxDelivery]:
        """What was sent after a position, signed as of now; at most 500 at a time."""
        page = _reply(self._client.get("/v1/events", {"after": str(after)}))
        items = page["deliveries"]
        if not isinstance(items, list):
            raise GatewayGarbled("The sandbox sent no list of deliveries.")
        return [
            SandboxDelivery(position=item["position"], headers=item["headers"], body=item["body"].encode())
            for item in items
        ]

    def _token(self, wanted: dict[str, object], expiry: tuple[int, int] | None) -> SandboxToken:
        if expiry is not None:
            wanted |= {"exp_month": expiry[0], "exp_year": expiry[1]}
        made = self._post("/v1/tokens", wanted)
        month, year = made["exp_month"], made["exp_year"]
        return SandboxToken(
            token=str(made["token"]),
            kind=str(made["kind"]),
            network=str(made["network"]),
            last4=str(made["last4"]),
            fingerprint=str(made["fingerprint"]),
            exp_month=month if isinstance(month, int) else None,
            exp_year=year if isinstance(year, int) else None,
        )

    def _post(self, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
        return _reply(self._client.post(path, body))


def _reply(sent: Sent) -> Mapping[str, object]:
    match sent:
        case Unavailable(detail=detail):
            raise GatewayUnavailable(f"The sandbox did nothing: {detail}.")
        case Unknown(detail=detail):
            raise GatewayTimeout(f"The sandbox gave no answer: {detail}.")
        case Reply(status=status, body=body) if status >= 400:  # noqa: PLR2004 -- RFC 9110 §15: refusals start here
            raise GatewayRefused(f"The sandbox refused: {body.get('error')}.")
        case Reply(body=body):
            return body
        case _:
            assert_never(sent)
