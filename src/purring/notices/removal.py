"""The mail to somebody who looks after billing no more: so that nobody is removed without hearing of it."""

from __future__ import annotations

from datetime import datetime

from purring.domain.customer import Person
from purring.domain.ids import DeliveryId, NoticeId
from purring.domain.merchant import Merchant
from purring.i18n.catalog import mark, translator
from purring.i18n.locales import negotiate
from purring.notices.message import Message
from purring.notices.stored_context import one_line

_SUBJECT = mark("You no longer look after billing at %(merchant)s")
_BODY = mark(
    "You were removed from the people who look after %(customer)s's billing at %(merchant)s. You can't sign in any "
    "more, links in earlier messages no longer work, and you get no further messages about it.\n\n"
    "If you didn't expect this, ask a colleague, or write to %(merchant)s."
)


def removal_mail(person: Person, customer_name: str, merchant: Merchant, *, from_email: str, now: datetime) -> Message:
    """The mail in the person's language."""
    locale = negotiate(person.locale)
    words = translator(locale)
    figures = {"customer": one_line(customer_name), "merchant": one_line(merchant.name)}
    return Message(
        delivery_id=DeliveryId(person.id),
        thread=NoticeId(person.id),
        at=now,
        locale=locale,
        from_name=merchant.name,
        from_email=from_email,
        to_name=person.name,
        to_email=person.email,
        reply_to=merchant.support_email,
        subject=words.gettext(_SUBJECT) % figures,
        body=words.gettext(_BODY) % figures + "\n",
    )
