"""Notices that the merchant sends: all it needs comes as an event, once, and the link in it is kept nowhere else."""

from __future__ import annotations

import re
from dataclasses import replace

from purring.operations.customers import NewPerson
from purring.operations.links import open_link
from tests.webhooks.endpoints import Receiver, endpoint, listening
from tests.world import FUNDS, Shop, World


def test_a_notice_comes_with_all_that_sending_it_takes(world: World, shop: Shop) -> None:
    """Whom it is for, in which language, what it says, and a link that leads to the invoice."""
    receiver = Receiver()
    listening(world, receiver)
    world.services = replace(
        world.services,
        merchant_sends=True,
        base_url="https://pay.example",
        secret_key=b"a secret of 32 characters or so",
    )
    endpoint(shop, "notice.due")
    customer = shop.customer(NewPerson(name="Kari", email="kari@example.com", locale="nb"))
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    world.play(hours=1)
    assert ["notice.due"] == receiver.kinds
    told = receiver.messages[0]["data"]
    assert ("payment_declined", "nb", "Kari", "kari@example.com") == (
        told["kind"],
        told["locale"],
        told["to_name"],
        told["to_email"],
    )
    assert "avvist" in told["subject"]
    found = re.search(r"https://pay\.example/i/([\w-]+)", told["text"])
    assert found
    assert found[1] in told["html"]
    assert shop.invoice(subscription).id == open_link(world.services, found[1]).facts.invoice.id
    assert found[1] not in str(world.dump())
