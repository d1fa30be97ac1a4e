"""What networks and schemes charge, watch and say besides their limits: for people to know, never enforced by code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from purring.domain.rulebook.codes import Grade, Source
from purring.domain.rulebook.schemes import EVERY_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What a network charges for one occurrence, until the day before `valid_to`; none where no source tells a day."""

    scheme: str
    what: str
    region: str
    amount: Decimal
    currency: str
    valid_from: date | None = None
    valid_to: date | None = None
    source: Source
    note: str = ""

    @property
    def edition(self) -> str:
        """The first day, or the day its source was read."""
        return str(self.valid_from or self.source.read_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A number or a share beyond which a scheme looks at a merchant; `share_max` is of 1."""

    scheme: str
    what: str
    count_max: int | None = None
    share_max: Decimal | None = None
    window_days: int
    valid_from: date | None = None
    source: Source
    note: str = ""

    @property
    def edition(self) -> str:
        """The first day, or the day its source was read."""
        return str(self.valid_from or self.source.read_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Anything else a scheme says, or that we looked for in vain."""

    scheme: str
    text: str
    source: Source

    @property
    def edition(self) -> str:
        """The day its source was read."""
        return str(self.source.read_on)


_PAYWAY = Source(
    "https://www.payway.com/visa-excessive-reattempts-rule-fees; https://retries.com/guides/visa-decline-categories",
    Grade.SECONDARY,
)
_CHECKOUT_STOP = Source(
    "https://www.checkout.com/merchant-communications/manage-your-decline-response-codes", Grade.SECONDARY
)
_RETRIES = Source("https://retries.com/guides/transaction-processing-excellence", Grade.SECONDARY)
_MASTERCARD_F23 = Source(
    f"{_RETRIES.text}; https://developer.paypal.com/braintree/articles/risk-and-security/compliance/network-updates/"
    "2023/mastercard-f23; https://developers.tabapay.com/docs/mastercard-1",
    Grade.SECONDARY,
)
_ANTOM = Source("https://docs.antom.com/ac/ams/mac", Grade.SECONDARY)
_NACHA = Source(
    "https://www.nacha.org/news/nachas-rule-to-address-excessive-transaction-return-levels-goes-into-effect; "
    "https://increase.com/documentation/ach-returns",
    Grade.CITES_PRIMARY,
    date(2026, 11, 23),
)
_ELAVON = Source(
    "https://www.elavon.co.uk/customer-centre/news/card-scheme-changes/2021/new-visa-rules.html", Grade.SECONDARY
)
_CYBERSOURCE = Source(
    "https://developer.cybersource.com/docs/cybs/en-us/api-fields/reference/all/so/api-fields/"
    "cc-auth-reply-merchant-advice-code.html",
    Grade.SECONDARY,
)
_BANKAXEPT = Source(
    "https://github.com/BankAxept/bankaxept-epayment-development-kit/blob/main/docs/recurring_payments.md",
    Grade.SECONDARY,
)
_TABAPAY_VISA = Source("https://developers.tabapay.com/docs/visa-response-code-updates", Grade.SECONDARY)
_PAYZU = Source("https://docs.payzu.com.br/en/docs/cartao/retry-program", Grade.SECONDARY)
_SCA = Source(
    "https://www.checkout.com/docs/risk-management/3d-secure/automated-sca-soft-decline-retry; "
    "https://checkout.com/blog/how-and-when-to-retry-sca-related-soft-declined-transactions",
    Grade.SECONDARY,
)
_SEPA = Source(
    "https://docs.adyen.com/risk-management/chargeback-guidelines/sepa-chargebacks/; "
    "https://docs.mambu.com/docs/sepa-direct-debit-refunds/; "
    "https://paymentbrief.com/articles/sepa-return-reject-codes-r-transaction-reference",
    Grade.SECONDARY,
)
_STRIPE = Source(
    "https://docs.stripe.com/declines/card; https://docs.stripe.com/billing/revenue-recovery/smart-retries", Grade.COPY
)
_VIPPS = Source(
    "https://github.com/vippsas/vipps-recurring-api/blob/master/recurring-api-guide.md; "
    "https://developer.vippsmobilepay.com/docs/APIs/recurring-api/how-it-works/charges/recurring-charges-howitworks",
    Grade.COPY,
)
_AVTALEGIRO = Source(
    "https://github.com/otovo/python-netsgiro; https://github.com/infosoftas/info-subscription-doc/blob/main/source/"
    "payments/providers/avtalegiro.rst",
    Grade.SECONDARY,
)
_AVTALEGIRO_BANKS = Source(
    "https://fjordkraft.no/strom/kundeservice/sporsmal-og-svar/hvorfor-ble-ikke-belopet-trukket-ved-forfallsdato-nar-"
    "jeg-har-avtalegiro; "
    "https://support.24sevenoffice.com/no-no/l%C3%A6r-mer-om-feilmeldinger-ved-avtalegiro",
    Grade.SECONDARY,
)
_VISA_CORE = Source(
    "Visa Core Rules 2026-04-18, 7.3.6.3, as read by https://github.com/IanFoxDev/decline-codes/blob/main/data/"
    "visa.json; https://developers.tabapay.com/docs/excessive-retry-rules; "
    "https://www.elavon.co.uk/customer-centre/news/card-scheme-changes/2021/new-visa-rules.html",
    Grade.CITES_PRIMARY,
)
_VISA_COUNT = Source(
    "https://docs.adyen.com/development-resources/raw-acquirer-responses/visa-integrity-fees; "
    "https://history.paypal.com/us/brc/article/avoid-excessive-retries-penalties; "
    "https://developers.tabapay.com/changelog/changelog-122724",
    Grade.SECONDARY,
)
_TABAPAY_RETRIES = Source(
    "https://developers.tabapay.com/docs/excessive-retry-rules; "
    "https://retries.com/guides/transaction-processing-excellence",
    Grade.SECONDARY,
)
_REINITIATED = Source(
    "https://www.bankfivenine.com/business/cash-management/ach-origination/ach-user-information/"
    "reinitiating-returned-ach-debit-items/; "
    "https://legalclarity.org/ach-re-presentation-and-re-initiation-of-returned-entries/",
    Grade.SECONDARY,
)
_MOOV = Source("https://github.com/moov-io/ach/blob/master/docs/returns.md", Grade.SECONDARY)
_MOVIMO = Source(
    "https://movimo.co.uk/?p=2688; "
    "https://cleardirectdebit.co.uk/re-presenting-unpaid-direct-debits-when-and-how/; "
    "https://cleardirectdebit.co.uk/unpaid-direct-debits/",
    Grade.SECONDARY,
)
_HYPERSWITCH = Source(
    "https://github.com/juspay/hyperswitch, crates/router/src/types/storage/revenue_recovery.rs; "
    "https://github.com/juspay/hyperswitch-helm",
    Grade.SECONDARY,
)
_MEMORY = Source("memory", Grade.MEMORY)
_NOTHING = Source("our own search, which found nothing", Grade.OWN)

_REATTEMPT = "Each attempt beyond the limit, or after a stop"
_ADVICE = "Each decline with advice 24 to 30, used or not"
_MONTH_ONLY = "The source tells the month only"


def _excessive(
    region: str,
    price: str,
    valid_from: date,
    *,
    valid_to: date | None = None,
    source: Source = _MASTERCARD_F23,
    note: str = "",
) -> Fee:
    """One step of Mastercard's fee for excessive attempts; the price is written "0.50 USD"."""
    amount, _, currency = price.partition(" ")
    return Fee(scheme="mastercard", what=_REATTEMPT, region=region, amount=Decimal(amount), currency=currency,
               valid_from=valid_from, valid_to=valid_to, source=source, note=note)  # fmt: skip


FEES: tuple[Fee, ...] = (
    Fee(scheme="visa", what=_REATTEMPT, region="US, domestic", amount=Decimal("0.10"), currency="USD", source=_PAYWAY,
        note="As gateways told in 2021 and 2022; Europe's amounts were not found"),
    Fee(scheme="visa", what=_REATTEMPT, region="US, across borders", amount=Decimal("0.15"), currency="USD",
        source=_PAYWAY, note="As gateways told in 2021 and 2022"),
    Fee(scheme="visa", what="Each recurring charge declined by a stop instruction, from the fourth on", region="all",
        amount=Decimal("1.00"), currency="USD", source=_CHECKOUT_STOP, note="Or 1 EUR; told in 2023"),
    _excessive("US", "0.10 USD", date(2022, 10, 1), valid_to=date(2023, 11, 1), source=_RETRIES, note=_MONTH_ONLY),
    _excessive("US", "0.15 USD", date(2023, 11, 1), valid_to=date(2024, 1, 1),
               note="Sources disagree: also told as of 2023-01-01"),
    _excessive("US", "0.30 USD", date(2024, 1, 1), valid_to=date(2025, 1, 1)),
    _excessive("US", "0.50 USD", date(2025, 1, 1)),
    _excessive("Canada", "0.50 USD", date(2024, 5, 5)),
    _excessive("EU", "0.55 EUR", date(2024, 8, 1), note=_MONTH_ONLY),
    Fee(scheme="mastercard", what=_ADVICE, region="US", amount=Decimal("0.02"), currency="USD", source=_ANTOM),
    Fee(scheme="mastercard", what=_ADVICE, region="EEA and UK", amount=Decimal("0.004"), currency="EUR",
        source=_ANTOM),
    Fee(scheme="mastercard", what=_ADVICE, region="Europe outside the EEA", amount=Decimal("0.01"), currency="EUR",
        source=_ANTOM),
)  # fmt: skip

_RISK_RULE = date(2015, 9, 18)
THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(scheme="visa", what="Category 3 declines, Europe", count_max=25_000, window_days=30, source=_ELAVON,
              note="Beyond it the network watches the quality of the merchant's data"),
    Threshold(scheme="ach", what="Debits returned as unauthorized (R05, R07, R10, R11, R29, R51)",
              share_max=Decimal("0.005"), window_days=60,
              valid_from=_RISK_RULE, source=_NACHA, note="1 % before"),
    Threshold(scheme="ach", what="Debits returned for account data (R02, R03, R04)", share_max=Decimal("0.03"),
              window_days=60, valid_from=_RISK_RULE, source=_NACHA,
              note="One gateway's page swaps this with the next; the scheme's own notice is followed"),
    Threshold(scheme="ach", what="Debits returned for any reason", share_max=Decimal("0.15"), window_days=60,
              valid_from=_RISK_RULE, source=_NACHA),
)  # fmt: skip

REMARKS: tuple[Remark, ...] = (
    Remark(scheme=EVERY_CARD, source=_HYPERSWITCH, text="For comparison, one open-source switch stops at 20 attempts "
           "a day and 20 in 30 days for Visa, American Express and Discover, at 10 and 35 for Mastercard."),
    Remark(scheme="visa", source=_VISA_CORE, text="No attempt after category 1 has been the rule since October 2021, "
           "with fees since April 2022. The limit counts attempts of one merchant, card and amount after a decline of "
           "category 2, 3 or 4."),
    Remark(scheme="visa", source=_VISA_COUNT, text="Sources disagree on the limit: several gateways still say 15, and "
           "none says whether the first attempt counts. Number and token count apart by one, together by another; "
           "since 2025-05-25 charges with and without the customer may count apart. Purring keeps below "
           "every reading."),
    Remark(scheme="mastercard", source=_TABAPAY_RETRIES, text="Sources disagree whether the 24 hours roll or are a "
           "calendar day, and whether the 30 days roll or begin anew. Declines of a day count toward the month too. "
           "One gateway tells of 10 attempts in 30 days for recurring charges; no other source supports it."),
    Remark(scheme="mastercard", source=_MASTERCARD_F23, text="The limit of 30 days began on 2023-11-01 in the US, on "
           "2024-04-01 in Canada, by August 2024 in the EU. Purring keeps the first of these days everywhere."),
    Remark(scheme="ach", source=_REINITIATED, text="The 180 days run from the settlement of the first entry; two banks "
           "say from its effective date. Purring counts from its submission, which is earlier than either."),
    Remark(scheme="ach", source=_MOOV, text="Most returns come within 2 banking days. A consumer's bank has 60 "
           "calendar days for R05, R07, R10 and R11: such a return may undo a payment long after it was booked."),
    Remark(scheme="bacs", source=_MOVIMO, text="A debit is presented again only if success can reasonably be assumed, "
           "within a month of the first time. After that it is a new debit with its own notice. Sources say a month or "
           "30 days: Purring keeps 28."),
    Remark(scheme="visa", source=_TABAPAY_VISA, text="From 2026-04-25 issuers pay for generic response codes, which "
           "is why codes shift from 05 to others."),
    Remark(scheme="visa", source=_SCA, text="A charge without the customer is outside strong authentication only if "
           "the agreement was set up with it. After 1A no unattended retry helps."),
    Remark(scheme="mastercard", source=_PAYZU, text="Brazil has numbers of its own: fees from the eighth retry in a "
           "month, since 2023-02-01."),
    Remark(scheme="mastercard", source=_SCA, text="A charge without the customer is outside strong authentication "
           "only if the agreement was set up with it. After 65 no unattended retry helps."),
    Remark(scheme="amex", source=_CYBERSOURCE, text="No published limit, category or advice code was found: decline "
           "codes only."),
    Remark(scheme="discover", source=_CYBERSOURCE, text="No published limit, category or advice code was found: "
           "decline codes only."),
    Remark(scheme="jcb", source=_NOTHING, text="Nothing public was found."),
    Remark(scheme="bankaxept", source=_BANKAXEPT, text="Recurring agreements and charges without the customer exist; "
           "results come by a later call. The public kit has no rule on retries."),
    Remark(scheme="sepa", source=_SEPA, text="The payer may have an authorized debit refunded for 8 weeks without a "
           "reason, an unauthorized one for 13 months. A mandate lapses after 36 months without a debit."),
    Remark(scheme="sepa", source=_MEMORY, text="The payer's bank may return a debit for 5 interbank business days "
           "after settlement."),
    Remark(scheme="stripe", source=_STRIPE, text="Stripe recommends at most 8 retries, and makes 8 within 2 weeks by "
           "itself when asked to. Don't run both its retries and Purring's."),
    Remark(scheme="vipps", source=_VIPPS, text="The provider retries a recurring charge by itself for 0 to 14 days "
           "after it is due, mostly at 07:00 and 15:00 UTC. Its answer is final after 00:00 UTC on the day after "
           "the last of them. An own retry belongs only to charges with 0 such days."),
    Remark(scheme="vipps", source=_VIPPS, text="A charge is made 1 day before it is due (an older guide says 2), at "
           "most 2 years ahead."),
    Remark(scheme="avtalegiro", source=_AVTALEGIRO, text="A claim is filed at least 4 calendar days before it is due "
           "(5 after 14:00 in Oslo), weekends counted and public holidays not, at most 12 months ahead. No retry "
           "exists: an unpaid claim becomes a new one."),
    Remark(scheme="avtalegiro", source=_AVTALEGIRO_BANKS, text="The payer sets a maximum for a month: a claim above "
           "it, or on an agreement that has ended, is rejected. The payer's bank may try again in the following "
           "hours or days by itself."),
)  # fmt: skip
