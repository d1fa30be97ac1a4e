"""KID numbers: the published examples, what each check digit promises to find, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from purring.domain.card_number import holds_card_number
from purring.domain.errors import InvalidInput
from purring.domain.norway.kid import (
    LENGTH_MAX,
    LENGTH_MIN,
    LIKE_CARDS,
    KidAgreement,
    KidScheme,
    check_digit,
    check_kid,
    invoice_kid,
    make_kid,
    numbers_of,
)

SCHEMES = st.sampled_from(KidScheme)
PAYLOADS = st.text("0123456789", min_size=1, max_size=LENGTH_MAX - 1)

# Source: tests of public Norwegian validation libraries, reckoned again by hand.
VECTORS = [
    (KidScheme.MOD10, "1234", "12344"),
    (KidScheme.MOD10, "12345670112345", "123456701123453"),
    (KidScheme.MOD11, "1234", "12343"),
    (KidScheme.MOD11, "12345670112345", "123456701123458"),
]


def _kid(payload: str, scheme: KidScheme) -> str:
    return make_kid(payload, scheme, len(payload) + 1)


def _is_right(kid: str, scheme: KidScheme) -> bool:
    try:
        return check_kid(kid, scheme) == kid
    except InvalidInput:
        return False


# ---------------------------------------------------------------------------------------------------------------------
# Right ones


@pytest.mark.parametrize(("scheme", "payload", "kid"), VECTORS)
def test_the_published_examples_hold(scheme: KidScheme, payload: str, kid: str) -> None:
    """Each published payload gets its published check digit, and the whole passes the check."""
    assert kid == make_kid(payload, scheme, len(kid))
    assert kid == check_kid(kid, scheme) == check_kid(kid, scheme, len(kid))


@pytest.mark.parametrize(
    ("payload", "digit"),
    [("0", "0"), ("1", "9"), ("5", "1"), ("6", "-"), ("10", "8"), ("100000", "4"), ("1000000", "9")],
)
def test_mod11_weighs_2_to_7_and_again(payload: str, digit: str) -> None:
    """A 1 counts 2 in the last place, 7 in the sixth and 2 again in the seventh; a 10 is written as a hyphen."""
    assert digit == check_digit(payload, KidScheme.MOD11)


def test_a_payload_is_filled_up_with_zeros() -> None:
    """A short payload takes the agreed length, which leaves its check digit as it was."""
    assert "0000012344" == make_kid("1234", KidScheme.MOD10, 10)
    assert "0000012343" == make_kid("1234", KidScheme.MOD11, 10)


@pytest.mark.parametrize("length", [LENGTH_MIN, LENGTH_MAX])
def test_the_shortest_and_the_longest_kid_can_be_made(length: int) -> None:
    """A KID has 2 to 25 characters, both included."""
    assert length == len(check_kid(make_kid("7", KidScheme.MOD10, length), KidScheme.MOD10, length))


@given(PAYLOADS, SCHEMES, st.integers(min_value=0, max_value=LENGTH_MAX))
def test_what_is_made_passes_the_check(payload: str, scheme: KidScheme, spare: int) -> None:
    """Every KID that is made is right, as long as agreed, and ends with its payload and check digit."""
    length = min(len(payload) + 1 + spare, LENGTH_MAX)
    kid = make_kid(payload, scheme, length)
    assert kid == check_kid(kid, scheme, length)
    assert kid[:-1].endswith(payload)
    assert "-" not in kid[:-1]


# ---------------------------------------------------------------------------------------------------------------------
# What the check digits find


@given(PAYLOADS, SCHEMES, st.data())
def test_every_single_wrong_digit_is_found(payload: str, scheme: KidScheme, data: st.DataObject) -> None:
    """A KID with any one character replaced by another digit is refused."""
    kid = _kid(payload, scheme)
    place = data.draw(st.integers(0, len(kid) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != kid[place]]))
    assert not _is_right(kid[:place] + wrong + kid[place + 1 :], scheme)


@given(PAYLOADS, SCHEMES, st.data())
def test_swapped_neighbors_are_found(payload: str, scheme: KidScheme, data: st.DataObject) -> None:
    """A swap of two unlike neighbors is refused: always by MOD11, by MOD10 unless they are 0 and 9."""
    kid = _kid(payload, scheme)
    place = data.draw(st.integers(0, len(kid) - 2))
    left, right = kid[place], kid[place + 1]
    assume(left != right)
    is_found = not _is_right(kid[:place] + right + left + kid[place + 2 :], scheme)
    assert (scheme is KidScheme.MOD11 or {left, right} != {"0", "9"}) == is_found


@given(PAYLOADS)
def test_mod10_is_a_card_number_s_check_digit(payload: str) -> None:
    """Doubling every second digit from the right and adding all digits of the KID gives a multiple of ten."""
    kid = _kid(payload, KidScheme.MOD10)
    doubled = "".join(str(int(digit) * (1 + place % 2)) for place, digit in enumerate(reversed(kid)))
    assert 0 == sum(map(int, doubled)) % 10


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize(
    ("payload", "length", "field", "message"),
    [
        ("", 5, "payload", "'' can't become a KID; send one or more of the digits 0 to 9."),
        ("12 34", 9, "payload", "'12 34' can't become a KID; send one or more of the digits 0 to 9."),
        ("-1", 9, "payload", "'-1' can't become a KID; send one or more of the digits 0 to 9."),
        ("١٢", 9, "payload", "'١٢' can't become a KID; send one or more of the digits 0 to 9."),
        ("12\n", 9, "payload", "'12\\n' can't become a KID; send one or more of the digits 0 to 9."),
        (
            "1234",
            4,
            "payload",
            "4 digits and a check digit don't fit into a KID of 4; send at most 3 digits, or agree on a longer KID.",
        ),
        ("1", 1, "length", "A KID can't have 1 characters; agree on 2 to 25 with the bank."),
        ("1", 26, "length", "A KID can't have 26 characters; agree on 2 to 25 with the bank."),
    ],
)
def test_what_cannot_become_a_kid_is_refused(payload: str, length: int, field: str, message: str) -> None:
    """Each refusal names the field and the remedy."""
    with pytest.raises(InvalidInput) as caught:
        make_kid(payload, KidScheme.MOD10, length)
    assert (field, message) == (caught.value.field, caught.value.message)


@pytest.mark.parametrize(
    ("kid", "scheme", "length", "message"),
    [
        ("", KidScheme.MOD10, None, "'' is no KID; write its digits without spaces."),
        ("4", KidScheme.MOD10, None, "'4' is no KID; write its digits without spaces."),
        ("123 44", KidScheme.MOD10, None, "'123 44' is no KID; write its digits without spaces."),
        ("12344\n", KidScheme.MOD10, None, "'12344\\n' is no KID; write its digits without spaces."),
        ("6-", KidScheme.MOD10, None, "'6-' is no KID; write its digits without spaces."),
        ("-6", KidScheme.MOD11, None, "'-6' is no KID; write its digits without spaces."),
        ("12345", KidScheme.MOD10, None, "KID 12345 has a wrong digit (mod10); copy it again from the invoice."),
        ("12344", KidScheme.MOD11, None, "KID 12344 has a wrong digit (mod11); copy it again from the invoice."),
        ("12344", KidScheme.MOD10, 6, "KID 12344 has 5 characters, not 6; copy it again."),
        ("0" * 26, KidScheme.MOD10, None, f"KID {'0' * 26} has 26 characters, not 2 to 25; copy it again."),
    ],
)
def test_a_wrong_kid_is_refused(kid: str, scheme: KidScheme, length: int | None, message: str) -> None:
    """What isn't a KID, has another length than agreed, or a wrong check digit, is told apart."""
    with pytest.raises(InvalidInput) as caught:
        check_kid(kid, scheme, length)
    assert ("kid", message) == (caught.value.field, caught.value.message)


def test_a_hyphen_is_right_where_mod11_gives_it() -> None:
    """MOD11 reads its tenth digit as a hyphen."""
    assert "6-" == check_kid("6-", KidScheme.MOD11)


# ---------------------------------------------------------------------------------------------------------------------
# Invoices


@given(st.data(), SCHEMES)
def test_an_invoice_s_numbers_can_be_read_back(data: st.DataObject, scheme: KidScheme) -> None:
    """Whatever was agreed, the KID of an invoice gives its customer's and its own number back."""
    length = data.draw(st.sampled_from(sorted({*range(LENGTH_MIN, LENGTH_MAX + 1)} - {*LIKE_CARDS})))
    agreement = KidAgreement(
        scheme=scheme, length=length, customer_digits=data.draw(st.integers(0, length - LENGTH_MIN))
    )
    customer = data.draw(st.integers(0, 10**agreement.customer_digits - 1))
    invoice = data.draw(st.integers(0, 10**agreement.invoice_digits - 1))
    kid = invoice_kid(agreement, customer, invoice)
    assert length == len(kid)
    assert (customer, invoice) == numbers_of(kid, agreement)
    assert not holds_card_number(kid)


def test_an_invoice_s_kid_holds_customer_then_invoice() -> None:
    """Both numbers stand in their own width, so that two invoices never share a KID."""
    agreement = KidAgreement(scheme=KidScheme.MOD10, length=12, customer_digits=5)
    assert "123450112347" == invoice_kid(agreement, 12345, 11234)
    # Twice 1 in the last place, twice 1 in the seventh: 4, and 6 more to ten.
    assert "000010000016" == invoice_kid(agreement, 1, 1)


@pytest.mark.parametrize(
    ("customer", "invoice", "field"),
    [
        (1000, 1, "customer_number"),
        (-1, 1, "customer_number"),
        (1, 100_000, "invoice_number"),
        (1, -1, "invoice_number"),
    ],
)
def test_a_number_that_does_not_fit_is_refused(customer: int, invoice: int, field: str) -> None:
    """A number with more digits than agreed isn't cut: 3 digits of customer and 5 of invoice are just enough."""
    agreement = KidAgreement(scheme=KidScheme.MOD11, length=9, customer_digits=3)
    assert (999, 99_999) == numbers_of(invoice_kid(agreement, 999, 99_999), agreement)
    with pytest.raises(InvalidInput, match="agree on a longer KID with the bank, or split it otherwise") as caught:
        invoice_kid(agreement, customer, invoice)
    assert field == caught.value.field


@pytest.mark.parametrize(("length", "customer_digits"), [(1, 0), (26, 0), (10, 9), (10, -1), (2, 1)])
def test_an_agreement_without_room_is_refused(length: int, customer_digits: int) -> None:
    """An agreement has a possible length and at least one digit for the invoice."""
    with pytest.raises(InvalidInput):
        KidAgreement(scheme=KidScheme.MOD10, length=length, customer_digits=customer_digits)


@pytest.mark.parametrize("scheme", KidScheme)
@pytest.mark.parametrize(("length", "is_like_a_card"), [(12, False), (13, True), (19, True), (20, False)])
def test_a_kid_as_long_as_a_card_number_is_refused(scheme: KidScheme, length: int, is_like_a_card: bool) -> None:  # noqa: FBT001 - a row of the table
    """No agreement has 13 to 19 digits, on either side it does; the message says what to agree on instead."""
    if not is_like_a_card:
        assert not holds_card_number(invoice_kid(KidAgreement(scheme=scheme, length=length), 0, 7))
        return
    with pytest.raises(InvalidInput, match="agree on one of 2 to 12 or 20 to 25 with the bank") as caught:
        KidAgreement(scheme=scheme, length=length)
    assert "length" == caught.value.field


@given(st.integers(0, 10**12 - 1), st.sampled_from(LIKE_CARDS))
def test_kids_of_those_lengths_would_be_taken_for_card_numbers(number: int, length: int) -> None:
    """Always under MOD10; that is why they are refused."""
    assert holds_card_number(make_kid(str(number), KidScheme.MOD10, length))


def test_a_mod11_kid_may_look_like_a_card_number_too() -> None:
    """About one in ten has a card number's check digit by chance, so length alone decides."""
    like_cards = sum(holds_card_number(make_kid(str(number), KidScheme.MOD11, 16)) for number in range(1000))
    assert 50 < like_cards < 150
