"""Merchants and their policies."""

from __future__ import annotations

from dataclasses import replace

from purring.domain.calendar import zone
from purring.domain.ids import MerchantId
from purring.domain.merchant import Merchant
from purring.domain.policies import policy_named
from purring.domain.policy import Policy
from purring.i18n.locales import check_locale
from purring.operations.services import Services
from purring.store import merchants


def create_merchant(
    services: Services,
    *,
    name: str,
    timezone: str,
    locale: str = "en",
    support_email: str = "",
    policy: Policy | None = None,
) -> Merchant:
    """Add a merchant with the first version of its policy."""
    zone(timezone)
    policy = replace(policy or Policy(), version=1)
    policy_named(policy.retry)
    merchant = Merchant(
        id=MerchantId(services.ids.new("mer_")),
        name=name,
        timezone=timezone,
        locale=check_locale(locale),
        support_email=support_email,
        policy=policy,
    )
    with services.store.transaction() as conn:
        merchants.create(conn, merchant, services.clock.now())
    return merchant


def change_policy(services: Services, merchant_id: MerchantId, policy: Policy) -> Merchant:
    """Give the merchant a new policy version; recoveries that are open keep theirs."""
    policy_named(policy.retry)
    with services.store.transaction() as conn:
        merchant = merchants.get(conn, merchant_id)
        newer = replace(policy, version=merchant.policy.version + 1)
        return merchants.set_policy(conn, merchant, newer, services.clock.now())
