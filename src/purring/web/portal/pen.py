"""Writes amounts, days, methods and reasons as one reader reads them; pages' templates have nothing else for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from purring.domain.attempt import Attempt
from purring.domain.decline import DeclineReason
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.standing import Failure
from purring.gateways.base import TokenDetails
from purring.i18n.catalog import translator
from purring.i18n.format import format_date, format_money, format_time
from purring.notices.contexts import MethodLabel
from purring.notices.reasons import ReasonText, no_method_text, reason_text
from purring.notices.values import method_label
from purring.web.portal.render import labeled


@dataclass(frozen=True, slots=True)
class Pen:
    """A language, and the zone whose clocks the reader goes by."""

    locale: str
    tz: ZoneInfo

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        return format_money(amount, self.locale)

    def day(self, at: date | datetime) -> str:
        """A day with its month's name and its year."""
        return format_date(at, self.locale, tz=self.tz)

    def weekday(self, at: date | datetime) -> str:
        """A day with its weekday."""
        return format_date(at, self.locale, tz=self.tz, weekday=True)

    def moment(self, at: datetime) -> str:
        """A day and the time of day."""
        return f"{format_date(at, self.locale, tz=self.tz)} {format_time(at, self.locale, tz=self.tz)}"

    def method(self, method: PaymentMethod) -> str:
        """Brand and last four."""
        return labeled(method, self.locale)

    def entered(self, details: TokenDetails) -> str:
        """Brand and last four of what came back from the gateway's field."""
        label = MethodLabel(kind=MethodKind(details.kind), scheme=details.scheme, last4=details.last4)
        return method_label(label, translator(self.locale))

    def expiry(self, method: PaymentMethod) -> str:
        """Month and year as they stand on the card; empty for what doesn't expire."""
        if method.exp_month is None or method.exp_year is None:
            return ""
        return f"{method.exp_month:02d}/{method.exp_year % 100:02d}"

    def why(self, failure: Failure) -> str:
        """Why it failed, in a sentence; empty where nobody can say."""
        text = _text(failure)
        return translator(self.locale).gettext(text.why) if text else ""

    def advice(self, failure: Failure) -> str:
        """What helps, in a sentence or two."""
        text = _text(failure)
        return translator(self.locale).gettext(text.advice) if text else ""

    def reason(self, attempt: Attempt) -> str:
        """Why an attempt was declined."""
        return translator(self.locale).gettext(reason_text(attempt.reason or DeclineReason.UNKNOWN).why)


def _text(failure: Failure) -> ReasonText | None:
    if failure.has_no_method:
        return no_method_text()
    return reason_text(failure.reason) if failure.reason else None
