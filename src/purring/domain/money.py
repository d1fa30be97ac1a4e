"""Money: a whole number of minor units in one currency. Never a float, never without its currency."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from purring.domain.errors import CurrencyMismatch, InvalidMoney, UnknownCurrency

# One less than a 64-bit column holds below zero, so that every amount has its negative.
MINOR_MAX = 2**63 - 1

# Source: ISO 4217 List One as of amendment 180 (in force 2026-01-01), without what nobody pays with: metals, bond
# units, XDR, XSU, XUA and the test codes.
_CODES_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
        "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
        "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
        "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
        "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
        "YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Mapping[str, int] = {code: places for places, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}

_WRITTEN = re.compile(r"(?P<sign>-?)(?P<whole>0|[1-9][0-9]*)(?:\.(?P<fraction>[0-9]+))? (?P<currency>[A-Z]{3})")


def exponent(currency: str) -> int:
    """Tell how many decimals a currency has.

    Raises UnknownCurrency.
    """
    places = EXPONENTS.get(currency)
    if places is None:
        message = f"{currency!r} is not an active ISO 4217 currency; send three capital letters such as NOK or USD."
        raise UnknownCurrency(message)
    return places


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (øre, cents) of one currency, from -MINOR_MAX to MINOR_MAX.

    Raises InvalidMoney, UnknownCurrency.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what a 64-bit column or a ledger can't hold."""
        if type(self.minor) is not int:
            message = f"An amount is a whole number of minor units, not {self.minor!r}; 249.95 USD is 24995."
            raise InvalidMoney(message)
        if not -MINOR_MAX <= self.minor <= MINOR_MAX:
            message = f"{self.minor} minor units don't fit in 64 bits; split the amount."
            raise InvalidMoney(message)
        if self.currency not in EXPONENTS:
            exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Give nothing at all, in a currency."""
        return cls(0, currency)

    def __bool__(self) -> bool:
        """Tell whether there is anything at all."""
        return self.minor != 0

    def __add__(self, other: "Money") -> "Money":
        """Add within one currency."""
        self._require_same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract within one currency."""
        self._require_same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        """Turn a debit into a credit and back."""
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int) -> "Money":
        """Multiply by a whole number; shares and rates need a rounding rule and are not money's business."""
        if type(factor) is not int:
            return NotImplemented
        return Money(self.minor * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._require_same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._require_same_currency(other)
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._require_same_currency(other)
        return self.minor > other.minor

    def __ge__(self, other: "Money") -> bool:
        """Compare within one currency."""
        self._require_same_currency(other)
        return self.minor >= other.minor

    def __str__(self) -> str:
        """Write it as parse_money reads it: `249.95 USD`."""
        sign = "-" if self.minor < 0 else ""
        places = EXPONENTS[self.currency]
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        if not places:
            return f"{sign}{digits} {self.currency}"
        return f"{sign}{digits[:-places]}.{digits[-places:]} {self.currency}"

    def _require_same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            message = f"{self} and {other} are in different currencies; convert one before putting them together."
            raise CurrencyMismatch(message)


def parse_money(text: str) -> Money:
    """Read `249.95 USD`: plain digits, a point, at most as many decimals as the currency has, one space, the code.

    Raises InvalidMoney, UnknownCurrency.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        message = f"{text[:60]!r} is not an amount; write it like 1249.95 USD, without thousands separators."
        raise InvalidMoney(message)
    currency, fraction = match["currency"], match["fraction"] or ""
    places = exponent(currency)
    if len(fraction) > places:
        message = f"{text[:60]!r} has {len(fraction)} decimals but {currency} has {places}; round it to {places}."
        raise InvalidMoney(message)
    return Money(int(match["sign"] + match["whole"] + fraction.ljust(places, "0")), currency)


def total(moneys: Iterable[Money], currency: str) -> Money:
    """Add amounts of one currency; nothing adds up to zero.

    Raises CurrencyMismatch, InvalidMoney, UnknownCurrency.
    """
    return sum(moneys, start=Money.zero(currency))
