"""A small shop that sells one plan: whoever has signed up gets in for as long as Purring says that it is paid.

    pip install ./clients/python fastapi uvicorn
    PURRING_URL=... PURRING_KEY=... PURRING_SECRET=... PRICE_ID=... uvicorn --app-dir examples/fastapi-shop shop:app

It keeps what it knows in memory, where a real shop has tables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from purring_client import AsyncPurring, BadSignature, Problem, verify
from purring_client.events import (
    InvoicePaid,
    SubscriptionActive,
    SubscriptionCanceled,
    SubscriptionPastDue,
    SubscriptionSuspended,
)

LETS_IN = {"trialing", "active", "past_due"}

purring = AsyncPurring(os.environ["PURRING_KEY"], base_url=os.environ["PURRING_URL"])
app = FastAPI(title="The shop")


class Card(BaseModel):
    """What the gateway's own field gives the browser. The number never comes here."""

    token: str
    fingerprint: str
    scheme: str
    last4: str


class SignUp(BaseModel):
    """The form that a customer sends. `order` is a text of the page's, so that pressing twice buys once."""

    order: str
    name: str
    email: str
    locale: Literal["en", "nb"] = "en"
    card: Card


@dataclass
class Account:
    """What the shop knows about a customer."""

    subscription_id: str
    status: str
    version: int = 0
    paid: list[str] = field(default_factory=list)


accounts: dict[str, Account] = {}
seen: set[str] = set()


@app.exception_handler(Problem)
async def refused(_request: Request, problem: Problem) -> JSONResponse:
    """Say what Purring said: the detail names what to do instead."""
    return JSONResponse({"code": problem.code, "detail": problem.detail}, problem.http_status)


@app.post("/signup")
async def sign_up(form: SignUp) -> dict[str, str]:
    """Make a customer with a card and a subscription. The worker charges it at once."""
    customer = await purring.customers.create(
        name=form.name,
        timezone="Europe/Oslo",
        locale=form.locale,
        external_id=form.order,
        people=[{"name": form.name, "email": form.email, "locale": form.locale}],
        idempotency_key=f"{form.order}-customer",
    )
    method_id = await add_card(customer.id, form.card, f"{form.order}-card")
    subscription = await purring.subscriptions.create(
        customer_id=customer.id,
        price_id=os.environ["PRICE_ID"],
        payment_method_id=method_id,
        idempotency_key=f"{form.order}-subscription",
    )
    accounts.setdefault(customer.id, Account(subscription.id, subscription.status))
    return {"customer_id": customer.id}


async def add_card(customer_id: str, card: Card, key: str | None = None) -> str:
    """Hand a card's token on."""
    method = await purring.payment_methods.add(
        customer_id=customer_id, kind="card", gateway="sandbox", idempotency_key=key, **card.model_dump()
    )
    return method.id


@app.post("/customers/{customer_id}/card")
async def change_card(customer_id: str, card: Card) -> dict[str, str]:
    """Take another card, let it pay from now on, and pay with it what is open."""
    account = account_of(customer_id)
    method_id = await add_card(customer_id, card)
    await purring.subscriptions.tie_method(account.subscription_id, payment_method_id=method_id)
    async for invoice in purring.invoices.list(customer_id=customer_id, status="open"):
        await purring.invoices.pay(invoice.id, payment_method_id=method_id)
    return {"method_id": method_id}


@app.get("/customers/{customer_id}")
async def show(customer_id: str) -> dict[str, object]:
    """Whether a customer gets in, and which invoices were paid. Purring needn't be asked."""
    account = account_of(customer_id)
    return {"gets_in": account.status in LETS_IN, "status": account.status, "paid": account.paid}


@app.post("/purring")
async def happened(request: Request) -> dict[str, str]:
    """Take an event in: verified, once, and never back to an older state."""
    try:
        event = verify(os.environ["PURRING_SECRET"], request.headers, await request.body())
    except BadSignature as error:
        raise HTTPException(400, str(error)) from error
    if event.id in seen:
        return {"status": "known"}
    seen.add(event.id)
    match event:
        case SubscriptionPastDue() | SubscriptionActive() | SubscriptionSuspended() | SubscriptionCanceled():
            now = event.data.subscription
            account = accounts.setdefault(now.customer_id, Account(now.id, now.status))
            if now.version > account.version:
                account.status, account.version = now.status, now.version
        case InvoicePaid():
            account_of(event.data.invoice.customer_id).paid.append(event.data.invoice.number)
    return {"status": "taken"}


def account_of(customer_id: str) -> Account:
    """A customer that has signed up here."""
    if customer_id not in accounts:
        raise HTTPException(404, "Nobody of that id has signed up here.")
    return accounts[customer_id]
