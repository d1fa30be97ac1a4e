"""Networks and bank schemes by our names for them, and as people know them."""

from __future__ import annotations

from typing import Final

EVERY_CARD: Final = "*"

SCHEME_NAMES: dict[str, str] = {
    EVERY_CARD: "every card",
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "jcb": "JCB",
    "bankaxept": "BankAxept",
    "ach": "ACH",
    "sepa": "SEPA",
    "bacs": "Bacs",
    "vipps": "Vipps MobilePay",
    "avtalegiro": "AvtaleGiro",
    "stripe": "Stripe",
}
"""The names are the same in every language."""
