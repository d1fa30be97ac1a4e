"""Numbers of cards and accounts are looked at before anybody is asked to charge them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.gateways.numbers import NumberFault, fault_of
from purring.gateways.sandbox.numbers import NUMBERS

GOOD = {
    NumberFault.IBAN: ("DE89370400440532013000", "NO9386011117947", "GB29NWBK60161331926819"),
    NumberFault.ROUTING: ("110000000-000123456789", "021000021-12345"),
    NumberFault.NORWEGIAN: ("86011117947",),
    NumberFault.CARD: ("4242424242424242", "378282246310005"),
}
CASES = [(fault, number) for fault, numbers in GOOD.items() for number in numbers]
CHECKED = {NumberFault.ROUTING: 9}
"""How many digits from the left have check digits among them, where that isn't the whole number."""


def test_every_test_number_can_be_one() -> None:
    """With or without the spaces that people write."""
    spaced = ("no93 8601 1117 947", "8601.11.17947", "4242-4242-4242-4242", "10-88-00 - 00012345")
    assert {None} == {fault_of(number) for number in (*NUMBERS, *spaced)}


@given(st.sampled_from(CASES), st.integers(0, 40), st.integers(1, 9))
def test_one_wrong_digit_is_found(case: tuple[NumberFault, str], at: int, more: int) -> None:
    """Wherever it stands, and whatever it became."""
    fault, number = case
    places = [place for place, sign in enumerate(number[: CHECKED.get(fault)]) if sign.isdigit()]
    place = places[at % len(places)]
    wrong = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert fault == fault_of(wrong)


@pytest.mark.parametrize(
    "text", ["", "hello", "1", "1234567", "1234-5", "123456789-123", "\N{FULLWIDTH DIGIT FOUR}" * 16, "1" * 30]
)
def test_what_has_no_form_is_refused(text: str) -> None:
    """Digits of other scripts too."""
    assert NumberFault.FORM == fault_of(text)


def test_an_iban_has_its_countrys_length() -> None:
    """Right check digits alone don't make one."""
    assert [NumberFault.IBAN] * 3 == [fault_of(text) for text in ("DE8937040044053201300", "NO938601111794", "ZZ00")]
