"""Who looks after a customer's billing: added, given other roles, removed."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.testclient import TestClient

from purring.notices.send import Deferred
from purring.operations.customers import NewPerson
from purring.operations.people import add_person
from purring.operations.sign_in import open_for
from tests.web.visitor import KARI, Visitor, path_of, readable
from tests.world import FUNDS, Outbox, Shop, only


def test_people_are_managed_with_a_fresh_code(shop: Shop, kari: Visitor) -> None:
    """Added with role and language; the last billing admin stays one."""
    added = kari.posts("/billing/people/add", name="Eva", email="eva@example.com", role="payer", locale="nb")
    assert "The person is added." in readable(added.text)
    again = kari.posts("/billing/people/add", name="Eva", email="EVA@example.com", role="payer", locale="nb")
    assert (422, True) == (again.status_code, "nobody here has yet" in readable(again.text))
    admin = kari.customer.people[0]
    refused = kari.posts(f"/billing/people/{admin.id}/role", role="reader")
    assert (409, True) == (refused.status_code, "last person who may manage" in readable(refused.text))
    assert shop.id


def test_a_removed_person_is_locked_out_and_told_nothing_more(web: TestClient, shop: Shop, kari: Visitor) -> None:
    """Session, code, links and copies that still wait are over at once; the last billing admin can't go."""
    eva = NewPerson(name="Eva", email="eva@example.com", locale="en")
    added = add_person(shop.services, shop.id, kari.customer.id, eva)
    shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    mail = only([one for one in shop.world.outbox.messages if one.to_email == eva.email])
    link = urlsplit(only([word for word in mail.body.split() if "/i/" in word])).path
    assert 200 == web.get(link).status_code
    shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    with shop.world.worker(sender=Outbox(*[Deferred(detail="greylisted")] * 2)) as worker:
        worker.run_until_idle()
    entry = urlsplit(open_for(shop.services, shop.id, kari.customer.id, added.id)).path
    kari.posts("/sign-in", email=eva.email)
    code = kari.code()
    page = f"/billing/people/{added.id}/remove"
    assert "get no more messages about" in kari.opens(page)
    assert "The person is removed." in readable(kari.posts(page).text)
    told = shop.world.outbox.messages[-1]
    assert (eva.email, "You no longer look after billing at Fjord AS") == (told.to_email, told.subject)
    assert "Eva" not in kari.opens("/billing/people")
    assert [404, 404] == [kari.web.get(path).status_code for path in (page, link)]
    admin = kari.customer.people[0]
    refused = kari.posts(f"/billing/people/{admin.id}/remove")
    assert (409, True) == (refused.status_code, "last person who may manage" in readable(refused.text))
    web.cookies.clear()
    assert 422 == kari.posts("/sign-in/code", email=eva.email, code=code).status_code
    assert "/sign-in" == path_of(web.get(entry))
    sent = len(shop.world.outbox.messages)
    kari.posts("/sign-in", email=eva.email)
    shop.world.later(minutes=6)
    assert [KARI.email] == [one.to_email for one in shop.world.outbox.messages[sent:]]


def test_a_person_with_several_customers_chooses_whose_pages_to_see(shop: Shop, kari: Visitor) -> None:
    """The session changes with the customer; nobody else's is offered."""
    other = shop.customer(KARI, name="Second AS")
    kari.signs_in()
    assert "Second AS" in kari.opens("/accounts")
    kari.posts("/accounts", person_id=other.people[0].id)
    assert "Second AS" in kari.opens("/billing")
    stranger = shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="en"))
    assert 404 == kari.posts("/accounts", person_id=stranger.people[0].id).status_code
