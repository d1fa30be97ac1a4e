"""The merchant whose key it is: settings, and the policy in its versions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from purring.domain.merchant import Merchant
from purring.domain.policy import Policy
from purring.domain.rulebook.ceilings import Ceiling
from purring.operations import merchants
from purring.operations.api_keys import Scope
from purring.operations.policy_document import document
from purring.operations.services import Services
from purring.web.api.answers import IdempotencyKey, IfMatch, done, require_version, shown
from purring.web.api.caller import Call, may
from purring.web.api.parties import MerchantOut, merchant_out
from purring.web.api.types import WHOLE, Email, In, Locale, Name, Out, Timezone

router = APIRouter(tags=["Merchant"])
Reads = Annotated[Call, may(Scope.SETTINGS_READ)]
Writes = Annotated[Call, may(Scope.SETTINGS_WRITE)]
VERSION_MAX = 2**31 - 1
LimitId = Annotated[str, Field(pattern="^[a-z0-9-]{1,60}$", description="As in the reference of the rulebook.")]
AttemptsMax = Annotated[int, Field(ge=0, le=10_000), WHOLE]


class MerchantChange(In):
    """The fields to change; all others stay."""

    name: Name | None = None
    timezone: Timezone | None = None
    locale: Locale | None = None
    support_email: Email | None = None


class OwnLimit(In):
    """A number of your own for one of the networks' limits, at most as large as the limit's; null: none any more."""

    limit_id: LimitId
    attempts_max: AttemptsMax | None


class Override(In):
    """A larger number than our own default, with who decided so and why; that stands in the record for good."""

    limit_id: LimitId
    attempts_max: AttemptsMax
    reason: Name
    by: Name


class PolicyOut(Out):
    """One version of the recovery policy: see the settings' names in the documentation of policies."""

    version: int
    policy: dict[str, Any]


def policy_out(value: Policy) -> PolicyOut:
    """A policy as it goes out."""
    said = document(value)
    said.pop("version")
    return PolicyOut(version=value.version, policy=said)


@router.get("/merchant", response_model=MerchantOut)
def get_merchant(call: Reads) -> Response:
    """Read the merchant that the key belongs to."""
    value = merchants.merchant_of(call.services, call.merchant_id)
    return shown(merchant_out(value), value.version)


@router.patch("/merchant", response_model=MerchantOut)
def change_merchant(call: Writes, body: MerchantChange, if_match: IfMatch = None) -> Response:
    """Change the merchant's name, time zone, language or support address."""
    fields = body.model_dump(exclude_none=True)

    def check(before: Merchant) -> None:
        require_version(if_match, before.version)

    return done(
        call,
        None,
        lambda services: merchant_out(merchants.change_merchant(services, call.merchant_id, check, **fields)),
    )


@router.get("/merchant/policy", response_model=PolicyOut)
def get_policy(call: Reads) -> Response:
    """Read the newest policy; recoveries that are open keep the version that they began with."""
    value = merchants.merchant_of(call.services, call.merchant_id).policy
    return shown(policy_out(value), value.version)


@router.get("/merchant/policy/{version}", response_model=PolicyOut)
def get_policy_version(call: Reads, version: Annotated[int, Path(ge=1, le=VERSION_MAX)]) -> Response:
    """Read one version of the policy."""
    return shown(policy_out(merchants.policy_version(call.services, call.merchant_id, version)), version)


@router.patch("/merchant/policy", response_model=PolicyOut)
def change_policy(call: Writes, body: dict[str, Any], if_match: IfMatch = None) -> Response:
    """Change the fields that are named, as the next version; ceilings have commands of their own."""

    def act(services: Services) -> PolicyOut:
        before = merchants.merchant_of(services, call.merchant_id)
        require_version(if_match, before.policy.version)
        return policy_out(merchants.change_policy_by(services, call.merchant_id, body).policy)

    return done(call, None, act)


@router.post("/merchant/set_limit", response_model=PolicyOut)
def set_limit(call: Writes, body: OwnLimit, idempotency_key: IdempotencyKey = None) -> Response:
    """Give yourself a stricter number for a limit, as the next version of the policy."""

    def act(services: Services) -> PolicyOut:
        changed = merchants.set_ceiling(services, call.merchant_id, body.limit_id, body.attempts_max)
        return policy_out(changed.policy)

    return done(call, idempotency_key, act)


@router.post("/merchant/override_limit", response_model=PolicyOut)
def override_limit(call: Writes, body: Override, idempotency_key: IdempotencyKey = None) -> Response:
    """Give yourself a larger number than our own default; a network's own limit can't be exceeded."""

    def act(services: Services) -> PolicyOut:
        ceiling = Ceiling(limit_id=body.limit_id, attempts_max=body.attempts_max)
        changed = merchants.override_ceiling(services, call.merchant_id, ceiling, reason=body.reason, by=body.by)
        return policy_out(changed.policy)

    return done(call, idempotency_key, act)
