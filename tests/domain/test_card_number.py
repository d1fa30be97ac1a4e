"""Card numbers are seen wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.card_number import REMOVED, holds_card_number, without_card_numbers

NUMBERS = ("4242424242424242", "4242 4242 4242 4242", "378282246310005", "5555-5555-5555-4444", "4222222222222")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_card_number_is_seen_and_taken_out(number: str) -> None:
    """Alone or within a sentence, grouped or not, a card number doesn't get through."""
    assert holds_card_number(number)
    assert f"pay with {REMOVED}, please" == without_card_numbers(f"pay with {number}, please")


@pytest.mark.parametrize("beside", ["12/29 123", "123", "0 0 0", "1 2", "0" * 19])
def test_other_digits_beside_it_do_not_hide_it(beside: str) -> None:
    """An expiry date or a security code before or behind a card number doesn't let it through."""
    for number in NUMBERS:
        for text in (f"{number} {beside}", f"{beside} {number}"):
            assert holds_card_number(text)
            assert number not in without_card_numbers(text)


@pytest.mark.parametrize(
    "text",
    ["4242424242424241", "424242424242", "42424242424242424242", "tok_4242424242424242", "inv_01k6q3", "249.95 USD"],
)
def test_other_digits_pass(text: str) -> None:
    """A wrong check digit, too few or too many digits, or digits within a word are no card number."""
    assert not holds_card_number(text)
    assert text == without_card_numbers(text)


@given(st.text(alphabet="0123456789 -x", max_size=60))
def test_what_was_cleaned_is_clean(text: str) -> None:
    """After taking card numbers out, none is left to be seen."""
    assert not holds_card_number(without_card_numbers(text))
    assert holds_card_number(text) == (text != without_card_numbers(text))
