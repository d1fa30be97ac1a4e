"""What a merchant decides about notices: when they go out and which ones there are besides those that must be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from purring.domain.errors import InvalidInput
from purring.domain.notice import NoticeKind

HELD_BACK_MAX = 2
HOLD_BACK_DAYS_MAX = 7
AHEAD_DAYS_MAX = 60
EXPIRY_LEADS_MAX = 4
UPCOMING_MONTHS_MAX = 36
UNREAD_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTerms:
    """When notices go out, in the customer's zone, and whom they reach.

    `hold_back_max`: so many first declines of an invoice aren't told as long as an automatic retry is planned within
    `hold_back_days`. `combine_at`: when the decline notices of a day go out, those of several invoices as one; none:
    each at once. From `quiet_from` until `quiet_until` only thanks go out. `receipts`: whether an ordinary payment is
    confirmed. `expiry_days`: so long before a card expires, falling. `upcoming_days`: so long before a charge for an
    interval of `upcoming_from_months` or more; 0: only debits whose scheme demands notice are announced.
    `escalate_after_unread`: after so many decline notices of an invoice that nobody has read, readers get them too.
    `sms_kinds`: what people who take text messages get that way too, beside the mail.

    The first two are pinned to a recovery, all others hold at once.
    """

    hold_back_max: int = 0
    hold_back_days: int = 3
    combine_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    receipts: bool = False
    expiry_days: tuple[int, ...] = (30, 7)
    upcoming_days: int = 7
    upcoming_from_months: int = 6
    escalate_after_unread: int | None = None
    sms_kinds: tuple[NoticeKind, ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms that could not be kept."""
        _range(self.hold_back_max, 0, HELD_BACK_MAX, "hold_back_max", "notices")
        _range(self.hold_back_days, 1, HOLD_BACK_DAYS_MAX, "hold_back_days", "days")
        _range(self.upcoming_days, 0, AHEAD_DAYS_MAX, "upcoming_days", "days")
        _range(self.upcoming_from_months, 1, UPCOMING_MONTHS_MAX, "upcoming_from_months", "months")
        if self.escalate_after_unread is not None:
            _range(self.escalate_after_unread, 1, UNREAD_MAX, "escalate_after_unread", "notices")
        if len(self.expiry_days) > EXPIRY_LEADS_MAX or list(self.expiry_days) != sorted(set(self.expiry_days))[::-1]:
            raise _wrong("expiry_days", f"must fall, at most {EXPIRY_LEADS_MAX} of them")
        if len(self.sms_kinds) != len(set(self.sms_kinds)):
            raise _wrong("sms_kinds", "must name each kind once")
        for lead_days in self.expiry_days:
            _range(lead_days, 1, AHEAD_DAYS_MAX, "expiry_days", "days")
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise _wrong("quiet_until", "needs quiet_from, and the other way round")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise _wrong("quiet_until", "must differ from quiet_from, or nothing would ever go out")


def _range(value: int, least: int, most: int, field: str, unit: str) -> None:
    if not least <= value <= most:
        raise _wrong(field, f"must be {least} to {most} {unit}")


def _wrong(field: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"policy notices.{field} {remedy}", field=f"notices.{field}")
