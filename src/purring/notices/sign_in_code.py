"""The mail that brings a code for signing in: short, plain, and the code already in its subject."""

from __future__ import annotations

from datetime import datetime

from purring.domain.customer import Person
from purring.domain.ids import SignInCodeId
from purring.domain.merchant import Merchant
from purring.i18n.catalog import mark
from purring.notices.message import Message
from purring.notices.plain_mail import Text, plain_mail

_TEXT = Text(
    subject=mark("%(code)s is your code for %(merchant)s"),
    body=mark(
        "Enter this code to sign in to your billing pages at %(merchant)s:\n\n  %(code)s\n\n"
        "It is good for ten minutes. Nobody from %(merchant)s will ever ask you for it. "
        "If you didn't ask for a code, there is nothing to do."
    ),
)


def sign_in_mail(
    code_id: SignInCodeId, code: str, person: Person, merchant: Merchant, *, from_email: str, now: datetime
) -> Message:
    """The mail in the person's language."""
    figures = {"code": code}
    return plain_mail(_TEXT, person, merchant, about=code_id, figures=figures, from_email=from_email, now=now)
