"""The sandbox's answers in our words. Anything that doesn't look as documented is `Unknown`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from purring.domain.attempt import ActionRequired, Approved, Declined, Outcome, Pending, Unavailable, Unknown
from purring.domain.decline import Answer
from purring.domain.errors import InvalidMoney
from purring.domain.money import Money
from purring.gateways.base import ChargePage, ListedCharge, TokenDetails
from purring.gateways.http import Reply, Sent
from purring.gateways.sandbox.script import SANDBOX

REFUSED_KEY = frozenset({401, 403})


def says_not_processed(reply: Reply) -> bool:
    """Whether a 503 states that nothing was done."""
    return error_code(reply) == "not_processed"


def error_code(reply: Reply) -> str:
    """The code of a refusal; "" if the answer is none."""
    error = reply.body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def outcome_of(sent: Sent, base_url: str) -> Outcome:
    """What an answer to a charge, a find or a cancellation says.

    A key used with another body says nothing about the charge that has it, so it is `Unknown` and gets asked about;
    every other refusal is a decline with the sandbox's own code, which no table lists: it stops and asks.
    """
    match sent:
        case Unavailable() | Unknown():
            return sent
        case Reply(status=status) if status in REFUSED_KEY:
            return Unavailable(detail=f"the gateway refuses our key ({status})")
        case Reply() if error_code(sent) == "idempotency_conflict":
            return Unknown(detail="the key was sent before with another body")
        case Reply() if error_code(sent):
            return Declined(answer=Answer(gateway=SANDBOX, network="", gateway_code=error_code(sent)))
        case Reply(body=body):
            return charge_outcome(body, base_url)
        case _:
            assert_never(sent)


def charge_outcome(charge: Mapping[str, object], base_url: str = "") -> Outcome:
    """What a charge, as the sandbox shows it, has come to; `base_url` is where the bank's page is."""
    try:
        return _read(charge, base_url)
    except (KeyError, TypeError, ValueError, InvalidMoney) as error:
        return Unknown(detail=f"the answer can't be read: {type(error).__name__}")


def charge_page(sent: Sent, base_url: str) -> ChargePage | Unknown | Unavailable:
    """What an answer to a request for a list of charges says; one that can't be read whole is `Unknown`."""
    if isinstance(sent, Unavailable | Unknown):
        return sent
    if sent.status in REFUSED_KEY:
        return Unavailable(detail=f"the gateway refuses our key ({sent.status})")
    try:
        return _page(sent.body, base_url)
    except (KeyError, TypeError, ValueError, InvalidMoney) as error:
        return Unknown(detail=f"the list can't be read: {type(error).__name__}")


def token_details(sent: Sent) -> TokenDetails | Unknown | Unavailable | None:
    """What an answer to a question about a token says; None if the sandbox never made it."""
    if isinstance(sent, Unavailable | Unknown):
        return sent
    if sent.status in REFUSED_KEY:
        return Unavailable(detail=f"the gateway refuses our key ({sent.status})")
    if error_code(sent):
        return None
    try:
        return TokenDetails(
            kind=_text(sent.body["kind"]),
            scheme=_text(sent.body["network"]),
            last4=_text(sent.body["last4"]),
            fingerprint=_text(sent.body["fingerprint"]),
            exp_month=_maybe_number(sent.body["exp_month"]),
            exp_year=_maybe_number(sent.body["exp_year"]),
        )
    except (KeyError, TypeError) as error:
        return Unknown(detail=f"the answer can't be read: {type(error).__name__}")


def _page(body: Mapping[str, object], base_url: str) -> ChargePage:
    listed = body["charges"]
    if not isinstance(listed, list):
        raise TypeError("charges")
    return ChargePage(charges=tuple(_listed(one, base_url) for one in listed), cursor=_maybe_text(body["cursor"]))


def _listed(charge: Mapping[str, object], base_url: str) -> ListedCharge:
    return ListedCharge(
        amount=money_in(charge, "amount_minor"),
        charged_at=_instant(charge["created_at"]),
        outcome=charge_outcome(charge, base_url),
        outcome_at=_instant(charge["updated_at"]),
        off_session=charge["off_session"] is not False,
        **{name: _text(charge[name]) for name in _LISTED},
    )


_LISTED = ("key", "token", "merchant_id", "invoice_id", "kind", "scheme", "last4", "fingerprint")


def _read(charge: Mapping[str, object], base_url: str) -> Outcome:
    status = charge["status"]
    if status == "unknown":
        return Unknown(detail="the gateway doesn't know yet")
    ref = _text(charge["id"])
    match status:
        case "approved":
            return Approved(gateway_ref=ref, captured=money_in(charge, "captured_minor"))
        case "declined":
            return Declined(answer=_answer(charge["decline"]), gateway_ref=ref)
        case "pending":
            return Pending(gateway_ref=ref, expected_at=_instant(charge["expected_at"]))
        case "action_required":
            url = base_url + _text(charge["confirm_path"])
            return ActionRequired(gateway_ref=ref, expires_at=_instant(charge["expires_at"]), url=url)
        case _:
            return Unknown(detail="the gateway gave a status that isn't documented")


def money_in(body: Mapping[str, object], name: str) -> Money:
    """The amount under `name` in the body's currency."""
    minor = body[name]
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise TypeError(name)
    return Money(minor, _text(body["currency"]))


def _answer(decline: object) -> Answer:
    if not isinstance(decline, dict):
        raise TypeError("decline")
    return Answer(
        gateway=_text(decline["gateway"]),
        network=_text(decline["network"]),
        raw_code=_maybe_text(decline["raw_code"]),
        advice_code=_maybe_text(decline["advice_code"]),
        gateway_code=_maybe_text(decline["gateway_code"]),
        message=_text(decline["message"]),
    )


def _instant(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _maybe_number(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError("not a number")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("not a string")
