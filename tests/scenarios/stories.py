"""A small story to spoil in one place or another."""

STORY = """\
title: A declined card pays two days later
tells: [§1.2]
given:
  methods:
    visa: {card: visa, answers: [decline insufficient_funds, approve]}
  subscriptions:
    main: {price: 249.00 NOK, every: 1 month, starts: 2026-05-01, method: visa}
timeline:
  - at: 2026-05-01
    expect:
      invoices: {main: {status: open, attempts: 1}}
      subscriptions: {main: {status: past_due}}
      notices: [{kind: payment_declined, language: en}]
  - at: day 2
    expect:
      invoices: {main: {status: paid, attempts: 2}}
"""


def spoiled(old: str, new: str) -> str:
    """The story with one thing changed."""
    assert STORY.count(old) >= 1, f"{old!r} is not in the story"
    return STORY.replace(old, new, 1)


def doing(action: str, at: str = "2026-05-01") -> str:
    """The story with one action more in the entry of that moment."""
    return spoiled(f"  - at: {at}\n", f"  - at: {at}\n    do:\n      - {action}\n")
