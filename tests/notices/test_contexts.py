"""Reading what was stored with a notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from purring.domain.errors import InvalidDate, InvalidInput, InvalidMoney, MissingField, NaiveTime, UnknownZone
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind
from purring.notices.contexts import Declined, MethodLabel
from purring.notices.samples import samples
from purring.notices.stored_context import KEYS, from_json, one_line

LEAST: Mapping[str, object] = {"merchant_name": "Acme", "amount": "249.95 USD", "timezone": "America/New_York"}


def declined(**more: object) -> Declined:
    """The context of a declined payment that holds the least it may, and what a test is about."""
    context = from_json(NoticeKind.PAYMENT_DECLINED, {**LEAST, **more})
    assert isinstance(context, Declined)
    return context


@pytest.mark.parametrize("kind", NoticeKind)
def test_merchant_amount_and_zone_are_enough(kind: NoticeKind) -> None:
    """Everything else may be missing."""
    assert from_json(kind, LEAST).merchant_name == "Acme"


@pytest.mark.parametrize("key", ["merchant_name", "amount"])
def test_what_every_notice_needs_is_asked_for_by_name(key: str) -> None:
    """The error names the missing key."""
    with pytest.raises(MissingField) as caught:
        from_json(NoticeKind.PAYMENT_RECEIVED, {**LEAST, key: None})
    assert caught.value.field == key


def test_a_day_needs_a_zone() -> None:
    """No zone is guessed."""
    with pytest.raises(MissingField, match="timezone"):
        declined(timezone=None, next_attempt_at="2026-11-03T09:00:00Z")


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("amount", "249,95 USD", InvalidMoney),
        ("timezone", "New York", UnknownZone),
        ("next_attempt_at", "2026-11-03T09:00:00", NaiveTime),
        ("access_ends_at", "tomorrow", InvalidDate),
        ("reason", "stripe_51", InvalidInput),
        ("decline_class", "soft", InvalidInput),
        ("status", "dunning", InvalidInput),
        ("end_action", "explode", InvalidInput),
        ("number", 0.5, InvalidInput),
        ("number", -1, InvalidInput),
        ("product", 7, InvalidInput),
        ("method", "visa 4242", InvalidInput),
        ("items", "two", InvalidInput),
        ("items", ["two"], InvalidInput),
        ("items", [{"amount": "1990"}], InvalidMoney),
        ("confirm_url", "javascript:alert(1)", InvalidInput),
        ("confirm_url", "https://bank.example/\nBcc: x", InvalidInput),
        ("pay_url", "https://x.example/<b>", InvalidInput),
    ],
)
def test_what_cannot_be_true_is_refused_by_name(key: str, value: object, error: type[InvalidInput]) -> None:
    """A context that contradicts itself is a fault to find, not a mail to send."""
    more = {"next_attempt_at": "2026-11-03T09:00:00Z"} if key == "timezone" else {}
    with pytest.raises(error):
        declined(**{**more, key: value})


def test_days_are_those_of_the_customers_zone() -> None:
    """Two in the morning in London is still yesterday in New York."""
    assert declined(next_attempt_at="2026-11-03T02:00:00Z").next_attempt_on == date(2026, 11, 2)


def test_a_method_is_known_by_its_scheme_if_its_kind_is_not_said() -> None:
    """An untied method is stored by scheme and last four alone."""
    card = MethodLabel(kind=MethodKind.CARD, scheme="visa", last4="4242")
    account = MethodLabel(kind=MethodKind.BANK_ACCOUNT, scheme="sepa", last4="3201")
    assert card == declined(untied_method={"scheme": "Visa", "last4": "4242"}).untied_method
    assert account == declined(untied_method={"scheme": "sepa", "last4": "3201"}).untied_method


def test_every_key_of_the_samples_is_read() -> None:
    """What we document and what we read are the same keys."""
    assert set().union(*(sample.context for sample in samples())) <= KEYS
    assert {"merchant_name", "timezone", "next_attempt_at", "reason"} <= KEYS


@pytest.mark.parametrize(
    ("text", "line"),
    [("  a \r\n b\u00a0c\u2028d ", "a b c d"), ("x\u202ey\x07\ufeff", "xy"), ("क्\u200dष", "क्\u200dष")],
)
def test_one_line_keeps_the_letters_and_drops_the_tricks(text: str, line: str) -> None:
    """Breaks become spaces, invisible controls vanish, joiners that names need stay."""
    assert line == one_line(text)
