"""Merchants and their policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from purring.domain.calendar import local_date, zone
from purring.domain.errors import InvalidInput, NotFound, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MerchantId
from purring.domain.merchant import Merchant
from purring.domain.norway.charges import missing_row
from purring.domain.policies import policy_named
from purring.domain.policy import Policy
from purring.domain.rulebook.ceilings import Ceiling, Override, check_ceilings
from purring.i18n.locales import check_locale
from purring.notices.message import is_address
from purring.operations.policy_document import changed
from purring.operations.services import Services
from purring.store import Connection, events, merchants, policies


def create_merchant(
    services: Services,
    *,
    name: str,
    timezone: str,
    locale: str = "en",
    support_email: str = "",
    policy: Policy | None = None,
    is_live: bool = False,
) -> Merchant:
    """Add a merchant with the first version of its policy."""
    now = services.clock.now()
    zone(timezone)
    policy = replace(policy or Policy(), version=1)
    _check(policy, now)
    _check_terms(policy, Policy(), local_date(now, zone(timezone)))
    merchant = Merchant(
        id=MerchantId(services.ids.new("mer_")),
        name=name,
        timezone=timezone,
        locale=check_locale(locale),
        support_email=support_email,
        policy=policy,
        is_live=is_live,
    )
    with services.store.transaction() as conn:
        merchants.create(conn, merchant, now)
        events.append(conn, ((merchant.id, one) for one in _overridden(merchant, Policy(), now)), services.ids)
    return merchant


def sellers(services: Services) -> list[Merchant]:
    """Every merchant of this installation, oldest first."""
    with services.store.reading() as conn:
        return merchants.all_of(conn)


def merchant_of(services: Services, merchant_id: MerchantId) -> Merchant:
    """A merchant with its newest policy. Raises NotFound."""
    with services.store.reading() as conn:
        return merchants.get(conn, merchant_id)


def policy_version(services: Services, merchant_id: MerchantId, version: int) -> Policy:
    """One version of a merchant's policy. Raises NotFound."""
    with services.store.reading() as conn:
        found = policies.load(conn, [(merchant_id, version)])
    if not found:
        raise NotFound(f"There is no version {version} of the policy.", field="version")
    return found[merchant_id, version]


def change_merchant(
    services: Services, merchant_id: MerchantId, check: Callable[[Merchant], None], **fields: Any
) -> Merchant:
    """Change a merchant's name, time zone, language or support address. `check` sees it before, and may refuse.

    Raises:
        NotFound: no such merchant.
        InvalidInput: a field can't be so.
    """
    _check_fields(fields)
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        before = merchants.get(conn, merchant_id)
        check(before)
        after = replace(before, **fields)
        if after != before:
            merchants.change(conn, after)
        return merchants.get(conn, merchant_id)


def _check_fields(fields: Mapping[str, Any]) -> None:
    if "timezone" in fields:
        zone(fields["timezone"])
    if "locale" in fields:
        check_locale(fields["locale"])
    if fields.get("support_email") and not is_address(fields["support_email"]):
        raise InvalidInput("The support address must be like help@example.com.", field="support_email")


def change_policy(services: Services, merchant_id: MerchantId, policy: Policy) -> Merchant:
    """Give the merchant a new policy version; recoveries that are open keep theirs, but for the merchant's ceilings.

    Raises:
        NotFound: no such merchant.
        InvalidInput: it can't be kept, or it is looser than a limit that isn't ours, or than ours without an override.
    """
    _check(policy, services.clock.now())
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        return _change(conn, services, merchants.get(conn, merchant_id), policy)


def change_policy_by(services: Services, merchant_id: MerchantId, new: object) -> Merchant:
    """Change the fields of the merchant's policy that a document names.

    Raises:
        StaleWrite: the document was made from an older version.
        Refused: it turns a Norwegian charge on for which no row is valid today.
        NotFound, InvalidInput: as `change_policy`, and where the document can't be read.
    """
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        merchant = merchants.get(conn, merchant_id)
        policy = changed(merchant.policy, new)
        if policy == merchant.policy:
            return merchant
        _check(policy, services.clock.now())
        return _change(conn, services, merchant, policy)


def set_ceiling(services: Services, merchant_id: MerchantId, limit_id: str, attempts_max: int | None) -> Merchant:
    """Give the merchant a number of its own for a limit, at most as large as the limit's; None takes it away again.

    An override of the same limit goes with the number that it allowed. Raises as `change_policy`.
    """
    return _with_ceiling(services, merchant_id, limit_id, attempts_max, None)


def override_ceiling(
    services: Services, merchant_id: MerchantId, ceiling: Ceiling, *, reason: str, by: str
) -> Merchant:
    """Give the merchant a larger number than our own default ceiling; `reason` and `by` stand in the audit.

    Raises as `change_policy`.
    """
    override = Override(limit_id=ceiling.limit_id, reason=reason, by=by, at=services.clock.now())
    return _with_ceiling(services, merchant_id, ceiling.limit_id, ceiling.attempts_max, override)


def _with_ceiling(
    services: Services, merchant_id: MerchantId, limit_id: str, attempts_max: int | None, override: Override | None
) -> Merchant:
    """One limit's number, and what allows it, in the place of those before."""
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        merchant = merchants.get(conn, merchant_id)
        policy = merchant.policy
        ceilings = [one for one in policy.ceilings if one.limit_id != limit_id]
        if attempts_max is not None:
            ceilings.append(Ceiling(limit_id=limit_id, attempts_max=attempts_max))
        overrides = [one for one in policy.overrides if one.limit_id != limit_id]
        newer = replace(
            policy, ceilings=tuple(ceilings), overrides=(*overrides, override) if override else tuple(overrides)
        )
        _check(newer, services.clock.now())
        return _change(conn, services, merchant, newer)


def _check(policy: Policy, now: datetime) -> None:
    policy_named(policy.retry)
    check_ceilings(policy.ceilings, policy.overrides, now.date())


def _check_terms(policy: Policy, before: Policy, today: date) -> None:
    """Refuse to turn a charge on that nobody could claim today; one that was on before stays, and claims nothing."""
    for charge in sorted(policy.dunning.charges - before.dunning.charges):
        missing = missing_row(charge, today)
        if missing:
            raise Refused(
                RefusalCode.CLAIM_NOT_ALLOWED,
                f"{charge} can't be turned on. {missing.text} Update Purring once the new rates are published, or "
                "leave it out.",
                field="dunning.charges",
            )


def _change(conn: Connection, services: Services, merchant: Merchant, policy: Policy) -> Merchant:
    """Write the next version down, with what is told of it."""
    now = services.clock.now()
    _check_terms(policy, merchant.policy, local_date(now, zone(merchant.timezone)))
    newer = merchants.set_policy(conn, merchant, policy, now)
    version = newer.policy.version
    said = EventDraft(kind=EventKind.POLICY_CHANGED, object_id=merchant.id, at=now, data={"version": version})
    told = [said, *_overridden(newer, merchant.policy, now)]
    events.append(conn, ((merchant.id, one) for one in told), services.ids)
    return newer


def _overridden(merchant: Merchant, before: Policy, now: datetime) -> Iterator[EventDraft]:
    """One event for each override, or larger number under one, that wasn't there before."""
    policy = merchant.policy
    numbers = {one.limit_id: one.attempts_max for one in policy.ceilings}
    for one in policy.overrides:
        if one in before.overrides and Ceiling(limit_id=one.limit_id, attempts_max=numbers[one.limit_id]) in (
            before.ceilings
        ):
            continue
        data = {**asdict(one), "at": one.at.isoformat(), "attempts_max": numbers[one.limit_id]}
        yield EventDraft(
            kind=EventKind.POLICY_LIMIT_OVERRIDDEN,
            object_id=merchant.id,
            at=now,
            data={**data, "version": policy.version},
        )
