"""What somebody agrees to before a bank account is saved: shown on the form, and taken only as it was shown."""

from __future__ import annotations

from purring.domain.customer import Person
from purring.domain.merchant import Merchant
from purring.domain.payment_method import MethodKind
from purring.gateways.base import TokenDetails
from purring.i18n.catalog import mark
from purring.operations.mandates import Consent, Wording, wording
from purring.web.portal.visit import Form, Guest


def wording_for(guest: Guest, merchant: Merchant, details: TokenDetails, locale: str) -> Wording | None:
    """The mandate for what came back from the field; none for a card."""
    if details.kind != MethodKind.BANK_ACCOUNT:
        return None
    return wording(guest.services, merchant, details.scheme, locale)


def mandate_problems(form: Form, wording: Wording | None) -> dict[str, str]:
    """Whether other words were shown than would be kept: the language, the merchant or the terms have changed."""
    if wording is None or form.get("mandate") == wording.digest:
        return {}
    return {"mandate": mark("The text that you agree to has changed. Please read it once more.")}


def consent_of(person: Person, wording: Wording | None) -> Consent | None:
    """The consent of whoever sent the form."""
    return Consent(person_id=person.id, wording=wording) if wording else None
