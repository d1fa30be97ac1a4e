"""Money: whole minor units of one currency, exact, bounded, and written as it is read."""

import pickle
from contextlib import suppress
from typing import cast

import pytest
from babel.core import get_global
from babel.numbers import get_territory_currencies
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import CurrencyMismatch, InvalidMoney, UnknownCurrency
from purring.domain.money import EXPONENTS, MINOR_MAX, Money, exponent, parse_money, total

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(min_value=-MINOR_MAX, max_value=MINOR_MAX)
moneys = st.builds(Money, minors, currencies)
small = st.integers(min_value=-(10**12), max_value=10**12)


@given(moneys)
def test_what_is_written_reads_back(money: Money) -> None:
    """`parse_money` undoes `str` for every amount of every currency."""
    assert money == parse_money(str(money))


@given(small, small, small, currencies)
def test_sums_follow_the_whole_numbers(a: int, b: int, c: int, currency: str) -> None:
    """Adding, subtracting, negating and multiplying do what they do to minor units."""
    x, y = Money(a, currency), Money(b, currency)
    assert Money(a + b, currency) == x + y == y + x
    assert Money(a - b, currency) == x - y == x + -y
    assert Money(a * (c % 1000), currency) == x * (c % 1000) == (c % 1000) * x
    assert Money.zero(currency) == x - x


@given(small, small, currencies)
def test_order_is_that_of_the_minor_units(a: int, b: int, currency: str) -> None:
    """Comparing amounts compares minor units, and only equal amounts are equal."""
    x, y = Money(a, currency), Money(b, currency)
    assert (a < b, a <= b, a > b, a >= b, a == b) == (x < y, x <= y, x > y, x >= y, x == y)
    assert (hash(x) == hash(y)) or a != b


@given(moneys)
def test_only_zero_is_false(money: Money) -> None:
    """An amount is true unless it is nothing."""
    assert (money.minor != 0) is bool(money)


@given(st.lists(small), currencies)
def test_total_adds_everything(amounts: list[int], currency: str) -> None:
    """`total` of amounts is the amount of their total, and of none is zero."""
    assert Money(sum(amounts), currency) == total((Money(a, currency) for a in amounts), currency)


@given(moneys)
def test_amounts_survive_pickling(money: Money) -> None:
    """A process pool can hand amounts over."""
    assert money == pickle.loads(pickle.dumps(money))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("operator", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_currencies_do_not_mix(operator: str) -> None:
    """Two currencies are never put together or compared, and the message shows both."""
    with pytest.raises(CurrencyMismatch, match=r"1\.00 NOK and 1\.00 SEK"):
        getattr(Money(100, "NOK"), operator)(Money(100, "SEK"))


def test_equal_numbers_of_two_currencies_differ() -> None:
    """Ten kroner are not ten kronor, and saying so is no error."""
    assert Money(1000, "NOK") != Money(1000, "SEK")


def test_total_refuses_a_stray_currency() -> None:
    """One amount in another currency spoils a total."""
    with pytest.raises(CurrencyMismatch):
        total([Money(1, "NOK"), Money(1, "EUR")], "NOK")


@pytest.mark.parametrize("factor", [1.5, "2", True, None])
def test_only_whole_numbers_multiply(factor: object) -> None:
    """A rate or a share needs a rounding rule, which money does not have."""
    assert NotImplemented is Money(100, "NOK").__mul__(cast("int", factor))


@pytest.mark.parametrize("minor", [1.0, "100", True, None, MINOR_MAX + 1, -MINOR_MAX - 1])
def test_an_amount_is_a_bounded_whole_number(minor: object) -> None:
    """What a 64-bit column can't hold, or is no whole number, is no amount."""
    with pytest.raises(InvalidMoney):
        Money(cast("int", minor), "NOK")


def test_a_sum_past_the_bound_is_refused() -> None:
    """Arithmetic can't leave the 64 bits quietly."""
    with pytest.raises(InvalidMoney, match="64 bits"):
        Money(MINOR_MAX, "NOK") + Money(1, "NOK")


@pytest.mark.parametrize("currency", ["nok", "NO", "XXX", "XAU", "BGN", "HRK", "", "NOKK"])
def test_unknown_currencies_are_refused_with_a_remedy(currency: str) -> None:
    """Lower case, withdrawn, metal and made-up codes are all told what to send."""
    with pytest.raises(UnknownCurrency, match="three capital letters"):
        Money(1, currency)


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("249.95 USD", 24995, "USD"),
        ("249.9 USD", 24990, "USD"),
        ("249 USD", 24900, "USD"),
        ("0.05 NOK", 5, "NOK"),
        ("-0.05 NOK", -5, "NOK"),
        ("1500 JPY", 1500, "JPY"),
        ("1.234 BHD", 1234, "BHD"),
        ("990 ISK", 990, "ISK"),
        ("1.2345 CLF", 12345, "CLF"),
    ],
)
def test_amounts_as_people_write_them(text: str, minor: int, currency: str) -> None:
    """Fewer decimals than the currency has are filled up; each currency has its own number."""
    assert Money(minor, currency) == parse_money(text)


@pytest.mark.parametrize(
    "text",
    ["1,249.95 USD", "1 249.95 USD", "249,95 USD", "249.95", "USD 249.95", "249.95USD", "249.95  USD", "249. USD",
     ".95 USD", "007 USD", "+1 USD", "1e3 USD", "249.95 usd", " 1 USD", "1 USD\n", "\u0661 USD", "", "NaN USD"],
)  # fmt: skip
def test_anything_else_is_not_an_amount(text: str) -> None:
    """Separators, signs, exponents, other digits and loose spaces are refused, with an example of what is right."""
    with pytest.raises(InvalidMoney, match=r"write it like 1249\.95 USD"):
        parse_money(text)


@pytest.mark.parametrize(("text", "places"), [("1.999 USD", 2), ("1.0 JPY", 0), ("1.0000 BHD", 3)])
def test_too_many_decimals_are_never_rounded_away(text: str, places: int) -> None:
    """Decimals that the currency lacks are refused even when they are zeros, naming the number allowed."""
    with pytest.raises(InvalidMoney, match=f"round it to {places}"):
        parse_money(text)


def test_parsing_refuses_unknown_currencies() -> None:
    """The amount may be fine; the code isn't."""
    with pytest.raises(UnknownCurrency):
        parse_money("1.00 XXX")


@given(st.one_of(st.text(), st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{0,5})? (NOK|JPY|BHD|CLF|XXX)")))
def test_any_text_is_an_amount_or_a_clear_error(text: str) -> None:
    """No text brings `parse_money` down, and what it accepts it writes with the same value."""
    with suppress(InvalidMoney):
        assert parse_money(text) == parse_money(str(parse_money(text)))


def test_every_legal_tender_has_its_exponent() -> None:
    """The table holds everything CLDR calls legal tender today, except what ISO 4217 has withdrawn."""
    tender = {code for territory in get_global("territory_currencies") for code in get_territory_currencies(territory)}
    assert {"BGN"} >= tender - set(EXPONENTS)


def test_exponents_differ_from_cldr_only_where_coins_died_out() -> None:
    """CLDR shows no decimals where none are in daily use; ISO 4217 still counts in them."""
    shown = {code: row[0] for code, row in get_global("currency_fractions").items() if code in EXPONENTS}
    differing = {code for code, places in shown.items() if places != EXPONENTS[code]}
    assert set("AFN ALL IQD IRR KPW LAK LBP MGA MMK RSD SOS SYP YER".split()) == differing  # noqa: SIM905 - reads as a list
    assert {"IQD"} == {code for code, places in EXPONENTS.items() if places != 2 and shown.get(code) != places}


@given(currencies)
def test_exponent_reads_the_table(currency: str) -> None:
    """Every currency has between none and four decimals."""
    assert EXPONENTS[currency] == exponent(currency)
    assert 0 <= exponent(currency) <= 4
