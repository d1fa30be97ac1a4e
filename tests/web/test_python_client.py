"""The Python client does what the document says, gives up when there is no hope, and takes in what we send."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import standardwebhooks
from starlette.testclient import TestClient

from purring.domain.endpoint import EVERY_KIND
from purring.webhooks.sign import headers, secret_of
from purring_client import OMITTED, AsyncPurring, BadSignature, NoAnswer, Problem, Purring, bodies, models, verify
from purring_client.errors import Conflict, Invalid, NotAuthenticated, NotFound, RateLimited, VersionMismatch
from purring_client.events import EVENTS, AttemptDeclined, InvoicePaid
from purring_client.exchange import WAIT_S_MAX
from purring_client.shapes import shaped
from purring_client.unknown import UnknownEvent
from tests.web.client import Developer
from tests.world import FUNDS, NOON, World
from tools.client.modules import WRITERS
from tools.client.schemas import source_of

Fate = int | Literal["cut", "lost"]
"""What becomes of a try: an answer of somebody on the way, a connection that isn't made, an answer that is lost."""

PORTAL = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "open-the-portal.md"
NOW_S = int(NOON.timestamp())
SECRET = secret_of(bytes(range(32)))


class Wire(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """Leads to the application; `fates` come first, one for each try. `waited` and `keys` remember."""

    def __init__(self, web: TestClient, *fates: Fate) -> None:
        """Say what becomes of the first tries."""
        self.fates = list(fates)
        self.waited: list[float] = []
        self.keys: list[str | None] = []
        self._web = web

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        self.keys.append(request.headers.get("Idempotency-Key"))
        fate = self.fates.pop(0) if self.fates else 0
        if fate == "cut":
            raise httpx2.ConnectError("refused")
        if isinstance(fate, int) and fate:
            return httpx2.Response(fate, headers={"Retry-After": "7"}, text="<h1>Busy</h1>")
        answer = self._web.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        if fate == "lost":
            raise httpx2.ReadError("reset")
        return httpx2.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request."""
        await request.aread()
        return self.handle_request(request)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, for those who await."""
        self.waited.append(seconds)


def _purring(api: Developer, wire: Wire) -> Purring:
    return Purring(api.secret, base_url="https://pay.example/", transport=wire, sleep=wire.waited.append)


KARI: Any = {"name": "Kari", "email": "kari@example.com", "locale": "nb"}


def test_an_afternoon_with_the_client(web: TestClient, api: Developer, world: World) -> None:
    """Add, sell, charge, page through, change, be refused: everything comes back typed."""
    token = api.shop.token(FUNDS)
    with _purring(api, Wire(web)) as purring:
        customer = purring.customers.create(name="Kaffe AS", timezone="Europe/Oslo", locale="nb", people=[KARI])
        card = purring.payment_methods.add(
            customer_id=customer.id,
            kind="card",
            gateway="sandbox",
            token=token.token,
            fingerprint=token.fingerprint,
            scheme=token.network,
            last4=token.last4,
        )
        price = purring.prices.create(
            product_id=purring.products.create(name="Team plan").id,
            unit_amount={"minor": 24_900, "currency": "NOK"},
            interval={"unit": "month", "count": 1},
        )
        sold = purring.subscriptions.create(
            customer_id=customer.id, price_id=price.id, payment_method_id=card.id, start_on=dt.date(2026, 3, 2)
        )
        world.work()
        (invoice,) = purring.invoices.list(subscription_id=sold.id, expand=["customer", "subscription"])
        assert ("open", 24_900, "NOK") == (invoice.status, invoice.owed.minor, invoice.owed.currency)
        assert invoice.customer == customer
        assert invoice.issued_at == NOON
        (attempt,) = purring.attempts.list(invoice_id=invoice.id)
        assert ("declined", "insufficient_funds", None) == (attempt.status, attempt.reason, attempt.payment_method)
        plan = purring.invoices.get_schedule(invoice.id)
        assert "charge" in {step.action for step in plan.steps}
        changed = purring.customers.change(customer.id, country="NO", external_id=None, if_match=customer.version)
        assert ("NO", customer.name) == (changed.country, changed.name)
        for call, error, code, field in _refusals(purring, customer, invoice.id):
            with pytest.raises(error) as caught:
                call()
            assert (code, field) == (caught.value.code, caught.value.field)
            assert caught.value.detail
            assert caught.value.request_id
    stranger = Purring("pur_test_none", base_url="https://pay.example", transport=Wire(web))
    with stranger, pytest.raises(NotAuthenticated):
        stranger.merchant.get()


Refusal = tuple[Callable[[], object], type[Problem], str, str]


def _refusals(purring: Purring, customer: models.Customer, invoice_id: str) -> Iterator[Refusal]:
    """A call, and the error, code and field that it ends with."""
    unknown: Any = "xx"
    one: bodies.MoneyIn = {"minor": 1, "currency": "NOK"}
    yield lambda: purring.customers.get("cus_" + "0" * 26), NotFound, "not_found", "id"
    yield lambda: purring.customers.get("../merchant"), NotFound, "not_found", ""
    yield lambda: purring.customers.change(customer.id, locale=unknown), Invalid, "unknown_locale", "locale"
    yield (
        lambda: purring.customers.change(customer.id, name="A", if_match=customer.version),
        VersionMismatch,
        "version_mismatch",
        "If-Match",
    )
    yield lambda: purring.invoices.record_refund(invoice_id, amount=one), Conflict, "amount_mismatch", "amount"


def test_what_fails_in_passing_is_repeated_under_its_key(web: TestClient, api: Developer) -> None:
    """A lost answer, a service that is away: the product is there once, and the caller never knew."""
    wire = Wire(web, "cut", "lost", 503)
    product = _purring(api, wire).products.create(name="Plan")
    assert [product] == list(_purring(api, Wire(web)).products.list())
    assert 4 == len(wire.keys)
    assert 1 == len(set(wire.keys))
    assert wire.waited == sorted(wire.waited), "it backs off"
    assert 7 <= wire.waited[2] <= WAIT_S_MAX, "and waits as long as it is told"


def test_what_can_not_be_repeated_is_told(web: TestClient, api: Developer) -> None:
    """After a lost answer a change isn't sent again, after many refusals nothing is; the caller learns the key."""
    purring = _purring(api, Wire(web))
    product = purring.products.create(name="Plan")
    wire = Wire(web, "lost")
    with pytest.raises(NoAnswer) as lost:
        _purring(api, wire).products.rename(product.id, name="Team plan")
    assert (None, [None]) == (lost.value.idempotency_key, wire.keys)
    assert "Team plan" == purring.products.get(product.id).name
    wire = Wire(web, 429, 429, 429, 429)
    with pytest.raises(RateLimited, match="Busy"):
        _purring(api, wire).products.rename(product.id, name="Plan")
    wire = Wire(web, "lost", "lost", "lost", "lost")
    with pytest.raises(NoAnswer) as gone:
        _purring(api, wire).products.create(name="Other", idempotency_key="order-1")
    assert "order-1" == gone.value.idempotency_key
    again = purring.products.create(name="Other", idempotency_key="order-1")
    assert [again.id, product.id] == [one.id for one in purring.products.list()]


def test_lists_are_fetched_page_by_page(web: TestClient, api: Developer) -> None:
    """As far as they are iterated; both clients see the same."""
    wire = Wire(web)
    purring = _purring(api, wire)
    made = [purring.products.create(name=f"Plan {number}").id for number in range(5)]
    before = len(wire.keys)
    listed = iter(purring.products.list(limit=2))
    assert made[:2:-1] == [next(listed).id, next(listed).id]
    assert 1 == len(wire.keys) - before
    assert made[2::-1] == [one.id for one in listed]
    first = purring.products.list(limit=2).page()
    assert made[2] == purring.products.list(limit=2).page(first.next_cursor).data[0].id

    async def awaited() -> list[str]:
        wire = Wire(web, "cut", "lost")
        client = AsyncPurring(api.secret, base_url="https://pay.example", transport=wire, sleep=wire.sleep)
        async with client as purring:
            made.append((await purring.products.create(name="Plan 5")).id)
            assert api.shop.id == (await purring.merchant.get()).id
            with pytest.raises(NotFound):
                await purring.products.get("prod_" + "0" * 26)
            return [one.id async for one in purring.products.list(limit=2)]

    with ThreadPoolExecutor(1) as thread:  # a loop of its own: a browser's may be running in this one
        found = thread.submit(lambda: asyncio.run(awaited())).result()
    assert made[::-1] == found


def _message(kind: str, data: object) -> bytes:
    return json.dumps(
        {"id": "evt_1", "type": kind, "timestamp": "2026-03-02T12:00:00Z", "merchant_id": "mer_1", "data": data}
    ).encode()


def test_the_portal_opens_as_the_how_to_says(web: TestClient, api: Developer) -> None:
    """The block of the page, run as it stands, leads into the portal."""
    (block,) = re.findall(r"^```python\n(.*?)^```", PORTAL.read_text(), flags=re.MULTILINE | re.DOTALL)
    went: list[str] = []
    names = {"purring": _purring(api, Wire(web)), "customer_id": api.customer()["id"], "redirect": went.append}
    exec(compile(block, PORTAL.name, "exec"), names)  # noqa: S102 - our own page
    page = web.get(went[0], follow_redirects=True)
    assert 200 == page.status_code
    assert "Kari" in page.text


def test_events_come_in_verified_and_typed() -> None:
    """A class for each kind; kinds and fields that are newer than the client are taken in too."""
    assert {kind.value for kind in EVERY_KIND} == set(EVENTS)
    body = _message("cat.purred", {"loudly": True})
    event = verify(SECRET, headers("evt_1", NOON, body, [secret_of(bytes(24)), SECRET]), body, now_s=NOW_S)
    assert isinstance(event, UnknownEvent)
    assert ("cat.purred", {"loudly": True}, NOON) == (event.type, event.data, event.timestamp)
    money = {"amount_minor": 24_900, "currency": "NOK"}
    paid = shaped(
        InvoicePaid, json.loads(_message("invoice.paid", {"amount": money, "cause": "retry", "x": 1, **_INVOICE}))
    )
    assert (24_900, "retry", dt.date(2026, 3, 2)) == (
        paid.data.amount.amount_minor,
        paid.data.cause,
        paid.data.invoice.invoice_on,
    )
    assert AttemptDeclined is EVENTS["attempt.declined"]


_INVOICE = {
    "invoice": {
        **dict.fromkeys(("id", "number", "customer_id", "currency"), "x"),
        **dict.fromkeys(("subscription_id", "external_id", "period_start_on", "period_end_on", "closed_at")),
        **dict.fromkeys(("total_minor", "paid_minor", "refunded_minor", "credited_minor", "version"), 1),
        "status": "paid",
        "dispute": "none",
        "source": "issued",
        "invoice_on": "2026-03-02",
    }
}


def test_what_is_not_from_us_is_refused() -> None:
    """Another secret, another body, another time, no headers; the official library's signatures are accepted."""
    body = _message("brand.changed", {})
    official = standardwebhooks.Webhook(SECRET).sign("evt_1", NOON, body.decode())
    signed = {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(NOW_S), "Webhook-Signature": official}
    assert "brand.changed" == verify(SECRET, signed, body, now_s=NOW_S + 300).type
    for secret, given, text, now_s in (
        (secret_of(bytes(32)), signed, body, NOW_S),
        (SECRET, signed, body + b" ", NOW_S),
        (SECRET, signed, body, NOW_S + 301),
        (SECRET, {**signed, "Webhook-Id": "evt_2"}, body, NOW_S),
        (SECRET, {}, body, NOW_S),
    ):
        with pytest.raises(BadSignature):
            verify(secret, given, text, now_s=now_s)
    for secret in ("whsec_", "whsec_!"):
        with pytest.raises(ValueError, match="secret"):
            verify(secret, signed, body, now_s=NOW_S)


_CAT: dict[str, Any] = {"$ref": "#/components/schemas/CatOut"}


def _answered(schema: dict[str, Any] | None, kind: str = "application/json") -> dict[str, Any]:
    return {"200": {"content": {kind: {"schema": schema}}}} if schema else {"204": {"description": "Done."}}


def test_the_generator_takes_whatever_a_document_may_hold() -> None:
    """Odd names, unions, bare lists, files, no content, a body that is anything: the modules are valid Python."""
    free = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    document: dict[str, Any] = {
        "paths": {
            "/cats": {
                "get": {"operationId": "list_cats", "responses": _answered({"type": "array", "items": _CAT})},
                "put": {"operationId": "put_cats", "responses": _answered(None), **free},
            },
            "/cats/{class}/from-here": {
                "get": {
                    "operationId": "class",
                    "parameters": [{"name": "class", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": _answered({"type": "string"}, "text/csv"),
                },
            },
            "/cats/one": {"get": {"operationId": "list", "responses": _answered({"anyOf": [_CAT, {"type": "null"}]})}},
        },
        "components": {
            "schemas": {
                "CatOut": {
                    "type": "object",
                    "description": 'A "cat" \\ that purrs.',
                    "properties": {
                        "from": {"type": ["string", "null"]},
                        "list": {"type": "array", "items": _CAT},
                        "by_name": {"type": "object", "additionalProperties": _CAT},
                        "mood": {"$ref": "#/components/schemas/Mood"},
                        "age": {"type": "number"},
                    },
                    "required": ["list"],
                },
                "Mood": {"type": "string", "enum": ["fine", "hungry"]},
            }
        },
    }
    source = source_of(document)
    made = {name: write(source) for name, write in WRITERS.items()}
    for name, text in made.items():
        compile(text, name, "exec")
    for line in (
        "def list(self) -> builtins.list[models.Cat]:",
        "def class_(self, class_: str) -> bytes:",
        'path=f"/cats/{quoted(class_)}/from-here"',
        "def put(self, *, body: Mapping[str, Any]) -> None:",
    ):
        assert line in made["client.py"]
    for line in ("from_: str | None = None", "by_name: dict[str, Cat] | None = None", "mood: words.Mood | None = None"):
        assert line in made["models.py"]


def test_omitted_says_so() -> None:
    """Whoever prints a signature sees what is left out."""
    assert "OMITTED" == repr(OMITTED)
