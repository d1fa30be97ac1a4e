"""Signing in: codes let in whoever has the address, once, for ten minutes, and nobody learns who has one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from purring.domain.access import CODE_LIFETIME, CODE_TRIES_MAX, ENTRY_LIFETIME, IDLE_MAX, OpenedBy
from purring.domain.customer import Role
from purring.domain.errors import NotFound, RefusalCode, Refused
from purring.domain.ids import PersonId
from purring.operations import sign_in
from purring.operations.customers import NewPerson
from purring.operations.sign_in import ASKED_MAX, ASKED_WITHIN, SignedIn
from tests.world import Shop, World, only

EMAIL = "Kari@example.com"
NETWORK = "198.51.100.0/24"
WRONG = "000000x"


@pytest.fixture
def kari(world: World, shop: Shop) -> PersonId:
    """Somebody with an address, and an installation with a secret."""
    world.services = replace(world.services, secret_key=b"a secret of this test's own")
    return shop.customer(NewPerson(name="Kari", email=EMAIL, locale="nb")).people[0].id


def asked(shop: Shop, email: str = EMAIL, network: str = NETWORK) -> str:
    """The code that was sent to an address; empty if none was."""
    sent = sign_in.ask_code(shop.services, shop.id, email, network)
    return sent.code if sent else ""


def entered(shop: Shop, code: str, email: str = EMAIL) -> list[PersonId]:
    """Whom a code lets in."""
    return [person.id for person in sign_in.accounts(shop.services, shop.id, email, code)]


def signed_in(shop: Shop, opened_by: OpenedBy = OpenedBy.CODE) -> SignedIn:
    """Kari, signed in."""
    code = asked(shop)
    person = only(sign_in.accounts(shop.services, shop.id, EMAIL, code))
    token = sign_in.open_session(shop.services, shop.id, person, opened_by, device="Firefox on Linux")
    found = sign_in.signed_in(shop.services, token)
    assert found
    return found


@pytest.mark.usefixtures("kari")
def test_a_code_lets_its_address_in_once(shop: Shop, kari: PersonId) -> None:
    """Whatever the case of the letters, and not a second time."""
    code = asked(shop, EMAIL.lower())
    assert [kari] == entered(shop, f" {code} ", EMAIL.upper())
    assert [] == entered(shop, code)


@pytest.mark.usefixtures("kari")
def test_only_the_newest_code_is_good(shop: Shop, kari: PersonId) -> None:
    """An older mail that comes late doesn't help."""
    older, newer = asked(shop), asked(shop)
    assert older != newer
    assert [] == entered(shop, older)
    assert [kari] == entered(shop, newer)


@pytest.mark.usefixtures("kari")
def test_a_code_bears_few_tries(shop: Shop) -> None:
    """After so many wrong ones the right one is wrong, too."""
    code = asked(shop)
    assert [[]] * CODE_TRIES_MAX == [entered(shop, WRONG) for _ in range(CODE_TRIES_MAX)]
    assert [] == entered(shop, code)


@pytest.mark.usefixtures("kari")
def test_a_code_is_good_for_ten_minutes(world: World, shop: Shop) -> None:
    """Then another one must be asked for."""
    code = asked(shop)
    world.clock.advance_to(world.clock.now() + CODE_LIFETIME)
    assert [] == entered(shop, code)


@pytest.mark.usefixtures("kari")
def test_unknown_addresses_are_counted_like_known_ones(shop: Shop) -> None:
    """So that nobody learns from a refusal who is a customer."""
    for email in (EMAIL, "nobody@example.com"):
        for n in range(ASKED_MAX.address):
            asked(shop, email, f"network {n}")
        with pytest.raises(Refused) as refused:
            asked(shop, email, "another network")
        assert RefusalCode.TOO_MANY_CODES is refused.value.code
    assert [] == entered(shop, "", "nobody@example.com")


@pytest.mark.usefixtures("kari")
def test_a_network_can_ask_for_so_many_codes_an_hour(world: World, shop: Shop) -> None:
    """Whatever addresses it asks for; an hour later it may again."""
    for n in range(ASKED_MAX.network):
        asked(shop, f"{n}@example.com")
    with pytest.raises(Refused):
        asked(shop)
    world.clock.advance_to(world.clock.now() + ASKED_WITHIN)
    assert asked(shop)


def test_a_person_with_several_customers_chooses(shop: Shop, kari: PersonId) -> None:
    """A bookkeeper looks after several; another merchant's are nobody's business."""
    again = shop.customer(NewPerson(name="Kari", email=EMAIL, locale="nb")).people[0].id
    other = shop.world.shop("Elsewhere AS")
    other.customer(NewPerson(name="Kari", email=EMAIL, locale="nb"))
    assert sorted([kari, again]) == sorted(entered(shop, asked(shop)))


def test_an_address_that_only_gets_notices_lets_nobody_in(world: World, shop: Shop, kari: PersonId) -> None:
    """It gets no code, and its customer isn't offered to anybody."""
    accounts = NewPerson(name="Accounts", email="ap@example.com", locale="nb", role=Role.BILLING_ADDRESS)
    mine = NewPerson(name="Kari", email=EMAIL, locale="nb", role=Role.BILLING_ADDRESS)
    shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="nb"), accounts, mine)
    assert "" == asked(shop, accounts.email)
    assert [kari] == entered(shop, asked(shop))
    assert world.services.secret_key


@pytest.mark.usefixtures("kari")
def test_a_session_lasts_while_it_is_used(world: World, shop: Shop) -> None:
    """Each use keeps it alive; unused for half an hour, it is over."""
    code = asked(shop)
    person = only(sign_in.accounts(shop.services, shop.id, EMAIL, code))
    token = sign_in.open_session(shop.services, shop.id, person, OpenedBy.CODE)
    for _ in range(3):
        world.clock.advance_to(world.clock.now() + IDLE_MAX - timedelta(minutes=1))
        assert sign_in.signed_in(shop.services, token)
    world.clock.advance_to(world.clock.now() + IDLE_MAX)
    assert sign_in.signed_in(shop.services, token) is None
    assert sign_in.signed_in(shop.services, token[:-1]) is None


@pytest.mark.usefixtures("kari")
def test_signing_out_everywhere_ends_every_session(shop: Shop) -> None:
    """A session that takes another one's place ends that one; what is listed is what is alive."""
    first, second = signed_in(shop), signed_in(shop)
    assert {first.session.id, second.session.id} == {one.id for one in sign_in.own_sessions(shop.services, first)}
    sign_in.open_session(shop.services, shop.id, first.person, OpenedBy.CODE, instead_of=first.session)
    assert first.session.id not in {one.id for one in sign_in.own_sessions(shop.services, second)}
    sign_in.sign_out(shop.services, second)
    assert 1 == len(sign_in.own_sessions(shop.services, second))
    sign_in.sign_out_everywhere(shop.services, second)
    assert [] == sign_in.own_sessions(shop.services, second)


@pytest.mark.usefixtures("kari")
def test_an_application_opens_sessions_that_have_proved_nothing(shop: Shop, kari: PersonId) -> None:
    """Until the person enters a code of their own; the application can't name people who aren't there."""
    customer = shop.customer()
    link = sign_in.open_for(shop.services, shop.id, customer.id, customer.people[0].id)
    entry = link.removeprefix(sign_in.ENTRY_PATH)
    assert sign_in.signed_in(shop.services, entry) is None
    token = sign_in.enter(shop.services, entry) or ""
    who = sign_in.signed_in(shop.services, token)
    assert who
    assert not who.session.has_proved(shop.services.clock.now())
    code = asked(shop, who.person.email)
    assert (False, True) == (sign_in.prove(shop.services, who, WRONG), sign_in.prove(shop.services, who, code))
    proved = sign_in.signed_in(shop.services, token)
    assert proved
    assert proved.session.has_proved(shop.services.clock.now())
    with pytest.raises(NotFound):
        sign_in.open_for(shop.services, shop.id, customer.id, kari)
    shop.world.clock.advance_to(shop.world.clock.now() + ENTRY_LIFETIME)
    assert sign_in.enter(shop.services, entry) is None


@pytest.mark.usefixtures("kari")
def test_nothing_that_is_stored_lets_anybody_in(world: World, shop: Shop) -> None:
    """Neither code, token nor address stands in a table of sign-ins."""
    code = asked(shop)
    person = only(sign_in.accounts(shop.services, shop.id, EMAIL, code))
    token = sign_in.open_session(shop.services, shop.id, person, OpenedBy.CODE)
    stored = world.dump()
    kept = repr([stored["sign_in_code"], stored["portal_session"]])
    assert [] == [secret for secret in (code, token, EMAIL.lower()) if secret in kept]
