"""How a merchant's notices look and what they say: its brand, and single texts of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from purring.domain.brand import Brand, Logo
from purring.domain.errors import NotFound
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MerchantId
from purring.domain.notice_text import NoticeText
from purring.i18n.locales import check_locale
from purring.notices.look import OURS, Look
from purring.notices.texts import new_text, problem_of
from purring.operations.services import Services
from purring.store import Connection, events, looks, merchants
from purring.store.looks import Outline


def looks_of(conn: Connection, ids: Collection[MerchantId]) -> Mapping[MerchantId, Look]:
    """Each merchant's look; a text that no longer fits the notices is left out, and ours is said instead."""
    brands, texts = looks.brands(conn, ids), looks.texts(conn, ids)
    return {one: _look(brands.get(one), texts.get(one, ())) for one in ids}


def look_of(services: Services, merchant_id: MerchantId) -> Look:
    """One merchant's look."""
    with services.store.transaction() as conn:
        return looks_of(conn, [merchant_id])[merchant_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLook:
    """What pages need of a brand: `version` changes with it. `logo_size` in pixels; None without a logo."""

    color: str
    logo_size: tuple[int, int] | None
    version: str


def page_look(services: Services, merchant_id: MerchantId) -> PageLook | None:
    """A merchant's look on pages, without the logo's bytes; None if it has no look of its own."""
    with services.store.reading() as conn:
        outline = looks.outline(conn, merchant_id)
    if outline is None:
        return None
    return PageLook(color=outline.color, logo_size=outline.logo_size, version=_version(outline))


def logo_of(services: Services, merchant_id: MerchantId, version: str) -> Logo | None:
    """A merchant's logo, if its look is still of that version."""
    with services.store.reading() as conn:
        outline = looks.outline(conn, merchant_id)
        if outline is None or _version(outline) != version:
            return None
        return looks.brands(conn, [merchant_id])[merchant_id].logo


def _version(outline: Outline) -> str:
    return f"{outline.changed_at:%Y%m%d%H%M%S%f}"


def own_texts(services: Services, merchant_id: MerchantId) -> list[NoticeText]:
    """The texts that a merchant has put in the place of ours, whether they still fit or not."""
    with services.store.transaction() as conn:
        return looks.texts(conn, [merchant_id]).get(merchant_id, [])


def change_brand(services: Services, merchant_id: MerchantId, changed: Callable[[Brand], Brand]) -> Brand:
    """Change what `changed` changes of a merchant's brand; an event says so.

    Raises InvalidInput, NotFound.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        merchants.get(conn, merchant_id)
        before = looks.brands(conn, [merchant_id]).get(merchant_id, OURS.brand)
        newer = changed(before)
        if newer != before:
            looks.set_brand(conn, merchant_id, newer, now)
            data = {"color": newer.color, "reply_to": bool(newer.reply_to), "footer": list(newer.footer)}
            _tell(services, conn, merchant_id, EventKind.BRAND_CHANGED, {**data, "logo": newer.logo is not None})
    return newer


def set_text(services: Services, merchant_id: MerchantId, name: str, locale: str, text: str) -> NoticeText:
    """Put a merchant's text in the place of ours; an event says so.

    Raises as `new_text`.
    """
    own = new_text(name, locale, text)
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        looks.set_text(conn, merchant_id, own, services.clock.now())
        data = {"locale": own.locale, "name": name, "text": text}
        _tell(services, conn, merchant_id, EventKind.NOTICE_TEXT_CHANGED, data)
    return own


def reset_text(services: Services, merchant_id: MerchantId, name: str, locale: str) -> None:
    """Say our own text again in a place.

    Raises NotFound if the merchant has none there, and UnknownLocale.
    """
    language = check_locale(locale)
    scope, _, key = name.partition(".")
    with services.store.transaction() as conn:
        merchants.lock(conn, merchant_id)
        if not looks.remove_text(conn, merchant_id, language, scope, key):
            raise NotFound(f"There is no text of your own for {name[:80]} in {language}.", field="NAME")
        data = {"locale": language, "name": name, "text": None}
        _tell(services, conn, merchant_id, EventKind.NOTICE_TEXT_CHANGED, data)


def with_text(look: Look, own: NoticeText) -> Look:
    """A look as it would be with one more text."""
    return replace(look, texts={**look.texts, (own.locale, own.scope, own.key): own.text})


def _look(brand: Brand | None, texts: Collection[NoticeText]) -> Look:
    fitting = {(one.locale, one.scope, one.key): one.text for one in texts if not problem_of(one)}
    return Look(brand=brand or OURS.brand, texts=fitting) if brand or fitting else OURS


def _tell(
    services: Services, conn: Connection, merchant_id: MerchantId, kind: EventKind, data: Mapping[str, object]
) -> None:
    said = EventDraft(kind=kind, object_id=merchant_id, at=services.clock.now(), data=data)
    events.append(conn, [(merchant_id, said)], services.ids)
