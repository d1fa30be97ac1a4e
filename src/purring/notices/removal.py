"""The mail to somebody who looks after billing no more: so that nobody is removed without hearing of it."""

from __future__ import annotations

from datetime import datetime

from purring.domain.customer import Person
from purring.domain.merchant import Merchant
from purring.i18n.catalog import mark
from purring.notices.message import Message
from purring.notices.plain_mail import Text, plain_mail
from purring.notices.stored_context import one_line

_TEXT = Text(
    subject=mark("You no longer look after billing at %(merchant)s"),
    body=mark(
        "You were removed from the people who look after %(customer)s's billing at %(merchant)s. You can't sign in any "
        "more, links in earlier messages no longer work, and you get no further messages about it.\n\n"
        "If you didn't expect this, ask a colleague, or write to %(merchant)s."
    ),
)


def removal_mail(person: Person, customer_name: str, merchant: Merchant, *, from_email: str, now: datetime) -> Message:
    """The mail in the person's language."""
    figures = {"customer": one_line(customer_name)}
    return plain_mail(_TEXT, person, merchant, about=person.id, figures=figures, from_email=from_email, now=now)
