"""What a part of a billing period costs, in whole days and whole minor units."""

from __future__ import annotations

from purring.domain.money import Money


def prorated(amount: Money, days: int, of_days: int) -> Money:
    """The share of an amount that falls on some of a period's days, rounded half to even.

    What is used and what is unused add up to the whole, since whoever needs one takes it from the other. More days
    never cost less. Source: ISO 80000-1:2009, annex B, rule A.
    """
    assert 0 <= days <= of_days, f"{days} of {of_days} days"
    assert of_days, "a period has a day"
    assert amount.minor >= 0, f"{amount} isn't the price of anything"
    whole, rest = divmod(amount.minor * days, of_days)
    up = 2 * rest > of_days or (2 * rest == of_days and whole % 2 == 1)
    return Money(whole + up, amount.currency)
