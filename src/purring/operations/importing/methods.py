"""Payment methods, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from purring.domain.customer import Customer
from purring.domain.decide import arrangement
from purring.domain.errors import InvalidInput
from purring.domain.ids import CustomerId, MerchantId, MethodId
from purring.domain.merchant import Merchant
from purring.domain.payment_method import PaymentMethod
from purring.domain.test_clock import own_card
from purring.operations.importing.rows import Added, Bad, Missing, NewMethod, Result, There
from purring.operations.methods import require_same_mode
from purring.operations.services import Services
from purring.store import Connection, customers, methods
from purring.store.changes import save_many

ByToken = dict[tuple[CustomerId, str], PaymentMethod]


def methods_by_token(conn: Connection, merchant_id: MerchantId, owners: Mapping[str, Customer]) -> ByToken:
    """The methods of some customers, under customer and token; a removed one only where none took its place."""
    held = methods.of_customers(conn, [(merchant_id, owner.id) for owner in owners.values()])
    removed_first = sorted((one for own in held.values() for one in own), key=lambda one: one.is_active)
    return {(one.customer_id, one.token): one for one in removed_first}


def usable_methods(conn: Connection, merchant_id: MerchantId, owners: Mapping[str, Customer]) -> ByToken:
    """The methods of some customers that weren't removed, under customer and token."""
    return {key: one for key, one in methods_by_token(conn, merchant_id, owners).items() if one.is_active}


def add_methods(conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewMethod]) -> list[Result]:
    """Take payment methods in, each known by customer and token; they are tied to nothing.

    One that the customer has removed since stays removed.
    """
    owners = customers.by_external_id(conn, merchant.id, [new.customer for new in some])
    known = methods_by_token(conn, merchant.id, owners)
    made: list[PaymentMethod] = []
    results: list[Result] = []
    for new in some:
        result = _result(services, merchant, owners, known, new)
        results.append(result)
        if isinstance(result, Added):
            method = _method(services, merchant, owners[new.customer], new)
            known[method.customer_id, method.token] = method
            made.append(method)
    save_many(conn, [(merchant.id, arrangement.added(method)) for method in made], services.ids, services.clock.now())
    return results


def _result(
    services: Services, merchant: Merchant, owners: Mapping[str, Customer], known: ByToken, new: NewMethod
) -> Result:
    owner = owners.get(new.customer)
    if owner is None:
        return Missing("customer", new.customer)
    try:
        require_same_mode(services, merchant, new.gateway)
    except InvalidInput as error:
        return Bad("gateway", error.message)
    same = known.get((owner.id, new.token))
    if same is None:
        return Added()
    if (same.gateway, same.kind, same.scheme, same.last4) == (new.gateway, new.kind, new.scheme, new.last4):
        return There()
    return Bad("token", "it stands for another card or account already; send the token that belongs to this one.")


def _method(services: Services, merchant: Merchant, owner: Customer, new: NewMethod) -> PaymentMethod:
    month, year = new.expiry or (None, None)
    return PaymentMethod(
        id=MethodId(services.ids.new("pm_")),
        customer_id=owner.id,
        kind=new.kind,
        gateway=new.gateway,
        token=new.token,
        fingerprint=own_card(new.fingerprint or f"{new.gateway}:{new.token}", owner.test_clock_id),
        scheme=new.scheme,
        last4=new.last4,
        created_at=services.clock.now(),
        exp_month=month,
        exp_year=year,
        holder_name=new.holder_name,
        billing_address=new.billing_address,
        phone=new.phone,
        backup_consent_at=new.backup_consent_at,
        is_live=merchant.is_live,
    )
