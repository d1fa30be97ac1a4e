"""Mails to one person about what happens on our pages or to an endpoint: plain, without the merchant's look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from purring.domain.ids import DeliveryId, NoticeId
from purring.domain.merchant import Merchant
from purring.i18n.catalog import translator
from purring.i18n.locales import negotiate
from purring.notices.message import Message
from purring.notices.stored_context import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a mail says, with places for figures and for the `merchant`."""

    subject: str
    body: str


class Addressee(Protocol):
    """Whom a mail goes to: a customer's person, or somebody at the merchant."""

    @property
    def name(self) -> str:
        """What they are called."""

    @property
    def email(self) -> str:
        """Where they get mail."""

    @property
    def locale(self) -> str:
        """What they read."""


def plain_mail(
    text: Text,
    person: Addressee,
    merchant: Merchant,
    *,
    about: str,
    figures: Mapping[str, str],
    from_email: str,
    now: datetime,
) -> Message:
    """A mail in the person's language; `about` is the id that its Message-ID follows from."""
    locale = negotiate(person.locale)
    words, said = translator(locale), {"merchant": one_line(merchant.name), **figures}
    return Message(
        delivery_id=DeliveryId(about),
        thread=NoticeId(about),
        at=now,
        locale=locale,
        from_name=merchant.name,
        from_email=from_email,
        to_name=person.name,
        to_email=person.email,
        reply_to=merchant.support_email,
        subject=words.gettext(text.subject) % said,
        body=words.gettext(text.body) % said + "\n",
    )
