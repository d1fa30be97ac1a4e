"""A simulated customer."""

from __future__ import annotations

from dataclasses import dataclass, field

from purring.domain.ids import CustomerId, MerchantId, SubscriptionId
from purring.domain.payment_method import PaymentMethod


@dataclass(slots=True, kw_only=True)
class Buyer:
    """A customer with what they pay with and what they bought."""

    merchant_id: MerchantId
    customer_id: CustomerId
    methods: list[PaymentMethod] = field(default_factory=list)
    subscriptions: list[SubscriptionId] = field(default_factory=list)
