"""A developer with a key: what the tests of the API call with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.testclient import TestClient

from purring.clock import draw_bytes
from purring.operations.api_keys import create_key
from tests.world import FUNDS, Shop


class Developer:
    """Calls the API as one merchant."""

    def __init__(self, web: TestClient, shop: Shop, scopes: Iterable[str] = ("all",)) -> None:
        """Make a key."""
        self.web = web
        self.shop = shop
        self.secret = create_key(shop.services, shop.id, draw_bytes, name="test", scopes=scopes).secret

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:  # noqa: ANN401 - a response
        """One request; underscores in the names of headers become hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.secret}"
        return self.web.request(method, f"/v1{path}", json=body, headers=sent)

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Read something that is there."""
        answer = self.call("GET", path)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, **headers: str) -> Any:  # noqa: ANN401 - JSON
        """Do something that works."""
        answer = self.call("POST", path, {} if body is None else body, **headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and field of a problem."""
        answer = self.call(method, path, body, **headers)
        assert "application/problem+json" == answer.headers["content-type"], answer.text
        return answer.status_code, answer.json()["code"], answer.json().get("field", "")

    def customer(self, **fields: object) -> Any:  # noqa: ANN401 - JSON
        """A customer with one billing admin."""
        kari = {"name": "Kari", "email": "kari@example.com", "locale": "nb"}
        given = {"name": "Customer", "timezone": "Europe/Oslo", "locale": "nb", "people": [kari]}
        return self.post("/customers", {**given, **fields})

    def card(self, customer_id: str, *answers: str) -> Any:  # noqa: ANN401 - JSON
        """A card of a customer that will answer so."""
        token = self.shop.token(*(answers or (FUNDS,)))
        return self.post(
            "/payment_methods",
            {
                "customer_id": customer_id,
                "kind": token.kind,
                "gateway": "sandbox",
                "token": token.token,
                "fingerprint": token.fingerprint,
                "scheme": token.network,
                "last4": token.last4,
            },
        )

    def price(self, minor: int = 24_900, currency: str = "NOK") -> Any:  # noqa: ANN401 - JSON
        """A product with a monthly price."""
        product = self.post("/products", {"name": "Team plan"})
        return self.post(
            "/prices",
            {
                "product_id": product["id"],
                "unit_amount": {"minor": minor, "currency": currency},
                "interval": {"unit": "month", "count": 1},
            },
        )

    def sold(self, *answers: str) -> Any:  # noqa: ANN401 - JSON
        """A subscription whose card will answer so."""
        customer = self.customer()
        card = self.card(customer["id"], *answers)
        body = {"customer_id": customer["id"], "price_id": self.price()["id"], "payment_method_id": card["id"]}
        return self.post("/subscriptions", body)
