"""Products and prices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from purring.domain.catalog import Interval, Price, Product
from purring.domain.ids import MerchantId
from purring.domain.money import Money
from purring.store import bulk
from purring.store.recall import Query
from purring.store.schema import price, product

PRODUCT = bulk.Shape(product)
PRICE = bulk.Shape(
    price,
    {
        "unit_amount_minor": "unit_amount.minor",
        "currency": "unit_amount.currency",
        "interval_unit": "interval.unit",
        "interval_count": "interval.count",
    },
)


def create_products(conn: Connection, products: Sequence[Product]) -> None:
    """Add products."""
    PRODUCT.insert(conn, [(value.merchant_id, value) for value in products])


def create_prices(conn: Connection, prices: Sequence[Price]) -> None:
    """Add prices of products that are there."""
    PRICE.insert(conn, [(value.merchant_id, value) for value in prices])


def change_product(conn: Connection, value: Product) -> None:
    """Replace a product's name, as long as nobody changed it since it was read.

    Raises StaleWrite.
    """
    PRODUCT.update(conn, [(value.merchant_id, value)])


def products_of(conn: Connection, merchant_id: MerchantId) -> list[Product]:
    """List a merchant's products, oldest first."""
    statement = select(product).where(product.c.merchant_id == merchant_id).order_by(product.c.id)
    return [
        Product(id=row.id, merchant_id=row.merchant_id, name=row.name, version=row.version)
        for row in conn.execute(statement)
    ]


def prices_of(conn: Connection, merchant_id: MerchantId) -> list[Price]:
    """List a merchant's prices, oldest first."""
    statement = select(price).where(price.c.merchant_id == merchant_id).order_by(price.c.id)
    return [price_from_row(row) for row in conn.execute(statement)]


def load_products(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Product]:
    """Load products."""
    return {
        (row.merchant_id, row.id): Product(id=row.id, merchant_id=row.merchant_id, name=row.name, version=row.version)
        for row in bulk.matching(conn, product, set(keys))
    }


def load_prices(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Price]:
    """Load prices."""
    return _PRICES.one_each(conn, set(keys))


def price_from_row(row: Any) -> Price:  # noqa: ANN401 - a row
    """Make a price of its row."""
    return Price(
        id=row.id,
        merchant_id=row.merchant_id,
        product_id=row.product_id,
        unit_amount=Money(row.unit_amount_minor, row.currency),
        interval=Interval(unit=row.interval_unit, count=row.interval_count),
        trial_days=row.trial_days,
        version=row.version,
    )


_PRICES = Query(lambda dialect: bulk.select_matching(dialect, price), price_from_row, by="id")
