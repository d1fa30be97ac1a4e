"""Lines of files to import, and looks at what came of them."""

from __future__ import annotations

import json
from pathlib import Path

from purring.domain.merchant import Merchant
from purring.operations.story import CustomerStory, customer_story
from purring.store import customers
from tests.imports.conftest import World

Line = dict[str, object]


def customer_line(n: int, **more: object) -> Line:
    """The line of the customer with a number."""
    return {"kind": "customer", "external_id": f"C-{n}", "name": f"Fjord {n}", **more}


def method_line(n: int, **more: object) -> Line:
    """The line of the method with a number."""
    return {
        "kind": "method",
        "customer": f"C-{n}",
        "type": "card",
        "gateway": "sandbox",
        "token": f"tok_visa-{n}",
        "scheme": "visa",
        "last4": "4242",
        **more,
    }


def subscription_line(n: int, **more: object) -> Line:
    """The line of the subscription with a number."""
    return {
        "kind": "subscription",
        "external_id": f"S-{n}",
        "customer": f"C-{n}",
        "product": "Booking",
        "amount": "19.90",
        "currency": "USD",
        "interval": "1 month",
        "started_on": "2026-01-31",
        "method": f"tok_visa-{n}",
        **more,
    }


def invoice_line(n: int, **more: object) -> Line:
    """The line of the invoice with a number."""
    return {
        "kind": "invoice",
        "number": f"F-{n}",
        "customer": f"C-{n}",
        "amount": "249.95",
        "currency": "USD",
        "invoice_on": "2026-11-20",
        "method": f"tok_visa-{n}",
        **more,
    }


def written(world: World, *lines: Line) -> Path:
    """A file that holds these lines."""
    return world.write("rows.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))


def story_of(world: World, name: str, merchant: Merchant | None = None) -> CustomerStory:
    """A customer of the world's merchant, or of another one, by its own id."""
    return customer_story(world.services, merchant or world.merchant, name)


def customer_ids(world: World, merchant: Merchant) -> list[str | None]:
    """The merchant's own ids of its customers, in the order in which they came."""
    with world.services.store.reading() as conn:
        return [one.external_id for one in customers.page(conn, merchant.id)]
