"""The mail to a merchant whose endpoint was disabled: nothing more is sent there until somebody enables it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from purring.domain.endpoint import DisabledReason, Endpoint
from purring.domain.merchant import Merchant
from purring.i18n.catalog import mark
from purring.notices.message import Message
from purring.notices.plain_mail import Text, plain_mail
from purring.notices.stored_context import one_line

_SUBJECT = mark("Events no longer go to %(host)s")
_TEXTS: Mapping[DisabledReason, Text] = {
    DisabledReason.GONE: Text(
        subject=_SUBJECT,
        body=mark(
            "The endpoint %(endpoint)s of %(merchant)s at %(host)s answered that it wants no events any more (410 "
            "Gone), so it was disabled.\n\n"
            "If that wasn't meant, enable it and have what it missed sent since any day:\n\n"
            "  purring endpoint enable %(endpoint)s\n  purring endpoint replay %(endpoint)s --since %(day)s"
        ),
    ),
    DisabledReason.FAILING: Text(
        subject=_SUBJECT,
        body=mark(
            "The endpoint %(endpoint)s of %(merchant)s at %(host)s has taken no event for three days, so it was "
            "disabled.\n\n"
            "Once it works again, enable it and have what it missed sent since any day:\n\n"
            "  purring endpoint enable %(endpoint)s\n  purring endpoint replay %(endpoint)s --since %(day)s"
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Office:
    """Whoever reads a merchant's own mail."""

    name: str
    email: str
    locale: str


def endpoint_disabled_mail(
    to: Endpoint, reason: DisabledReason, merchant: Merchant, *, from_email: str, now: datetime
) -> Message:
    """The mail to the merchant's support address, in the merchant's language. Only the host of the URL is told."""
    office = _Office(name=merchant.name, email=merchant.support_email, locale=merchant.locale)
    day = (to.failing_since or now).astimezone(ZoneInfo(merchant.timezone)).date()
    figures = {"endpoint": to.id, "host": one_line(urlsplit(to.url).hostname or ""), "day": day.isoformat()}
    about = f"{to.id}-{int(now.timestamp())}"  # it may be disabled again one day
    return plain_mail(_TEXTS[reason], office, merchant, about=about, figures=figures, from_email=from_email, now=now)
