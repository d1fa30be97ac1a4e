"""The portal: whoever opens it learns what happened and what comes next, and mends it in a few clicks."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from purring.domain.access import ENTRY_LIFETIME, IDLE_MAX
from purring.domain.customer import Customer
from purring.operations import reprice, subscriptions
from purring.operations.customers import NewPerson
from purring.operations.reprice import NewTerms
from purring.operations.sign_in import open_for
from tests.web.visitor import KARI, OLA, Visitor, forms_of, path_of, readable
from tests.world import FUNDS, PRICE, Shop, World, only


def test_nothing_is_shown_to_strangers(web: TestClient, shop: Shop, customer: Customer) -> None:
    """Every page leads to signing in, and from there back."""
    assert shop.id
    for path in ("/billing", "/billing/methods", "/billing/invoices/inv_1", "/sessions"):
        answer = web.get(path, follow_redirects=False)
        assert (303, f"/sign-in?next={path.replace('/', '%2F')}") == (answer.status_code, answer.headers["location"])
    visitor = Visitor(web, shop, customer)
    visitor.posts("/sign-in", email=KARI.email, next="/billing/methods")
    answer = visitor.posts("/sign-in/code", email=KARI.email, code=visitor.code(), next="/billing/methods")
    assert "/billing/methods" == path_of(answer)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "billing"])
def test_signing_in_leads_nowhere_else(web: TestClient, shop: Shop, customer: Customer, target: str) -> None:
    """An address in a link can't send anybody to another site."""
    visitor = Visitor(web, shop, customer)
    visitor.posts("/sign-in", email=KARI.email)
    code = visitor.code()
    answer = web.post("/sign-in/code", data={"email": KARI.email, "code": code, "next": target}, follow_redirects=False)
    assert "/billing" == answer.headers["location"]


def test_known_and_unknown_addresses_are_answered_alike(web: TestClient, shop: Shop, customer: Customer) -> None:
    """The page is the same but for the address; only the known one gets a mail."""
    visitor, outbox = Visitor(web, shop, customer), shop.world.outbox
    known = visitor.posts("/sign-in", email=KARI.email).text.replace(KARI.email, "X")
    sent = len(outbox.messages)
    unknown = visitor.posts("/sign-in", email="nobody@example.com").text.replace("nobody@example.com", "X")
    assert (known, sent) == (unknown, len(outbox.messages))
    assert 422 == visitor.posts("/sign-in/code", email=KARI.email, code="000000x").status_code


def test_the_cookie_is_guarded(web: TestClient, shop: Shop, customer: Customer) -> None:
    """No script and no other site gets at it, and it needs TLS."""
    visitor = Visitor(web, shop, customer)
    visitor.posts("/sign-in", email=KARI.email)
    answer = web.post("/sign-in/code", data={"email": KARI.email, "code": visitor.code()}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-purring=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


def test_the_merchants_application_lets_people_in(web: TestClient, shop: Shop, customer: Customer) -> None:
    """A link of its making leads in for five minutes, changes nothing, and leads strangers to signing in."""
    link = open_for(shop.services, shop.id, customer.id, customer.people[0].id)
    before = shop.world.dump()
    assert "/billing" == path_of(web.get(link))
    assert before == shop.world.dump()
    web.cookies.clear()
    assert "/sign-in" == path_of(web.get(f"{link}x"))
    shop.world.clock.advance_to(shop.world.clock.now() + ENTRY_LIFETIME)
    assert "/sign-in" == path_of(web.get(link))


def test_signing_in_counts_as_having_read(web: TestClient, shop: Shop, customer: Customer) -> None:
    """Whoever sees what is unpaid has noticed; asking for a code or opening pages doesn't say so."""
    shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    visitor = Visitor(web, shop, customer)
    visitor.posts("/sign-in", email=KARI.email)
    assert [None] == [notice.read_at for notice in shop.notices(customer.id)]
    visitor.posts("/sign-in/code", email=KARI.email, code=visitor.code())
    assert [shop.world.clock.now()] == [notice.read_at for notice in shop.notices(customer.id)]


def test_a_session_ends_at_the_server(web: TestClient, world: World, kari: Visitor) -> None:
    """Signed out, or idle for too long: the same cookie opens nothing any more."""
    token = web.cookies["__Host-purring"]
    kari.posts("/sign-out")
    web.cookies.set("__Host-purring", token, domain="pay.example")
    assert "/sign-in" == path_of(web.get("/billing"))
    web.cookies.clear()
    kari.signs_in()
    world.clock.advance_to(world.clock.now() + IDLE_MAX)
    assert "/sign-in" == path_of(web.get("/billing"))


def test_the_first_page_says_what_happened_and_what_comes_next(shop: Shop, kari: Visitor) -> None:
    """The reason in plain words, the method, the next day, the day access ends, and one button."""
    shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    page = kari.opens("/billing")
    for said in (
        "Payment declined: NOK 249.00",
        "There wasn't enough money on the account.",
        "Next attempt: Wednesday, March 4, 2026.",
        "access ends on Monday, March 30, 2026",
        "Pay now",
        "Past due",
    ):
        assert said in page


def test_a_paid_up_customer_has_nothing_to_do(shop: Shop, kari: Visitor) -> None:
    """And learns when the next charge is."""
    shop.subscribe(kari.customer, shop.card(kari.customer, "approve"))
    shop.world.work()
    page = kari.opens("/billing")
    assert "Everything is paid" in page
    assert "Next charge April 2, 2026" in page


def test_a_pause_an_end_and_a_credit_are_shown(shop: Shop, kari: Visitor) -> None:
    """What is charged next, or that nothing is, and what is in the customer's favor."""
    sold = shop.subscribe(kari.customer, shop.card(kari.customer, "approve"), quantity=3)
    trial = shop.subscribe(kari.customer, shop.card(kari.customer, "approve"), trial_days=14)
    shop.world.work()
    path = f"/billing/subscriptions/{sold.id}"
    assert "First charge March 16, 2026" in kari.opens(f"/billing/subscriptions/{trial.id}")
    assert "Credit" not in kari.opens(path)
    reprice.change_now(shop.services, shop.id, sold.id, NewTerms(quantity=1))
    assert "Credit NOK 498.00, which settles the next invoices" in kari.opens(path)
    reprice.pause(shop.services, shop.id, sold.id)
    page = kari.opens(path)
    assert "Active Paused" in page
    assert "Nothing new is charged while it is paused" in page
    assert "Next charge" not in page
    reprice.resume(shop.services, shop.id, sold.id)
    reprice.pause(shop.services, shop.id, sold.id, shop.world.clock.now() + timedelta(days=60))
    assert "before it goes on May 1, 2026" in kari.opens("/billing")
    subscriptions.cancel_at_period_end(shop.services, shop.id, trial.id)
    assert "Ends March 16, 2026, and is charged no more" in kari.opens("/billing")


def test_everything_that_was_sent_can_be_read_again(web: TestClient, shop: Shop, kari: Visitor) -> None:
    """By whom it was sent to, in the words it had; its link leads to the invoice here, and to nobody else's."""
    assert "Nothing was sent to you yet." in kari.opens("/billing/messages")
    shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.play(days=3)
    kari.signs_in()
    first, *_others = paths = re.findall(r'href="(/billing/messages/\w+)"', web.get("/billing/messages").text)
    assert 2 == len(paths)
    shown = kari.opens(first)
    assert "Next attempt: Saturday, March 7, 2026" in shown
    (invoice,) = shop.invoices(kari.customer.id)
    assert f"https://pay.example/billing/invoices/{invoice.id}" in shown
    assert "/i/" not in shown
    other = shop.customer(OLA)
    Visitor(web, shop, other).signs_in()
    assert 404 == web.get(first).status_code


def test_change_the_method_and_pay(shop: Shop, kari: Visitor) -> None:
    """Products, the subscription, Edit, Change, confirm and pay: the invoice is paid, and nothing else has moved."""
    failing, other = shop.card(kari.customer, FUNDS), shop.card(kari.customer, "approve")
    subscription, bystander = (shop.subscribe(kari.customer, card) for card in (failing, failing))
    shop.world.work()
    own = f"/billing/subscriptions/{subscription.id}"
    assert "Edit" in kari.opens(own)
    changed = kari.presses(f"{own}/method", f"{own}/method", method_id=other.id)
    assert f"/billing/methods/{other.id}/pays" == path_of(changed)
    assert "Pay NOK 249.00 now" in readable(changed.text)
    invoice = shop.invoice(subscription)
    paid = kari.presses(path_of(changed), f"/billing/invoices/{invoice.id}/pay")
    assert "Thank you! The payment went through." in readable(paid.text)
    assert ("paid", "active") == shop.status(subscription)
    assert failing.id == shop.subscription(bystander.id).method_id
    assert 1 == len(shop.world.captured()[invoice.id])


def test_an_untied_method_is_one_button(shop: Shop, kari: Visitor) -> None:
    """The newer card that pays nothing is offered, tied and charged by one click."""
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    shop.world.later(minutes=5)
    newer = shop.card(kari.customer, "approve")
    invoice = shop.invoice(subscription)
    answer = kari.presses("/billing", f"/billing/invoices/{invoice.id}/use")
    assert "Thank you!" in readable(answer.text)
    assert newer.id == shop.subscription(subscription.id).method_id


def test_two_clicks_are_one_charge(shop: Shop, kari: Visitor) -> None:
    """The same form again, from a second click or the back button, charges nothing and says why."""
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    invoice = shop.invoice(subscription)
    page = f"/billing/invoices/{invoice.id}/pay"
    form = only([one for one in forms_of(kari.web.get(page).text) if one.action == page])
    fields = {**form.hidden, "method_id": subscription.method_id or ""}
    assert "declined again" in readable(kari.posts(page, **fields).text)
    assert "Something happened to this invoice" in readable(kari.posts(page, **fields).text)
    assert ["declined"] * 2 == shop.attempts(subscription)


def test_add_a_card_for_an_invoice_and_pay(shop: Shop, kari: Visitor) -> None:
    """The number is typed at the gateway; what comes back is saved, tied and charged, and a reload adds nothing."""
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    invoice = shop.invoice(subscription)
    leads = kari.web.get(f"/billing/methods/add?pay={invoice.id}").text
    link = next(part for part in leads.split('"') if "/field?" in part).replace("&amp;", "&")
    back = parse_qs(urlsplit(link).query)["return_to"][0]
    assert back == f"https://pay.example/billing/methods/new?pay={invoice.id}"
    token = shop.token("approve").token
    form = f"{back}&token={token}"
    assert "Save and pay NOK 249.00 now" in kari.opens(form)
    assert 422 == kari.posts(form, holder_name="", seen="1").status_code
    paid = kari.posts(form, holder_name="Kari Nordmann", phone="22 33 44 55", seen="1")
    assert "Thank you!" in readable(paid.text)
    assert ("paid", "active") == shop.status(subscription)
    again = kari.posts(form, holder_name="Kari Nordmann", seen="1")
    assert "Something happened to this invoice" in readable(again.text)
    assert 1 == len(shop.world.captured()[invoice.id])


def test_a_token_that_nobody_made_is_entered_again(kari: Visitor) -> None:
    """An altered address adds nothing."""
    answer = kari.web.get("/billing/methods/new?token=tok_of_nobody")
    assert "/billing/methods/add" == path_of(answer)


def test_a_new_method_is_asked_what_it_should_pay(shop: Shop, kari: Visitor) -> None:
    """The failing subscriptions are ticked; skipping leaves it untied, and the list says so."""
    failing = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    good = shop.subscribe(kari.customer, shop.card(kari.customer, "approve"))
    shop.world.work()
    token = shop.token("approve").token
    page = kari.posts(f"/billing/methods/new?token={token}", holder_name="Kari")
    ticked = [line for line in page.text.splitlines() if 'type="checkbox"' in line and "checked" in line]
    assert [True, False] == [failing.id in only(ticked), good.id in only(ticked)]
    skipped = kari.posts(path_of(page))
    assert "pays nothing yet" in readable(skipped.text)
    tied = kari.posts(path_of(page), subscription_id=[failing.id, good.id])
    assert "pays from now on" in readable(tied.text)
    assert 1 == len({shop.subscription(one.id).method_id for one in (failing, good)})


def test_edit_says_what_is_wrong_and_keeps_what_was_typed(shop: Shop, kari: Visitor) -> None:
    """Errors stand on top and beside the field; nothing is saved before all is right."""
    card = shop.card(kari.customer, "approve")
    page = f"/billing/methods/{card.id}/edit"
    answer = kari.posts(page, holder_name="Kari Nordmann", expiry="soon")
    assert 422 == answer.status_code
    assert "<title>Error: Edit" in answer.text
    assert 'href="#expiry"' in answer.text
    assert 'value="Kari Nordmann"' in answer.text
    kari.posts(page, holder_name="Kari Nordmann", expiry="4/31")
    assert "04/31" in kari.opens("/billing/methods")


def test_replace_everywhere_lists_what_moves(shop: Shop, kari: Visitor) -> None:
    """Then moves it all at once; the old one stays on file."""
    old, new = shop.card(kari.customer, "approve"), shop.card(kari.customer, "approve")
    subscriptions = [shop.subscribe(kari.customer, old) for _ in range(2)]
    page = f"/billing/methods/{old.id}/replace"
    assert kari.opens(page).count("Team plan") == len(subscriptions)
    assert "has taken the old one's place" in readable(kari.posts(page, method_id=new.id).text)
    assert {new.id} == {shop.subscription(one.id).method_id for one in subscriptions}


def test_removing_needs_a_fresh_code_and_lists_what_stands_in_the_way(world: World, shop: Shop, kari: Visitor) -> None:
    """What still pays needs a successor; both happen, or neither."""
    old, new = shop.card(kari.customer, "approve"), shop.card(kari.customer, "approve")
    subscription = shop.subscribe(kari.customer, old)
    page = f"/billing/methods/{old.id}/remove"
    world.clock.advance_to(world.clock.now() + timedelta(minutes=11))
    assert "/prove" == path_of(kari.web.get(page))
    kari.posts("/prove", next=page)
    assert page == path_of(kari.posts("/prove", next=page, code=kari.code()))
    assert "Choose what takes its place" in kari.opens(page)
    assert 409 == kari.posts(page).status_code
    assert "is removed" in readable(kari.posts(page, method_id=new.id).text)
    assert new.id == shop.subscription(subscription.id).method_id
    assert 404 == kari.web.get(page).status_code


def test_settle_pays_everything_owed_on_a_method(shop: Shop, kari: Visitor) -> None:
    """Itemised first, then each invoice a charge of its own, however often the button is pressed."""
    failing, good = shop.card(kari.customer, FUNDS), shop.card(kari.customer, "approve")
    owing = [shop.subscribe(kari.customer, failing, amount=PRICE * n) for n in (1, 2)]
    shop.world.work()
    page = f"/billing/settle/{failing.id}"
    assert "Pay everything owed on Visa" in kari.opens("/billing")
    form = only([one for one in forms_of(kari.web.get(page).text) if "seen" in one.hidden])
    fields = {**form.hidden, "method_id": good.id}
    assert "Everything is paid." in readable(kari.posts(page, **fields).text)
    kari.posts(page, **fields)
    assert {("paid", "active")} == {shop.status(one) for one in owing}
    assert {1} == {len(captured) for captured in shop.world.captured().values()}


def test_a_declared_transfer_pauses_charges_once(shop: Shop, kari: Visitor) -> None:
    """The card says what is waited for; the button is gone then."""
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    page = f"/billing/invoices/{shop.invoice(subscription).id}"
    said = readable(kari.posts(f"{page}/transfer").text)
    assert "We wait for your bank transfer of NOK 249.00" in said
    assert "I have sent a bank transfer" not in said
    assert 409 == kari.web.post(f"{page}/transfer").status_code


def test_a_reader_may_look_and_is_told_whom_to_ask(web: TestClient, shop: Shop, customer: Customer) -> None:
    """Nothing to press is shown, and pressing it anyway names the person who may."""
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    ola = Visitor(web, shop, customer)
    ola.signs_in(OLA.email)
    assert "Betal nå" not in ola.opens("/billing")
    refused = ola.posts(f"/billing/invoices/{shop.invoice(subscription).id}/pay")
    assert (403, True) == (refused.status_code, "Spør Kari." in readable(refused.text))


def test_another_customers_things_are_not_there(shop: Shop, kari: Visitor) -> None:
    """Each address of theirs is the same 404 as one that never was."""
    other = shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="en"))
    card = shop.card(other, FUNDS)
    subscription = shop.subscribe(other, card)
    shop.world.work()
    invoice = shop.invoice(subscription)
    for path in (
        f"/billing/subscriptions/{subscription.id}",
        f"/billing/subscriptions/{subscription.id}/method",
        f"/billing/invoices/{invoice.id}",
        f"/billing/invoices/{invoice.id}/pay",
        f"/billing/settle/{card.id}",
        *(f"/billing/methods/{card.id}/{verb}" for verb in ("pays", "edit", "tie", "replace", "remove")),
    ):
        assert 404 == kari.web.get(path).status_code, path
    mine = shop.card(kari.customer, "approve")
    own = shop.subscribe(kari.customer, mine)
    assert 404 == kari.posts(f"/billing/subscriptions/{own.id}/method", method_id=card.id).status_code
    assert 404 == kari.posts(f"/billing/methods/{mine.id}/tie", subscription_id=subscription.id).status_code


def test_help_tells_the_readers_own_story(shop: Shop, kari: Visitor) -> None:
    """Days, amount and reason are those of the open invoice; in Bokmål with the English beside it on request."""
    assert "Nothing of yours is declined right now." in kari.opens("/billing/help")
    shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS))
    shop.world.work()
    assert "again by ourselves on Wednesday, March 4, 2026" in kari.opens("/billing/help")
    kari.posts("/billing/language", locale="nb")
    plain, both = kari.web.get("/billing/help").text, kari.web.get("/billing/help?both=1").text
    assert "onsdag 4. mars 2026" in readable(plain)
    assert ('<span class="source" lang="en">' in plain, '<span class="source" lang="en">' in both) == (False, True)
    assert 'aria-pressed="true"' in both
    assert "by ourselves on Wednesday, March 4, 2026" in readable(both)


def test_a_method_in_flight_is_not_removed(shop: Shop, kari: Visitor) -> None:
    """The page says why, and nothing is half done."""
    card, other = shop.card(kari.customer, "timeout after"), shop.card(kari.customer, "approve")
    subscription = shop.subscribe(kari.customer, card)
    shop.world.work()
    answer = kari.posts(f"/billing/methods/{card.id}/remove", method_id=other.id)
    assert (409, True) == (answer.status_code, "can't be removed yet" in readable(answer.text))
    assert card.id == shop.subscription(subscription.id).method_id
    assert "We are checking with the bank" in kari.opens("/billing")
