"""Find things by what people call them: an id of ours, an invoice's number, or the merchant's own id."""

from __future__ import annotations

from purring.domain.errors import MissingField, NotFound
from purring.domain.ids import CustomerId, InvoiceId, MerchantId, RecoveryId
from purring.domain.merchant import Merchant
from purring.operations.services import Services
from purring.store import Connection, customers, invoices, merchants, recoveries


def all_merchants(services: Services) -> list[Merchant]:
    """All merchants, oldest first."""
    with services.store.reading() as conn:
        return merchants.all_of(conn)


def merchant_named(services: Services, name: str | None) -> Merchant:
    """The merchant with this id or name; without one, the only merchant there is.

    Raises NotFound, MissingField.
    """
    there_are = all_merchants(services)
    if not there_are:
        raise NotFound("There is no merchant yet; make one with `purring merchant create NAME`.", field="merchant")
    if name is None and len(there_are) > 1:
        names = ", ".join(f"{one.name} ({one.id})" for one in there_are)
        raise MissingField(f"There are several merchants; say which one with --merchant: {names}.", field="merchant")
    found = [one for one in there_are if name in {None, one.id, one.name}]
    if not found:
        raise NotFound(f"There is no merchant {name}; `purring merchant list` names those there are.", field="merchant")
    if len(found) > 1:
        raise MissingField(f"Several merchants are called {name}; say which one by its id.", field="merchant")
    return found[0]


def invoice_named(conn: Connection, merchant_id: MerchantId, name: str) -> InvoiceId:
    """The merchant's invoice with this id, number or external id.

    Raises NotFound.
    """
    if (merchant_id, name) in invoices.load(conn, [(merchant_id, name)]):
        return InvoiceId(name)
    for find in (invoices.by_number, invoices.by_external_id):
        found = find(conn, merchant_id, [name])
        if name in found:
            return found[name].id
    raise NotFound(f"There is no invoice {name}; give its id, its number or your own id of it.", field="invoice")


def recovery_named(conn: Connection, merchant_id: MerchantId, name: str) -> InvoiceId:
    """The invoice whose recovery has this id, or that is itself called so.

    Raises NotFound.
    """
    return recoveries.invoice_of(conn, merchant_id, RecoveryId(name)) or invoice_named(conn, merchant_id, name)


def customer_named(conn: Connection, merchant_id: MerchantId, name: str) -> CustomerId:
    """The merchant's customer with this id or external id.

    Raises NotFound.
    """
    if (merchant_id, name) in customers.load(conn, [(merchant_id, name)]):
        return CustomerId(name)
    found = customers.by_external_id(conn, merchant_id, [name])
    if name in found:
        return found[name].id
    raise NotFound(f"There is no customer {name}; give its id or your own id of it.", field="customer")
