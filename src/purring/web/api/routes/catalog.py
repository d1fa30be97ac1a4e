"""Products and prices."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from purring.domain.calendar import IntervalUnit
from purring.domain.catalog import COUNT_MAX, TRIAL_DAYS_MAX, Interval, Product
from purring.domain.ids import ProductId
from purring.operations import catalog
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    PageOut,
    done,
    page,
    require_version,
    shown,
)
from purring.web.api.caller import Call, may
from purring.web.api.parties import PriceOut, ProductOut, price_out, product_out
from purring.web.api.types import WHOLE, In, MoneyIn, Name, PriceKey, ProductKey, Word

router = APIRouter(tags=["Catalog"])
Reads = Annotated[Call, may(Scope.CATALOG_READ)]
Writes = Annotated[Call, may(Scope.CATALOG_WRITE)]


class ProductIn(In):
    """A product to be sold under this name, which stands on invoices."""

    name: Name


class IntervalIn(In):
    """How often is billed: every `count` units."""

    unit: Word[IntervalUnit]
    count: Annotated[int, Field(ge=1, le=COUNT_MAX), WHOLE]


class PriceIn(In):
    """What one unit costs per interval. It can't be changed later; add another one instead."""

    product_id: ProductKey
    unit_amount: MoneyIn
    interval: IntervalIn
    trial_days: Annotated[int, Field(ge=0, le=TRIAL_DAYS_MAX), WHOLE] = 0


@router.get("/products", response_model=PageOut[ProductOut])
def list_products(call: Reads, limit: Limit = LIMIT, cursor: Cursor = None) -> Response:
    """List products, newest first."""
    asked = Asked(what=Listed.PRODUCT, limit=limit, cursor=cursor, where={})
    return page(call, asked, lambda nouns: [product_out(one) for one in nouns])


@router.post("/products", response_model=ProductOut, status_code=201)
def create_product(call: Writes, body: ProductIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Add a product."""
    return done(
        call,
        idempotency_key,
        lambda services: product_out(catalog.create_product(services, call.merchant_id, body.name)),
        201,
    )


@router.get("/products/{product_id}", response_model=ProductOut)
def get_product(call: Reads, product_id: ProductKey) -> Response:
    """Read a product."""
    value = one_of(call.services, Listed.PRODUCT, call.merchant_id, product_id)
    return shown(product_out(value), value.version)


@router.patch("/products/{product_id}", response_model=ProductOut)
def rename_product(call: Writes, product_id: ProductKey, body: ProductIn, if_match: IfMatch = None) -> Response:
    """Call a product something else, on invoices from now on."""

    def check(before: Product) -> None:
        require_version(if_match, before.version)

    return done(
        call,
        None,
        lambda services: product_out(
            catalog.rename_product(services, call.merchant_id, ProductId(product_id), body.name, check)
        ),
    )


@router.get("/prices", response_model=PageOut[PriceOut])
def list_prices(
    call: Reads, product_id: ProductKey | None = None, limit: Limit = LIMIT, cursor: Cursor = None
) -> Response:
    """List prices, newest first."""
    asked = Asked(what=Listed.PRICE, limit=limit, cursor=cursor, where={"product_id": product_id})
    return page(call, asked, lambda nouns: [price_out(one) for one in nouns])


@router.post("/prices", response_model=PriceOut, status_code=201)
def create_price(call: Writes, body: PriceIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Add a price to a product."""
    return done(
        call,
        idempotency_key,
        lambda services: price_out(
            catalog.add_price(
                services,
                call.merchant_id,
                ProductId(body.product_id),
                unit_amount=body.unit_amount.money(),
                interval=Interval(unit=body.interval.unit, count=body.interval.count),
                trial_days=body.trial_days,
            )
        ),
        201,
    )


@router.get("/prices/{price_id}", response_model=PriceOut)
def get_price(call: Reads, price_id: PriceKey) -> Response:
    """Read a price."""
    value = one_of(call.services, Listed.PRICE, call.merchant_id, price_id)
    return shown(price_out(value), value.version)
