"""What is sold: products and their prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from purring.domain.catalog import Interval, Price, Product
from purring.domain.errors import NotFound
from purring.domain.ids import MerchantId, PriceId, ProductId
from purring.domain.money import Money
from purring.operations.services import Services
from purring.store import Connection, catalog


def create_product(services: Services, merchant_id: MerchantId, name: str) -> Product:
    """Add a product. Raises InvalidInput where its name can't stand on an invoice."""
    product = Product(id=ProductId(services.ids.new("prod_")), merchant_id=merchant_id, name=name)
    with services.store.transaction() as conn:
        catalog.create_products(conn, [product])
    return product


def rename_product(
    services: Services, merchant_id: MerchantId, product_id: ProductId, name: str, check: Callable[[Product], None]
) -> Product:
    """Call a product something else, on invoices from now on. `check` sees it before, and may refuse.

    Raises NotFound, InvalidInput.
    """
    with services.store.transaction() as conn:
        before = _product(conn, merchant_id, product_id)
        check(before)
        if before.name != name:
            catalog.change_product(conn, replace(before, name=name))
        return _product(conn, merchant_id, product_id)


def add_price(
    services: Services,
    merchant_id: MerchantId,
    product_id: ProductId,
    *,
    unit_amount: Money,
    interval: Interval,
    trial_days: int = 0,
) -> Price:
    """Add a price to a product. A price never changes, since subscriptions were sold at it.

    Raises:
        NotFound: the merchant has no such product.
        InvalidMoney, InvalidInterval: nobody can owe it.
    """
    price = Price(
        id=PriceId(services.ids.new("price_")),
        merchant_id=merchant_id,
        product_id=product_id,
        unit_amount=unit_amount,
        interval=interval,
        trial_days=trial_days,
    )
    with services.store.transaction() as conn:
        _product(conn, merchant_id, product_id)
        catalog.create_prices(conn, [price])
    return price


def _product(conn: Connection, merchant_id: MerchantId, product_id: ProductId) -> Product:
    found = catalog.load_products(conn, [(merchant_id, product_id)])
    if not found:
        raise NotFound(f"There is no product {product_id}.", field="product_id")
    return found[merchant_id, product_id]
