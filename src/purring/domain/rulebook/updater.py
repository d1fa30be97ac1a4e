"""What account updaters and network tokens report about a card: new data, an end, or a reason to ask the customer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from purring.domain.rulebook.codes import Grade, Source

_TABAPAY_VISA = Source("https://developers.tabapay.com/reference-link/account-updater", Grade.SECONDARY)
_TABAPAY_MASTERCARD = Source("https://developers.tabapay.com/reference/account-updater-1", Grade.SECONDARY)
_CYBERSOURCE = Source(
    "https://developer.cybersource.com/library/documentation/dev_guides/Account_Updater_UG/html/Topics/"
    "app_responseReasonCodes.htm",
    Grade.SECONDARY,
)
_MATTILDA = Source("https://docs.mattildapayments.com/guides/features/network-tokens/lifecycle.md", Grade.SECONDARY)
_RAZORPAY = Source(
    "https://razorpay.com/docs/payments/payment-methods/cards/token-hq/razorpay-requestor/webhooks.md", Grade.SECONDARY
)
_SOLIDGATE = Source(
    "https://api-docs.solidgate.com/openapi/v1/card-payments/webhook-network-token-updated", Grade.SECONDARY
)


class UpdaterEffect(StrEnum):
    """What an updater's answer asks of us."""

    STORE_AND_CHARGE = "store_and_charge"
    HOLD = "hold"
    ASK_CUSTOMER = "ask_customer"
    STOP = "stop"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class UpdaterCode:
    """One code of one updater service."""

    service: str
    code: str
    meaning: str
    effect: UpdaterEffect
    source: Source
    note: str = ""

    @property
    def edition(self) -> str:
        """The day its source was read; no updater dates its codes."""
        return str(self.source.read_on)


SERVICES: dict[str, str] = {
    "visa_vau": "Visa Account Updater",
    "mastercard_abu": "Mastercard Automatic Billing Updater",
    "cybersource_au": "CyberSource account updater",
    "network_token": "Network tokens",
}
"""The services by our name for each, with the name people know."""

_E = UpdaterEffect

# fmt: off
UPDATER_CODES: tuple[UpdaterCode, ...] = (
    UpdaterCode("visa_vau", "A", "New account number", _E.STORE_AND_CHARGE, _TABAPAY_VISA,
                "A new card: its attempts are counted anew"),
    UpdaterCode("visa_vau", "E", "New expiry date", _E.STORE_AND_CHARGE, _TABAPAY_VISA),
    UpdaterCode("visa_vau", "C", "Account closed", _E.STOP, _TABAPAY_VISA),
    UpdaterCode("visa_vau", "Q", "Contact the cardholder", _E.ASK_CUSTOMER, _TABAPAY_VISA, "Not necessarily closed"),
    UpdaterCode("visa_vau", "O", "The cardholder opted out", _E.NOTHING, _TABAPAY_VISA, "No data"),
    UpdaterCode("visa_vau", "V", "Valid and unchanged", _E.NOTHING, _TABAPAY_VISA, "The decline has another cause"),
    UpdaterCode("visa_vau", "P", "The issuer takes part, but has no match", _E.NOTHING, _TABAPAY_VISA),
    UpdaterCode("visa_vau", "N", "The issuer doesn't take part", _E.NOTHING, _TABAPAY_VISA),
    UpdaterCode("mastercard_abu", "UPDATE", "New account number", _E.STORE_AND_CHARGE, _TABAPAY_MASTERCARD),
    UpdaterCode("mastercard_abu", "EXPIRY", "New expiry date", _E.STORE_AND_CHARGE, _TABAPAY_MASTERCARD),
    UpdaterCode("mastercard_abu", "CONTAC", "Account closed, or contact the cardholder", _E.ASK_CUSTOMER,
                _TABAPAY_MASTERCARD, "The source calls it closed, the name says contact: ask, and stop charging"),
    UpdaterCode("cybersource_au", "ACL", "Account closed", _E.STOP, _CYBERSOURCE,
                "The gateway cancels its own subscription"),
    UpdaterCode("cybersource_au", "CCH", "Contact the cardholder", _E.ASK_CUSTOMER, _CYBERSOURCE),
    UpdaterCode("cybersource_au", "CUR", "The data are current", _E.NOTHING, _CYBERSOURCE),
    UpdaterCode("network_token", "ACTIVE", "The token can be used", _E.NOTHING, _MATTILDA,
                "The card behind it may have changed: renew the last four and the expiry date shown"),
    UpdaterCode("network_token", "SUSPENDED", "Suspended by the issuer for a time", _E.HOLD, _RAZORPAY,
                "No charge until it is active again"),
    UpdaterCode("network_token", "DELETED", "Deactivated for good", _E.STOP, _SOLIDGATE,
                "Visa now declines such a token with 46"),
)
# fmt: on

_BY_CODE = {(row.service, row.code): row for row in UPDATER_CODES}


def updater_code(service: str, code: str) -> UpdaterCode | None:
    """What a service's code says; none for a code or a service that isn't listed, which changes nothing."""
    return _BY_CODE.get((service, code.strip().upper()))
