"""Nouns are changed by copying them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from purring.domain.money import Money
from purring.domain.noun import replace
from tests.domain import make


def test_a_copy_differs_in_what_was_named() -> None:
    """It is what `dataclasses.replace` makes, and the noun stays as it was."""
    invoice = make.facts().invoice
    before = dataclasses.replace(invoice)
    assert dataclasses.replace(invoice, number="P-2", closed_at=invoice.issued_at) == replace(
        invoice, number="P-2", closed_at=invoice.issued_at
    )
    assert before == invoice


def test_an_unknown_field_is_refused() -> None:
    """A noun has no other fields than its own."""
    unchecked: Any = replace
    with pytest.raises(KeyError):
        unchecked(make.facts().invoice, nothing=1)


def test_what_is_checked_when_it_is_made_is_not_copied() -> None:
    """A copy isn't checked again, so a noun with checks of its own is refused."""
    with pytest.raises(AssertionError, match="Money is checked"):
        replace(Money(100, "NOK"), minor=200)
