"""What the world can do to us: one exception tree, mapped to HTTP and to exit codes in one table each.

PurringError
├── InvalidInput              something from outside can't be read; nothing was written
│   ├── InvalidId             not an id, or an id of another kind
│   ├── InvalidMoney          not an amount, or out of range
│   │   ├── UnknownCurrency   not an active ISO 4217 code
│   │   └── CurrencyMismatch  two currencies where one is needed
│   ├── NaiveTime             a time without a zone, or not in UTC
│   ├── InvalidDate           a date or time outside the years we can reckon with
│   ├── UnknownZone           not an IANA time zone name
│   ├── InvalidInterval       not a billing interval, or out of range
│   ├── InvalidQuantity       not a number of units that can be sold
│   ├── InvalidPeriod         a period that ends before it starts, or a date outside it
│   ├── UnknownLocale         a language we have no catalogue for
│   ├── UnknownField          a field or column we don't know
│   ├── MissingField          a field or column that is needed
│   ├── KeyReused             an idempotency key sent again with other content
│   ├── CardNumberSent        something that could be a card number, which we never take
│   ├── MethodNotAllowed      the address is there, but not for this HTTP method
│   ├── TooLarge              more than we read: a body, its depth, a page
│   └── BadSignature          a gateway's event that is unsigned, altered or too old
├── Refused                   understood, but not allowed now; its code is a RefusalCode
├── NotAuthenticated          no key, or one that isn't valid any more
├── NotPermitted              the person's role lacks a permission
│   ├── MissingScope          the key's scopes don't reach so far
│   └── CrossSite             another site's page sent the request
├── NotFound                  no such thing for this merchant or customer
├── StaleWrite                somebody else changed it since it was read
│   └── VersionMismatch       it isn't at the version that the caller named
├── RequestUnderWay           the same request is being worked, or was cut off
├── RateLimited               too many requests for now
├── IllegalTransition         the state machine has no such step
├── ConfigError               a setting is missing or wrong
├── StoreUnavailable          the database can't be reached, or isn't migrated
└── GatewayError              the payment provider
    ├── GatewayUnavailable    did not take the request: nothing was charged
    ├── GatewayTimeout        may have taken it: the outcome is unknown
    ├── GatewayRefused        took us for a stranger: credentials or set-up are wrong
    └── GatewayGarbled        answered something that can't be read

Every error has a stable `code`, a message that names the remedy, and, where one field is to blame, its name.
"""

from collections.abc import Mapping

from purring.domain.refusal import REFUSALS as REFUSALS  # noqa: PLC0414 - part of this module for its importers
from purring.domain.refusal import RefusalCode as RefusalCode  # noqa: PLC0414 - as above


class PurringError(Exception):
    """Anything that Purring itself reports to whoever asked."""

    code: str = "error"

    def __init__(self, message: str, *, field: str | None = None, details: tuple[str, ...] = ()) -> None:
        """Keep the message, the field to blame, and the ids or facts that stand in the way."""
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details

    def __str__(self) -> str:
        """Give the message alone."""
        return self.message


class InvalidInput(PurringError):
    """Something from outside can't be read."""

    code = "invalid_input"


class InvalidId(InvalidInput):
    """Not an id, or an id of another kind."""

    code = "invalid_id"


class InvalidMoney(InvalidInput):
    """Not an amount of money, or one out of range."""

    code = "invalid_money"


class UnknownCurrency(InvalidMoney):
    """Not an active ISO 4217 currency."""

    code = "unknown_currency"


class CurrencyMismatch(InvalidMoney):
    """Two currencies where only one makes sense."""

    code = "currency_mismatch"


class NaiveTime(InvalidInput):
    """A time without a zone, or not in UTC."""

    code = "naive_time"


class InvalidDate(InvalidInput):
    """A date or time outside the years we can reckon with."""

    code = "invalid_date"


class UnknownZone(InvalidInput):
    """Not an IANA time zone name."""

    code = "unknown_zone"


class InvalidInterval(InvalidInput):
    """Not a billing interval, or one out of range."""

    code = "invalid_interval"


class InvalidQuantity(InvalidInput):
    """Not a number of units that can be sold."""

    code = "invalid_quantity"


class InvalidPeriod(InvalidInput):
    """A period that ends before it starts, or a date outside every period."""

    code = "invalid_period"


class UnknownLocale(InvalidInput):
    """A language without a catalogue."""

    code = "unknown_locale"


class UnknownField(InvalidInput):
    """A field or column that nobody reads."""

    code = "unknown_field"


class MissingField(InvalidInput):
    """A field or column without which nothing can be done."""

    code = "missing_field"


class KeyReused(InvalidInput):
    """An idempotency key that was sent before with other content."""

    code = "idempotency_key_reused"


class CardNumberSent(InvalidInput):
    """Something that could be a card number, which is neither taken nor kept."""

    code = "card_number"


class MethodNotAllowed(InvalidInput):
    """The address is there, but not for this HTTP method."""

    code = "method_not_allowed"


class TooLarge(InvalidInput):
    """More than we read."""

    code = "too_large"


class BadSignature(InvalidInput):
    """A gateway's event that is unsigned, altered or too old."""

    code = "bad_signature"


class Refused(PurringError):
    """Understood, but not allowed now; `details` lists the ids that stand in the way."""

    def __init__(
        self,
        code: RefusalCode,
        message: str | None = None,
        *,
        field: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        """Say the code's own sentence unless the caller has a better one."""
        super().__init__(message or REFUSALS[code], field=field, details=details)
        self.args = (code, message)
        self.code: RefusalCode = code


class NotAuthenticated(PurringError):
    """No API key, or one that isn't valid, or isn't any more."""

    code = "not_authenticated"


class NotPermitted(PurringError):
    """The person's role lacks a permission; the message names it and who holds it."""

    code = "not_permitted"


class MissingScope(NotPermitted):
    """The API key's scopes don't reach so far; the message names the one that would."""

    code = "missing_scope"


class CrossSite(NotPermitted):
    """A page of another site sent a request that would change something."""

    code = "cross_site"


class NotFound(PurringError):
    """No such thing for this merchant or customer."""

    code = "not_found"


class StaleWrite(PurringError):
    """Somebody else changed the row since it was read: read again and decide again."""

    code = "stale_write"


class VersionMismatch(StaleWrite):
    """The thing isn't at the version that the caller named."""

    code = "version_mismatch"


class RequestUnderWay(PurringError):
    """The same request is being worked right now, or was cut off before its answer was known."""

    code = "request_under_way"


class RateLimited(PurringError):
    """Too many requests for now."""

    code = "rate_limited"


class IllegalTransition(PurringError):
    """The state machine has no such step from here."""

    code = "illegal_transition"


class ConfigError(PurringError):
    """A setting is missing or wrong."""

    code = "invalid_setting"


class StoreUnavailable(PurringError):
    """The database can't be reached, or its schema is not the one this version needs."""

    code = "store_unavailable"


class GatewayError(PurringError):
    """The payment provider did not give an answer that can be used."""

    code = "gateway_error"


class GatewayUnavailable(GatewayError):
    """The gateway did not take the request, so nothing was charged."""

    code = "gateway_unavailable"


class GatewayTimeout(GatewayError):
    """The gateway may have taken the request, so the outcome is unknown."""

    code = "gateway_timeout"


class GatewayRefused(GatewayError):
    """The gateway does not accept our credentials or set-up."""

    code = "gateway_refused"


class GatewayGarbled(GatewayError):
    """The gateway answered something that can't be read."""

    code = "gateway_garbled"


# The status of the nearest class above an error counts. Source: RFC 9110 §15 (June 2022).
HTTP_STATUS: Mapping[type[PurringError], int] = {
    PurringError: 500,
    InvalidInput: 422,
    MethodNotAllowed: 405,
    TooLarge: 413,
    BadSignature: 400,
    KeyReused: 409,
    Refused: 409,
    NotAuthenticated: 401,
    NotPermitted: 403,
    NotFound: 404,
    StaleWrite: 409,
    VersionMismatch: 412,
    RequestUnderWay: 409,
    RateLimited: 429,
    IllegalTransition: 409,
    ConfigError: 500,
    StoreUnavailable: 503,
    GatewayError: 502,
    GatewayUnavailable: 503,
    GatewayTimeout: 504,
}

# Source: sysexits.h of 4.3BSD (1983): data 65, no input 66, unavailable 69, software 70, temporary 75, permission 77,
# config 78.
EXIT_CODES: Mapping[type[PurringError], int] = {
    PurringError: 70,
    InvalidInput: 65,
    Refused: 75,
    NotAuthenticated: 77,
    NotPermitted: 77,
    NotFound: 66,
    StaleWrite: 75,
    RequestUnderWay: 75,
    RateLimited: 75,
    IllegalTransition: 65,
    ConfigError: 78,
    StoreUnavailable: 69,
    GatewayError: 69,
}


def http_status(error: PurringError) -> int:
    """Tell the HTTP status of the nearest listed class above the error."""
    return _nearest(HTTP_STATUS, error)


def exit_code(error: PurringError) -> int:
    """Tell the process exit code of the nearest listed class above the error."""
    return _nearest(EXIT_CODES, error)


def _nearest(table: Mapping[type[PurringError], int], error: PurringError) -> int:
    return next(number for cls in type(error).__mro__ if (number := table.get(cls)) is not None)
