"""Subscriptions: what is sold to whom, and which method pays."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from purring.domain.calendar import local_date, zone
from purring.domain.catalog import QUANTITY_MAX, TRIAL_DAYS_MAX
from purring.domain.ids import CustomerId, MethodId, PriceId, SubscriptionId
from purring.domain.money import Money
from purring.domain.subscription import SubscriptionStatus
from purring.operations import methods, reprice, subscriptions
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of, some_of
from purring.operations.merchants import merchant_of
from purring.operations.services import Services
from purring.operations.test_clocks import in_its_time
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    Expand,
    IdempotencyKey,
    Limit,
    PageOut,
    done,
    page,
    shown,
)
from purring.web.api.billing import InvoiceOut, SubscriptionOut, invoice_out, subscription_out
from purring.web.api.caller import Call, may
from purring.web.api.types import (
    WHOLE,
    CustomerKey,
    Day,
    In,
    Instant,
    MethodKey,
    MoneyOut,
    Name,
    Nothing,
    Out,
    PriceKey,
    SubscriptionKey,
    Word,
    maybe,
    money_out,
)

router = APIRouter(tags=["Subscriptions"])
Reads = Annotated[Call, may(Scope.SUBSCRIPTIONS_READ)]
Writes = Annotated[Call, may(Scope.SUBSCRIPTIONS_WRITE)]
Expands = Literal["customer", "payment_method"]
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX), WHOLE]


class When(StrEnum):
    """When something takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"


class SubscriptionIn(In):
    """What is to be sold, to whom, and which method pays. `start_on` is a day of the merchant's; today without one."""

    customer_id: CustomerKey
    price_id: PriceKey
    quantity: Quantity = 1
    start_on: Day | None = None
    trial_days: Annotated[int, Field(ge=0, le=TRIAL_DAYS_MAX), WHOLE] | None = None
    payment_method_id: MethodKey | None = None
    backup_method_id: MethodKey | None = None
    external_id: Name | None = None


class Tie(In):
    """The method that is to pay."""

    payment_method_id: MethodKey


class Backup(In):
    """The method that steps in when the tied one fails, as the customer agreed; null: none any more."""

    payment_method_id: MethodKey | None


class QuantityChange(In):
    """How many are sold from the next period on."""

    quantity: Quantity


class Change(In):
    """What is to be sold instead: another price, another quantity, or both; what isn't named stays.

    `now`: the rest of the running period is settled by whole days, by an invoice or a credit. `period_end`: it costs
    nothing before the next period.
    """

    when: Word[When]
    price_id: PriceKey | None = None
    quantity: Quantity | None = None


class Terms(In):
    """What would be sold from today on."""

    price_id: PriceKey | None = None
    quantity: Quantity | None = None


class ChangedOut(Out):
    """The subscription as it is then, and the invoice over the difference where there is more to pay."""

    subscription: SubscriptionOut
    invoice: InvoiceOut | None


class DifferenceOut(Out):
    """What a change now costs. `to_pay`: what is fresh less what is unused; below zero it becomes a credit."""

    fresh: MoneyOut
    unused: MoneyOut
    to_pay: MoneyOut


class SubscriptionPause(In):
    """Until when no period begins; null: until somebody resumes."""

    until: Instant | None = None


class Cancellation(In):
    """Whether the running period is the last one, or the subscription ends at once."""

    when: Word[When]


@router.get("/subscriptions", response_model=PageOut[SubscriptionOut])
def list_subscriptions(
    *,
    call: Reads,
    customer_id: CustomerKey | None = None,
    status: SubscriptionStatus | None = None,
    expand: Expand[Expands] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List subscriptions, newest first."""
    whole = frozenset[str](expand or ())
    where = {"customer_id": customer_id, "status": status}
    asked = Asked(what=Listed.SUBSCRIPTION, limit=limit, cursor=cursor, where=where)
    return page(call, asked, lambda nouns: _made(call.services, call, whole, nouns))


@router.post("/subscriptions", response_model=SubscriptionOut, status_code=201)
def create_subscription(call: Writes, body: SubscriptionIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Start a subscription; its first invoice is issued when its first period begins."""

    def act(services: Services) -> SubscriptionOut:
        price = one_of(services, Listed.PRICE, call.merchant_id, body.price_id)
        new = subscriptions.NewSubscription(
            customer_id=CustomerId(body.customer_id),
            price=price,
            start_on=body.start_on or _today(in_its_time(services, call.merchant_id, body.customer_id), call),
            quantity=body.quantity,
            trial_days=price.trial_days if body.trial_days is None else body.trial_days,
            method_id=MethodId(body.payment_method_id) if body.payment_method_id else None,
            backup_method_id=MethodId(body.backup_method_id) if body.backup_method_id else None,
            external_id=body.external_id,
        )
        return subscription_out(subscriptions.create_subscription(services, call.merchant_id, new))

    return done(call, idempotency_key, act, 201)


@router.get("/subscriptions/{subscription_id}", response_model=SubscriptionOut)
def get_subscription(call: Reads, subscription_id: SubscriptionKey, expand: Expand[Expands] = None) -> Response:
    """Read a subscription."""
    whole = frozenset[str](expand or ())
    value = one_of(call.services, Listed.SUBSCRIPTION, call.merchant_id, subscription_id)
    return shown(_made(call.services, call, whole, [value])[0], value.version)


@router.post("/subscriptions/{subscription_id}/tie", response_model=SubscriptionOut)
def tie_method(
    call: Writes, subscription_id: SubscriptionKey, body: Tie, idempotency_key: IdempotencyKey = None
) -> Response:
    """Let a method pay this subscription, and this one only; its open invoices are planned anew at once."""

    def act(services: Services) -> SubscriptionOut:
        methods.tie_method(
            services, call.merchant_id, SubscriptionId(subscription_id), MethodId(body.payment_method_id)
        )
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/backup", response_model=SubscriptionOut)
def set_backup(
    call: Writes, subscription_id: SubscriptionKey, body: Backup, idempotency_key: IdempotencyKey = None
) -> Response:
    """Let a method step in when the tied one fails; asking for it is the customer's consent."""

    def act(services: Services) -> SubscriptionOut:
        key = SubscriptionId(subscription_id)
        if body.payment_method_id is None:
            methods.drop_backup(services, call.merchant_id, key)
        else:
            methods.set_backup(services, call.merchant_id, key, MethodId(body.payment_method_id))
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/change_quantity", response_model=SubscriptionOut)
def change_quantity(
    call: Writes, subscription_id: SubscriptionKey, body: QuantityChange, idempotency_key: IdempotencyKey = None
) -> Response:
    """Sell another quantity from the next period on."""

    def act(services: Services) -> SubscriptionOut:
        subscriptions.change_quantity(services, call.merchant_id, SubscriptionId(subscription_id), body.quantity)
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/change", response_model=ChangedOut)
def change_subscription(
    call: Writes, subscription_id: SubscriptionKey, body: Change, idempotency_key: IdempotencyKey = None
) -> Response:
    """Sell another price or quantity, now or from the next period on."""

    def act(services: Services) -> ChangedOut:
        key, terms, invoice = SubscriptionId(subscription_id), _terms(body), None
        if body.when is When.NOW:
            invoice = reprice.change_now(services, call.merchant_id, key, terms)
        else:
            reprice.change_later(services, call.merchant_id, key, terms)
        return ChangedOut(subscription=_now(services, call, subscription_id), invoice=maybe(invoice_out, invoice))

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/preview_change", response_model=DifferenceOut)
def preview_change(
    call: Writes, subscription_id: SubscriptionKey, body: Terms, idempotency_key: IdempotencyKey = None
) -> Response:
    """Tell what a change now would cost at this moment, and change nothing."""

    def act(services: Services) -> DifferenceOut:
        found = reprice.preview(services, call.merchant_id, SubscriptionId(subscription_id), _terms(body))
        zero = money_out(Money.zero(_now(services, call, subscription_id).amount.currency))
        if found is None:
            return DifferenceOut(fresh=zero, unused=zero, to_pay=zero)
        return DifferenceOut(
            fresh=money_out(found.fresh), unused=money_out(found.unused), to_pay=money_out(found.to_pay)
        )

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/pause", response_model=SubscriptionOut)
def pause_subscription(
    call: Writes, subscription_id: SubscriptionKey, body: SubscriptionPause, idempotency_key: IdempotencyKey = None
) -> Response:
    """Begin no period any more. What is paid for runs on to its end, and open invoices are collected as before."""

    def act(services: Services) -> SubscriptionOut:
        reprice.pause(services, call.merchant_id, SubscriptionId(subscription_id), body.until)
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/resume", response_model=SubscriptionOut)
def resume_subscription(
    call: Writes, subscription_id: SubscriptionKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Go on with the next period; where that has passed, one begins today. What was missed isn't billed."""
    del body

    def act(services: Services) -> SubscriptionOut:
        reprice.resume(services, call.merchant_id, SubscriptionId(subscription_id))
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


@router.post("/subscriptions/{subscription_id}/cancel", response_model=SubscriptionOut)
def cancel(
    call: Writes, subscription_id: SubscriptionKey, body: Cancellation, idempotency_key: IdempotencyKey = None
) -> Response:
    """End a subscription, at once or with its running period. Ended at once, its invoices aren't charged any more."""

    def act(services: Services) -> SubscriptionOut:
        verb = subscriptions.cancel_now if body.when is When.NOW else subscriptions.cancel_at_period_end
        verb(services, call.merchant_id, SubscriptionId(subscription_id))
        return _now(services, call, subscription_id)

    return done(call, idempotency_key, act)


def _terms(body: Change | Terms) -> reprice.NewTerms:
    return reprice.NewTerms(price_id=PriceId(body.price_id) if body.price_id else None, quantity=body.quantity)


def _today(services: Services, call: Call) -> Any:  # noqa: ANN401 - a day
    return local_date(services.clock.now(), zone(merchant_of(services, call.merchant_id).timezone))


def _now(services: Services, call: Call, subscription_id: str) -> SubscriptionOut:
    return subscription_out(one_of(services, Listed.SUBSCRIPTION, call.merchant_id, subscription_id))


def _made(services: Services, call: Call, whole: frozenset[str], nouns: Sequence[Any]) -> list[SubscriptionOut]:
    owner_ids = [one.customer_id for one in nouns] if "customer" in whole else []
    method_ids = [one.method_id for one in nouns if one.method_id] if "payment_method" in whole else []
    owners = some_of(services, Listed.CUSTOMER, call.merchant_id, owner_ids)
    paying = some_of(services, Listed.METHOD, call.merchant_id, method_ids)
    return [subscription_out(one, owners.get(one.customer_id), paying.get(one.method_id)) for one in nouns]
