"""A recovery policy: every {default} of the behaviour that a merchant can change, as versioned data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from purring.domain.errors import InvalidInput
from purring.domain.norway.kid import KidAgreement
from purring.domain.norway.terms import DunningTerms
from purring.domain.notice_terms import NoticeTerms
from purring.domain.rulebook.ceilings import Ceiling, Ceilings, Override

WINDOW_DAYS_MAX = 90
SUSPENDED_DAYS_MAX = 3650
HOLD_DAYS_MAX = 60
PRENOTIFICATION_DAYS_MAX = 60
SPREAD_MINUTES_MAX = 720
"""Spread over more than half a day, a first charge might not be made on the invoice date."""


class EndAction(StrEnum):
    """What becomes of an unpaid invoice's subscription when the window closes."""

    SUSPEND = "suspend"
    CANCEL = "cancel"
    KEEP_PAST_DUE = "keep_past_due"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of a merchant's policy; a recovery keeps the version it was opened with.

    `retry` names a policy in `domain.policies`; `offsets_days` (days after the invoice date) is for `fixed`.
    `retry_at` is the local time of automatic retries, `close_at` that of warnings and of the window's end, both in the
    customer's zone. `warn_days_before_close` is when the last notice is owed; the harsher status never comes less
    than `warning_lead_days` (times 24 hours) after it was sent. `prenotification_days` is
    the notice that payers agreed to before a bank debit; none: what the scheme demands unless something else was
    agreed. `ceilings` are the merchant's numbers for limits of the rulebook, `overrides` what allows larger ones than
    ours. `dunning` says what the merchant claims of late Norwegian payers beside the invoice, `kid` which payment
    references its bank reads. These four hold for open recoveries at once. `notices` says when notices go out.
    `spread_minutes`: so long after a renewal's invoice is issued its first charge may come, each at a place of its own;
    0, as most merchants have too few for a spike, and expect their customers to be charged when the day begins.
    """

    version: int = 1
    retry: str = "steady"
    offsets_days: tuple[int, ...] = ()
    window_days: int = 28
    retry_at: time = time(10)
    close_at: time = time(12)
    warn_days_before_close: int = 4
    warning_lead_days: int = 3
    end_action: EndAction = EndAction.SUSPEND
    suspended_days: int = 90
    transfer_hold_business_days: int = 10
    prenotification_days: int | None = None
    ceilings: tuple[Ceiling, ...] = ()
    overrides: tuple[Override, ...] = ()
    dunning: DunningTerms = field(default_factory=DunningTerms)
    kid: KidAgreement | None = None
    notices: NoticeTerms = field(default_factory=NoticeTerms)
    spread_minutes: int = 0

    def __post_init__(self) -> None:
        """Refuse a policy that could not be kept."""
        _check(1 <= self.window_days <= WINDOW_DAYS_MAX, "window_days", "must be 1 to 90 days")
        _check(1 <= self.warning_lead_days <= self.window_days, "warning_lead_days", "must be 1 day up to the window")
        _check(
            self.warning_lead_days <= self.warn_days_before_close <= self.window_days,
            "warn_days_before_close",
            "must lie between warning_lead_days and window_days",
        )
        _check(self.retry_at < self.close_at, "close_at", "must be later in the day than retry_at")
        _check(1 <= self.suspended_days <= SUSPENDED_DAYS_MAX, "suspended_days", "must be 1 to 3650 days")
        hold_days = self.transfer_hold_business_days
        _check(1 <= hold_days <= HOLD_DAYS_MAX, "transfer_hold_business_days", "must be 1 to 60 days")
        _check(
            list(self.offsets_days) == sorted(set(self.offsets_days))
            and all(1 <= days <= self.window_days for days in self.offsets_days),
            "offsets_days",
            "must rise and lie within 1 and window_days",
        )
        notice_days = self.prenotification_days
        _check(notice_days is None or 0 <= notice_days <= PRENOTIFICATION_DAYS_MAX, "prenotification_days", _NOTICE)
        _check(0 <= self.spread_minutes <= SPREAD_MINUTES_MAX, "spread_minutes", _SPREAD)
        _check(_once(one.limit_id for one in self.ceilings), "ceilings", "must name each limit once")
        _check(_once(one.limit_id for one in self.overrides), "overrides", "must name each limit once")

    @property
    def own_limits(self) -> Ceilings:
        """The merchant's own numbers, for `limits_under`."""
        return Ceilings(self.version, self.ceilings, self.overrides)


_SPREAD = f"must be 0 to {SPREAD_MINUTES_MAX} minutes"
_NOTICE = f"must be 0 to {PRENOTIFICATION_DAYS_MAX} days"


def _once(names: Iterable[str]) -> bool:
    listed = list(names)
    return len(listed) == len(set(listed))


def _check(holds: bool, field: str, remedy: str) -> None:  # noqa: FBT001 - reads as a sentence at its calls
    if not holds:
        raise InvalidInput(f"policy {field} {remedy}", field=field)
