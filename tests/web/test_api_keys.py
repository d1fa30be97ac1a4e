"""API keys: shown once, stored hashed, scoped, ending, rotated with overlap; and none reaches another merchant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from purring.clock import draw_bytes
from purring.domain.errors import InvalidInput, NotAuthenticated, NotFound
from purring.domain.ids import ApiKeyId
from purring.domain.payment_method import MethodKind
from purring.operations.api_keys import (
    USED_EVERY,
    NewKey,
    Scope,
    authenticate,
    create_key,
    is_well_formed,
    keys_of,
    revoke_key,
    rotate_key,
)
from purring.operations.merchants import create_merchant
from purring.operations.methods import NewMethod, add_method
from tests.world import Shop, World


def _key(shop: Shop, *scopes: str) -> NewKey:
    return create_key(shop.services, shop.id, draw_bytes, name="app", scopes=scopes or ["all"])


def _asked(web: TestClient, secret: str, path: str = "/v1/merchant") -> tuple[int, str]:
    answer = web.get(path, headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json().get("code", "")


def test_a_key_opens_its_own_merchant(web: TestClient, world: World, shop: Shop) -> None:
    """The key decides the merchant: nothing in the request does."""
    other = world.shop("Skog AS")
    for one in (shop, other):
        answer = web.get("/v1/merchant", headers={"Authorization": f"Bearer {_key(one).secret}"})
        assert (200, one.merchant.name) == (answer.status_code, answer.json()["name"])


def test_a_key_is_kept_nowhere(world: World, shop: Shop) -> None:
    """Neither the key nor its drawn part stands in the database; its first characters do, so that people know it."""
    made = _key(shop)
    assert made.secret not in repr(world.dump())
    assert made.secret[13:] not in repr(world.dump())
    assert made.secret.startswith(made.key.shown)
    assert made.secret not in repr(keys_of(world.services, shop.id))


@pytest.mark.parametrize("place", [0, 5, 9, 20, 40, 46])
def test_a_slip_of_the_pen_is_seen_without_a_look(shop: Shop, place: int) -> None:
    """One wrong character and the checksum says so."""
    secret = _key(shop).secret
    assert is_well_formed(secret)
    other = "x" if secret[place] != "x" else "y"
    assert not is_well_formed(secret[:place] + other + secret[place + 1 :])


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic cHVy", "Bearer pur_test_nothing", "Bearer 4"])
def test_without_a_key_nothing_is_said(web: TestClient, shop: Shop, header: str) -> None:
    """Whatever is no valid key is answered 401."""
    assert shop.id
    answer = web.get("/v1/merchant", headers={"Authorization": header} if header else {})
    assert (401, "not_authenticated") == (answer.status_code, answer.json()["code"])


def test_a_key_ends(web: TestClient, world: World, shop: Shop) -> None:
    """At the instant it expires, and as soon as it is revoked; revoking twice is as good as once."""
    short = create_key(world.services, shop.id, draw_bytes, name="short", expires_in=timedelta(days=1))
    gone = _key(shop)
    assert 200 == _asked(web, short.secret)[0]
    first = revoke_key(world.services, shop.id, gone.key.id)
    assert first == revoke_key(world.services, shop.id, gone.key.id)
    assert (401, "not_authenticated") == _asked(web, gone.secret)
    world.clock.advance_to(world.clock.now() + timedelta(days=1))
    assert (401, "not_authenticated") == _asked(web, short.secret)
    with pytest.raises(InvalidInput, match="ended"):
        rotate_key(world.services, shop.id, short.key.id, draw_bytes)


def test_rotation_overlaps(web: TestClient, world: World, shop: Shop) -> None:
    """Both keys work until the overlap is over, then only the new one, with the same name, scopes and lifetime."""
    old = create_key(world.services, shop.id, draw_bytes, name="app", scopes=["read"], expires_in=timedelta(days=90))
    new = rotate_key(world.services, shop.id, old.key.id, draw_bytes, overlap=timedelta(hours=2))
    assert (old.key.name, old.key.scopes) == (new.key.name, new.key.scopes)
    assert new.key.expires_at == world.clock.now() + timedelta(days=90)
    assert [200, 200] == [_asked(web, one.secret)[0] for one in (old, new)]
    world.clock.advance_to(world.clock.now() + timedelta(hours=2))
    assert [401, 200] == [_asked(web, one.secret)[0] for one in (old, new)]


def test_a_scope_is_as_far_as_a_key_reaches(web: TestClient, shop: Shop) -> None:
    """A key that may read events may read nothing else, and says which scope is missing."""
    secret = _key(shop, Scope.EVENTS_READ).secret
    assert (200, "") == _asked(web, secret, "/v1/events")
    assert (403, "missing_scope") == _asked(web, secret, "/v1/customers")
    assert {scope for scope in Scope if scope.endswith(":read")} == set(_key(shop, "read").key.scopes)
    with pytest.raises(InvalidInput, match="no scope 'everything'"):
        _key(shop, "everything")


def test_the_last_use_is_remembered_to_the_minute(world: World, shop: Shop) -> None:
    """A use soon after another one costs no write."""
    made = _key(shop)
    first_at = world.clock.now()
    for minutes, seen_at in ((0, first_at), (0, first_at), (1, first_at + USED_EVERY)):
        world.clock.advance_to(world.clock.now() + timedelta(minutes=minutes))
        authenticate(world.services, made.secret)
        assert [seen_at] == [one.last_used_at for one in keys_of(world.services, shop.id)]


def test_another_merchants_key_is_none_of_ours(world: World, shop: Shop) -> None:
    """It can be neither rotated nor revoked, and isn't listed."""
    other = world.shop("Skog AS")
    key_id = _key(other).key.id
    for act in (
        lambda: revoke_key(world.services, shop.id, key_id),
        lambda: rotate_key(world.services, shop.id, key_id, draw_bytes),
        lambda: revoke_key(world.services, shop.id, ApiKeyId("key_00000000000000000000000000")),
    ):
        with pytest.raises(NotFound):
            act()
    assert [] == keys_of(world.services, shop.id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_key_says_what_it_is_for(world: World, shop: Shop, name: str) -> None:
    """Nobody dares to revoke a key that has no name."""
    with pytest.raises(InvalidInput, match="name"):
        create_key(world.services, shop.id, draw_bytes, name=name)


def test_test_and_live_never_meet(web: TestClient, world: World) -> None:
    """A live merchant's keys say so, and no gateway of the other mode takes its methods."""
    live = create_merchant(world.services, name="Real AS", timezone="UTC", is_live=True)
    made = create_key(world.services, live.id, draw_bytes, name="app")
    assert made.secret.startswith("pur_live_")
    assert "live" == web.get("/v1/merchant", headers={"Authorization": f"Bearer {made.secret}"}).json()["mode"]
    with pytest.raises(NotAuthenticated):
        authenticate(world.services, made.secret.replace("live", "test"))
    owner = Shop(world=world, merchant=live).customer()
    new = NewMethod(
        kind=MethodKind.CARD, gateway="sandbox", token="tok_1", fingerprint="fp", scheme="visa", last4="4242"
    )
    with pytest.raises(InvalidInput, match="live mode"):
        add_method(world.services, live.id, owner.id, new)
