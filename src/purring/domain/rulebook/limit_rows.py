"""The limits themselves: what networks and bank schemes allow, and the ceilings that we keep below them."""

from __future__ import annotations

from datetime import date, timedelta

from purring.domain.rulebook.codes import Grade, Source
from purring.domain.rulebook.limit import Limit, Scope
from purring.domain.rulebook.schemes import EVERY_CARD

ALWAYS = date(1970, 1, 1)
"""The first day of a limit whose beginning nobody tells."""

_DAY = timedelta(hours=24)
_READ_ON = "2026-11-22"
_OURS = Source("ours: a ceiling that is safe under every reading of the networks' rules (decision 0010)", Grade.OWN)
_ADYEN = Source(
    "https://docs.adyen.com/development-resources/raw-acquirer-responses/visa-integrity-fees", Grade.SECONDARY
)
_VISA_CORE = Source(
    "Visa Core Rules 2026-04-18, 7.3.6.3, as read by https://github.com/IanFoxDev/decline-codes/blob/main/data/"
    "visa.json; https://docs.cielo.com.br/ecommerce-cielo-en/changelog/"
    "new-limit-for-visa-retries-starting-may-25-2025",
    Grade.CITES_PRIMARY,
)
_TABAPAY = Source("https://developers.tabapay.com/docs/excessive-retry-rules", Grade.SECONDARY)
_TABAPAY_RETRIES = Source(
    f"{_TABAPAY.text}; https://retries.com/guides/transaction-processing-excellence", Grade.SECONDARY
)
_MASTERCARD_F23 = Source(
    "https://developers.tabapay.com/docs/mastercard-1; https://developer.paypal.com/braintree/articles/"
    "risk-and-security/compliance/network-updates/2023/mastercard-f23",
    Grade.SECONDARY,
)
_BANK_FIVE_NINE = Source(
    "https://www.bankfivenine.com/business/cash-management/ach-origination/ach-user-information/"
    "reinitiating-returned-ach-debit-items/; https://docs.galileo-ft.com/pro/reference/"
    "api-reference-restricted-company-entry-descriptions-values",
    Grade.SECONDARY,
)
_MOVIMO = Source(
    "https://movimo.co.uk/?p=2688 (one month); "
    "https://cleardirectdebit.co.uk/re-presenting-unpaid-direct-debits-when-and-how/ (30 days); two are usual",
    Grade.SECONDARY,
)
_SEPA = Source("ours: no limit of the scheme found; 8 weeks are its refund period", Grade.OWN)

LIMITS: tuple[Limit, ...] = (
    Limit(
        id="card-amount-24h",
        edition=_READ_ON,
        scheme=EVERY_CARD,
        scope=Scope.CARD_AMOUNT,
        attempts_max=1,
        window=_DAY,
        automatic_only=True,
        valid_from=ALWAYS,
        is_ours=True,
        source=_OURS,
    ),
    Limit(
        id="card-24h",
        edition=_READ_ON,
        scheme=EVERY_CARD,
        scope=Scope.CARD,
        attempts_max=9,
        window=_DAY,
        valid_from=ALWAYS,
        is_ours=True,
        source=_OURS,
    ),
    Limit(
        id="card-amount-30d",
        edition=_READ_ON,
        scheme=EVERY_CARD,
        scope=Scope.CARD_AMOUNT,
        attempts_max=15,
        window=30 * _DAY,
        valid_from=ALWAYS,
        is_ours=True,
        source=_OURS,
    ),
    Limit(
        id="visa-card-amount-30d",
        edition="2021-04-17",
        scheme="visa",
        scope=Scope.CARD_AMOUNT,
        attempts_max=15,
        window=30 * _DAY,
        valid_from=date(2021, 4, 17),
        valid_to=date(2025, 5, 25),
        source=_ADYEN,
    ),
    Limit(
        id="visa-card-amount-30d",
        edition="2025-05-25",
        scheme="visa",
        scope=Scope.CARD_AMOUNT,
        attempts_max=20,
        window=30 * _DAY,
        valid_from=date(2025, 5, 25),
        source=_VISA_CORE,
    ),
    Limit(
        id="mastercard-card-24h",
        edition="2019-10-14",
        scheme="mastercard",
        scope=Scope.CARD,
        attempts_max=20,
        window=_DAY,
        valid_from=date(2019, 10, 14),
        valid_to=date(2022, 10, 1),
        source=_TABAPAY,
    ),
    Limit(
        id="mastercard-card-24h",
        edition="2022-10-01",
        scheme="mastercard",
        scope=Scope.CARD,
        attempts_max=10,
        window=_DAY,
        valid_from=date(2022, 10, 1),
        source=_TABAPAY_RETRIES,
    ),
    Limit(
        id="mastercard-card-amount-30d",
        edition="2023-11-01",
        scheme="mastercard",
        scope=Scope.CARD_AMOUNT,
        attempts_max=35,
        window=30 * _DAY,
        valid_from=date(2023, 11, 1),
        source=_MASTERCARD_F23,
    ),
    Limit(
        id="ach-invoice-180d",
        edition=_READ_ON,
        scheme="ach",
        scope=Scope.INVOICE,
        attempts_max=3,
        window=180 * _DAY,
        counts_from_first=True,
        valid_from=ALWAYS,
        source=_BANK_FIVE_NINE,
    ),
    Limit(
        id="bacs-invoice-28d",
        edition=_READ_ON,
        scheme="bacs",
        scope=Scope.INVOICE,
        attempts_max=3,
        window=28 * _DAY,
        counts_from_first=True,
        valid_from=ALWAYS,
        is_ours=True,
        source=_MOVIMO,
    ),
    Limit(
        id="sepa-invoice-56d",
        edition=_READ_ON,
        scheme="sepa",
        scope=Scope.INVOICE,
        attempts_max=3,
        window=56 * _DAY,
        counts_from_first=True,
        valid_from=ALWAYS,
        is_ours=True,
        source=_SEPA,
    ),
)
