"""The mail that brings a code for signing in: short, plain, and the code already in its subject."""

from __future__ import annotations

from datetime import datetime

from purring.domain.customer import Person
from purring.domain.ids import DeliveryId, NoticeId, SignInCodeId
from purring.domain.merchant import Merchant
from purring.i18n.catalog import mark, translator
from purring.i18n.locales import negotiate
from purring.notices.message import Message
from purring.notices.stored_context import one_line

_SUBJECT = mark("%(code)s is your code for %(merchant)s")
_BODY = mark(
    "Enter this code to sign in to your billing pages at %(merchant)s:\n\n  %(code)s\n\n"
    "It is good for ten minutes. Nobody from %(merchant)s will ever ask you for it. "
    "If you didn't ask for a code, there is nothing to do."
)


def sign_in_mail(
    code_id: SignInCodeId, code: str, person: Person, merchant: Merchant, *, from_email: str, now: datetime
) -> Message:
    """The mail in the person's language."""
    locale = negotiate(person.locale)
    words, figures = translator(locale), {"code": code, "merchant": one_line(merchant.name)}
    return Message(
        delivery_id=DeliveryId(code_id),
        thread=NoticeId(code_id),
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
