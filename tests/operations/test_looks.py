"""A merchant's look is kept, told, and stands in the mails that go out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from purring.domain.brand import Brand
from purring.domain.errors import NotFound
from purring.domain.ids import MerchantId
from purring.domain.notice_text import NoticeText
from purring.notices.logo import read_logo
from purring.notices.look import OURS
from purring.operations import looks
from purring.operations.customers import NewPerson
from purring.store import events
from purring.store import looks as stored
from tests.notices.pictures import png
from tests.world import FUNDS, NOON, Shop, World

BRAND = Brand(color="#ffd400", logo=read_logo(png()), reply_to="answers@acme.example", footer=("Acme AS", "Oslo"))


def _told(shop: Shop) -> list[str]:
    with shop.services.store.reading() as conn:
        return [one.kind.value for one in events.of_objects(conn, shop.id, [shop.id])]


def test_a_brand_is_kept_and_told_once(shop: Shop) -> None:
    """What stays as it was is no change."""
    assert OURS == looks.look_of(shop.services, shop.id)
    for _ in range(2):
        looks.change_brand(shop.services, shop.id, lambda _: BRAND)
    assert BRAND == looks.look_of(shop.services, shop.id).brand
    looks.change_brand(shop.services, shop.id, lambda before: replace(before, logo=None))
    assert replace(BRAND, logo=None) == looks.look_of(shop.services, shop.id).brand
    assert ["brand.changed"] * 2 == _told(shop)


def test_a_text_is_kept_and_goes_again(shop: Shop) -> None:
    """The second takes the first one's place; without one, ours is said."""
    for text in ("Cheers, {merchant_name}", "Best, {merchant_name}"):
        looks.set_text(shop.services, shop.id, "shared.goodbye", "en", text)
    assert {("en", "shared", "goodbye"): text} == looks.look_of(shop.services, shop.id).texts
    assert ["Best regards, {merchant_name}"] == [one.base for one in looks.own_texts(shop.services, shop.id)]
    looks.reset_text(shop.services, shop.id, "shared.goodbye", "en")
    with pytest.raises(NotFound, match="no text of your own"):
        looks.reset_text(shop.services, shop.id, "shared.goodbye", "en")
    assert OURS == looks.look_of(shop.services, shop.id)
    assert ["notice_text.changed"] * 3 == _told(shop)


def test_nobody_has_a_look_who_is_no_merchant(shop: Shop) -> None:
    """A brand belongs to somebody."""
    with pytest.raises(NotFound):
        looks.change_brand(shop.services, MerchantId("mer_nobody"), lambda before: before)


def test_a_text_that_no_longer_fits_is_left_out(shop: Shop) -> None:
    """It stays stored for its owner to see, and no notice fails because of it."""
    own = NoticeText(locale="en", scope="shared", key="of_old", text="{gone}", base="")
    with shop.services.store.transaction() as conn:
        stored.set_text(conn, shop.id, own, NOON)
    assert [own] == looks.own_texts(shop.services, shop.id)
    assert OURS == looks.look_of(shop.services, shop.id)


def test_mails_carry_the_look(world: World, shop: Shop) -> None:
    """Logo, footer, words and where answers go; another merchant's mails stay ours."""
    looks.change_brand(shop.services, shop.id, lambda _: BRAND)
    looks.set_text(shop.services, shop.id, "shared.goodbye", "en", "Cheers, {merchant_name}")
    for seller in (shop, world.shop("Plain AS")):
        customer = seller.customer(NewPerson(name="Ann", email="ann@example.com", locale="en"))
        seller.subscribe(customer, seller.card(customer, FUNDS))
    with world.worker() as worker:
        worker.turn()
    mails = {message.from_name: message for message in world.outbox.messages}
    plain = mails.pop("Plain AS")
    (own,) = mails.values()
    assert ("answers@acme.example", [png()]) == (own.reply_to, [image.data for image in own.images])
    assert "Cheers, " in own.body
    assert own.body.endswith("Acme AS\nOslo\n")
    assert "cid:logo" in own.body_html
    assert ((), False) == (plain.images, "Cheers, " in plain.body)
